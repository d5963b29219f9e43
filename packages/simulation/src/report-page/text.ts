/** `2019-01-09 14:30:00`, with what is below a second where there is any. */
export function timeText(at: string): string {
  const fraction = at.slice(19, 26).replace(/\.?0*$/, '');
  return `${at.slice(0, 10)} ${at.slice(11, 19)}${fraction}`;
}

/** A decimal string with commas between thousands; every digit stays. */
export function amountText(value: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(value) ?? [undefined, '', value];
  return `${sign === '' ? '' : '−'}${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}${fraction}`;
}

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const rates = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
export const countText = (value: number): string =>
  (Number.isInteger(value) || value >= 1000 ? counts : rates).format(value);

/** A stretch of milliseconds in the unit that fits. */
export function spanText(ms: number): string {
  if (ms === 0) return '0 ms';
  const size = Math.abs(ms);
  const [unit, width] = units.find(([, least]) => size >= least) ?? units.at(-1)!;
  const value = size / width;
  return `${ms < 0 ? '−' : ''}${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}
const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['µs', 0.001],
];

/** `tradesPerSecond` and `trades-per-second` as `Trades per second`. */
export function titleText(name: string): string {
  const words = name
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll('-', ' ')
    .trim();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;
