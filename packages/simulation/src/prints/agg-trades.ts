import { malformed, positive, readLines, type Line } from './lines.ts';
import type { Print, PrintSource } from './print.ts';
import { pairOf } from './symbol.ts';

/**
 * The prints of an exchange's bulk file of aggregate trades, with or without a header: id, price, quantity, first and
 * last trade id, time (epoch in milliseconds or microseconds), whether the buyer was the maker; more columns are ignored.
 * The symbol is `symbol`, else what the file's name begins with. Reading throws an InputError that names the line.
 */
export function aggTradePrints(path: string, symbol?: string): PrintSource {
  return { name: path, ...pairOf(path, symbol), read: () => readAggTrades(path) };
}

async function* readAggTrades(path: string): AsyncGenerator<Print> {
  let last = -1n;
  for await (const line of readLines(path)) {
    const columns = line.text.split(',').map((column) => column.trim());
    if (line.number === 1 && columns.length >= 7 && /^"?[a-z]/i.test(columns[0]!)) continue;
    const print = parseTrade(path, line, columns);
    // The ids of a bulk file ascend: one that does not is a line too many, and would be a trade twice.
    if (BigInt(print.id) <= last) throw malformed(path, line.number, `trade id ${print.id} comes after ${last}`);
    last = BigInt(print.id);
    yield print;
  }
}

function parseTrade(path: string, { number: line }: Line, columns: readonly string[]): Print {
  if (columns.length < 7)
    throw malformed(
      path,
      line,
      `a trade has 7 columns, here ${columns.length === 1 ? 'is 1' : `are ${columns.length}`}`,
    );
  const [id = '', price, quantity, , , time = '', buyerWasMaker = ''] = columns;
  if (!/^\d{1,18}$/.test(id)) throw malformed(path, line, `trade id "${id}" is not a whole number`);
  if (!/^(true|false)$/i.test(buyerWasMaker))
    throw malformed(path, line, `"${buyerWasMaker}" does not say whether the buyer was the maker (True or False)`);
  return {
    id,
    price: positive(path, line, 'price', price),
    quantity: positive(path, line, 'quantity', quantity),
    taker: buyerWasMaker.toLowerCase() === 'true' ? 'sell' : 'buy',
    at: instantOf(path, line, time),
    line,
  };
}

function instantOf(path: string, line: number, time: string): string {
  if (!/^(\d{13}|\d{16})$/.test(time))
    throw malformed(path, line, `time "${time}" is no epoch in milliseconds or microseconds`);
  const toTheMillisecond = new Date(Number(time.slice(0, 13))).toISOString().slice(0, -1);
  return `${toTheMillisecond}${time.slice(13).padEnd(3, '0')}Z`;
}
