/** How many fraction digits an `amount` may have, and so the scale that holds every price and quantity exactly. */
export const AMOUNT_SCALE = 18;

const PLAIN_DECIMAL = /^(-?)(\d{1,20})(?:\.(\d*?)0*)?$/;

/** The decimal `text` as a whole number of 10^-`scale`; throws a RangeError where it is no plain decimal or finer than that. */
export function toUnits(text: string, scale: number = AMOUNT_SCALE): bigint {
  const [, sign, whole = '', fraction = ''] = PLAIN_DECIMAL.exec(text) ?? refuse(text);
  if (fraction.length > scale) throw new RangeError(`"${text}" has more than ${scale} fraction digits`);
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -units : units;
}

/** The canonical decimal of `units` of 10^-`scale`: no trailing zeros, no exponent. */
export function fromUnits(units: bigint, scale: number = AMOUNT_SCALE): string {
  if (units < 0n) return `-${fromUnits(-units, scale)}`;
  const digits = units.toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
}

/** How many fraction digits `text` needs, zeros at its end not counted. */
export function scaleOf(text: string): number {
  const [, , , fraction = ''] = PLAIN_DECIMAL.exec(text) ?? refuse(text);
  return fraction.length;
}

function refuse(text: string): never {
  throw new RangeError(`"${text}" is not a plain decimal`);
}
