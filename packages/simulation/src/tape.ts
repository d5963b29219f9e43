import type { ExchangeAdapter, Trade } from '@tse/exchange';
import { toUnits } from './fixed-point.ts';
import type { Print, PrintSource } from './prints/print.ts';
import type { Invariant } from './report.ts';

/**
 * Invariant "prints": each real print is exactly one trade, of its price, quantity, time and taking side, in the same sequence. Trades of the
 * accounts `beside` are none of the tape.
 */
export async function checkTape(
  exchange: ExchangeAdapter,
  symbol: string,
  source: PrintSource,
  beside: readonly string[] = [],
): Promise<Invariant> {
  const trades = tradesOfOthers(exchange, symbol, beside);
  let compared = 0;
  const broken = (problem: string): Invariant => ({ name: 'prints', ok: false, compared, problem });
  for await (const print of source.read()) {
    const { value: trade, done } = await trades.next();
    if (done) return broken(`print ${print.id} is no trade`);
    compared += 1;
    if (!isTradeOf(print, trade))
      return broken(`print ${print.id} is ${inWords(print)}, trade ${inWords(traded(trade))}`);
  }
  const more = await trades.next();
  return more.done ? { name: 'prints', ok: true, compared } : broken(`trade ${more.value.id} is no print`);
}

async function* tradesOfOthers(
  { trades }: ExchangeAdapter,
  symbol: string,
  beside: readonly string[],
): AsyncGenerator<Trade, undefined> {
  for await (const trade of trades.listOfMarket({ symbol, limit: 1000 }))
    if (!beside.includes(trade.maker.accountId) && !beside.includes(trade.taker.accountId)) yield trade;
}

type Traded = Pick<Print, 'price' | 'quantity' | 'taker' | 'at'>;

const traded = ({ price, quantity, taker, matchedAt }: Trade): Traded => ({
  price,
  quantity,
  taker: taker.side,
  at: matchedAt,
});

function isTradeOf(print: Print, trade: Trade): boolean {
  return (
    toUnits(trade.price) === toUnits(print.price) &&
    toUnits(trade.quantity) === toUnits(print.quantity) &&
    trade.taker.side === print.taker &&
    trade.matchedAt === print.at
  );
}

const inWords = ({ price, quantity, taker, at }: Traded): string => `a ${taker} of ${quantity} at ${price}, ${at}`;
