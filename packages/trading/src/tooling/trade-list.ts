import { type Decimal, type Instant, decimal, instant, parseInstant, symbolInput } from '@tse/core';
import { cellsOf } from './csv.ts';

/** A row of a bot's exported trade list. */
export interface ListedTrade {
  symbol: string;
  direction: 'long' | 'short';
  quantity: Decimal;
  openPrice: Decimal;
  closePrice: Decimal;
  /** In the quote asset, of opening and closing together. */
  fees: Decimal;
  openedAt: Instant;
  closedAt: Instant;
  tag?: string;
  exitReason?: string;
}

/** What bots call their columns; the first name is what we call them. */
const names = {
  pair: ['pair', 'symbol', 'market'],
  side: ['side', 'direction', 'is_short'],
  amount: ['amount', 'quantity', 'qty', 'size'],
  openTime: ['open_time', 'open_date', 'opened_at', 'entry_time', 'entry_date'],
  closeTime: ['close_time', 'close_date', 'closed_at', 'exit_time', 'exit_date'],
  openRate: ['open_rate', 'open_price', 'entry_price'],
  closeRate: ['close_rate', 'close_price', 'exit_price'],
  fees: ['fees', 'fee', 'commission'],
  feeOpen: ['fee_open'],
  feeClose: ['fee_close'],
  tag: ['enter_tag', 'tag', 'entry_reason'],
  exitReason: ['exit_reason', 'sell_reason'],
} as const;
type Column = keyof typeof names;

export type Columns = Readonly<Partial<Record<Column, number>>>;

const required: readonly Column[] = ['pair', 'side', 'amount', 'openTime', 'closeTime', 'openRate', 'closeRate'];

/** Where the columns are, or which of them are missing. */
export function columnsIn(header: readonly string[]): Columns | { missing: string[] } {
  const plain = header.map((name) =>
    name
      .replace(/^\uFEFF/, '')
      .toLowerCase()
      .trim()
      .replaceAll(/[\s-]+/g, '_'),
  );
  const columns: Partial<Record<Column, number>> = {};
  for (const [column, known] of Object.entries(names) as [Column, readonly string[]][]) {
    const at = plain.findIndex((name) => known.includes(name));
    if (at !== -1) columns[column] = at;
  }
  const missing = required.filter((column) => columns[column] === undefined).map((column) => names[column][0]);
  const hasFees = columns.fees !== undefined || (columns.feeOpen !== undefined && columns.feeClose !== undefined);
  if (!hasFees) missing.push(names.fees[0]);
  return missing.length > 0 ? { missing } : columns;
}

const MOST_DIGITS = 18;
const sides: Readonly<Record<string, ListedTrade['direction']>> = {
  long: 'long',
  buy: 'long',
  false: 'long',
  '0': 'long',
  short: 'short',
  sell: 'short',
  true: 'short',
  '1': 'short',
};

/** The trade of a line, or why it is none. `fee_open` and `fee_close` are rates of what was opened and closed, `fees` an amount. */
export function tradeOf(line: string, separator: string, columns: Columns): ListedTrade | string {
  const cells = cellsOf(line, separator);
  if (cells === undefined) return 'a quote does not end';
  const text = (column: Column) => (columns[column] === undefined ? '' : (cells[columns[column]] ?? ''));
  const symbol = symbolInput.safeParse(text('pair').split(':')[0]);
  if (!symbol.success) return `pair: ${text('pair')} is no symbol such as BTC/USDT`;
  const direction = sides[text('side').toLowerCase()];
  if (direction === undefined) return `side: ${text('side')} is neither long, short, buy nor sell`;
  const amounts: Partial<Record<Column, Decimal>> = {};
  for (const column of ['amount', 'openRate', 'closeRate'] as const) {
    const value = amountOf(text(column));
    if (value === undefined || value === '0' || decimal.isNegative(value))
      return `${names[column][0]}: expected a decimal above zero`;
    amounts[column] = value;
  }
  const openedAt = timeOf(text('openTime'));
  const closedAt = timeOf(text('closeTime'));
  if (openedAt === undefined) return 'open_time: expected a time';
  if (closedAt === undefined) return 'close_time: expected a time; a trade that is still open is none yet';
  if (closedAt < openedAt) return 'close_time: expected one not before open_time';
  const [quantity, openPrice, closePrice] = [amounts.amount!, amounts.openRate!, amounts.closeRate!];
  const scale = decimal.scale(quantity) + Math.max(decimal.scale(openPrice), decimal.scale(closePrice));
  if (scale > MOST_DIGITS)
    return `amount: times its rate it has ${scale} fraction digits, at most ${MOST_DIGITS} are exact`;
  const fees = feesOf(text, quantity, openPrice, closePrice);
  if (fees === undefined) return 'fees: expected a decimal';
  const tag = text('tag').slice(0, 64);
  const exitReason = text('exitReason').slice(0, 64);
  return {
    symbol: symbol.data,
    direction,
    quantity,
    openPrice,
    closePrice,
    fees,
    openedAt,
    closedAt,
    ...(tag !== '' && { tag }),
    ...(exitReason !== '' && { exitReason }),
  };
}

function feesOf(
  text: (column: Column) => string,
  quantity: Decimal,
  openPrice: Decimal,
  closePrice: Decimal,
): Decimal | undefined {
  if (text('fees') !== '') return amountOf(text('fees'));
  const [open, close] = [amountOf(text('feeOpen')), amountOf(text('feeClose'))];
  if (open === undefined || close === undefined) return undefined;
  // A product of three may have more digits than an amount has.
  const share = (price: Decimal, rate: Decimal) => productOf([price, quantity, rate]);
  return decimal.plus(share(openPrice, open), share(closePrice, close));
}

/** Rounded down to the digits of an amount, as fees are; exact before. */
function productOf(factors: readonly Decimal[]): Decimal {
  const digits = factors.reduce((product, factor) => product * BigInt(factor.replace('.', '')), 1n);
  const scale = factors.reduce((sum, factor) => sum + decimal.scale(factor), 0);
  const kept = scale > MOST_DIGITS ? digits / 10n ** BigInt(scale - MOST_DIGITS) : digits;
  return decimal.of(shifted(kept.toString(), '', -Math.min(scale, MOST_DIGITS)));
}

/** A decimal, also one that a spreadsheet wrote with an exponent. */
function amountOf(text: string): Decimal | undefined {
  const match = /^([+-]?\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  try {
    if (Number(exponent) === 0) return decimal.of(text.replace(/[eE].*$/, ''));
    return decimal.of(shifted(whole, fraction, Number(exponent)));
  } catch {
    return undefined;
  }
}

function shifted(whole: string, fraction: string, by: number): string {
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = whole.replace(/^[+-]/, '') + fraction;
  const point = whole.replace(/^[+-]/, '').length + by;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point)}`;
}

/** An ISO time, UTC where it has no zone; or an epoch in seconds or milliseconds. */
function timeOf(text: string): Instant | undefined {
  if (/^\d{9,10}$/.test(text)) return instant.of(new Date(Number(text) * 1000));
  if (/^\d{12,13}$/.test(text)) return instant.of(new Date(Number(text)));
  const zoned = /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text) && text.length > 10 ? text : `${text}Z`;
  return parseInstant(zoned.includes(':') ? zoned : zoned.replace(/^(\d{4}-\d\d-\d\d)Z$/, '$1T00:00:00Z'));
}
