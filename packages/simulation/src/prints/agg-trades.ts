import { isAggTradeHeader, parseAggTrade } from '@tse/market-data/tooling';
import { malformed, readLines } from './lines.ts';
import type { Print, PrintSource } from './print.ts';
import { pairOf } from './symbol.ts';

/**
 * The prints of an exchange's bulk file of aggregate trades, as it is, gzipped or zipped, with or without a header: id, price, quantity,
 * first and last trade id, time (epoch in milliseconds or microseconds), whether the buyer was the maker; more columns are ignored.
 * The symbol is `symbol`, else what the file's name begins with. Reading throws an InputError that names the line.
 */
export function aggTradePrints(path: string, symbol?: string): PrintSource {
  return { name: path, ...pairOf(path, symbol), read: () => readAggTrades(path) };
}

async function* readAggTrades(path: string): AsyncGenerator<Print> {
  let last = -1n;
  for await (const { number: line, text } of readLines(path)) {
    if (line === 1 && isAggTradeHeader(text)) continue;
    const parsed = parseAggTrade(text);
    if ('reason' in parsed) throw malformed(path, line, parsed.reason);
    const print = { ...parsed.row, sequence: line };
    // The ids of a bulk file ascend: one that does not is a line too many, and would be a trade twice.
    if (BigInt(print.id) <= last) throw malformed(path, line, `trade id ${print.id} comes after ${last}`);
    last = BigInt(print.id);
    yield print;
  }
}
