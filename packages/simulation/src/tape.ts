import type { ExchangeAdapter } from '@tse/exchange';
import type { PrintSource } from './prints/print.ts';
import { toUnits } from './fixed-point.ts';
import type { Invariant } from './report.ts';

/** Invariant "prints": each real print is exactly one trade, of its price and quantity, in the same sequence. */
export async function checkTape(exchange: ExchangeAdapter, symbol: string, source: PrintSource): Promise<Invariant> {
  const trades = exchange.trades.listOfMarket({ symbol, limit: 1000 })[Symbol.asyncIterator]();
  let compared = 0;
  const broken = (problem: string): Invariant => ({ name: 'prints', ok: false, compared, problem });
  for await (const print of source.read()) {
    const { value: trade, done } = await trades.next();
    if (done) return broken(`print ${print.id} is no trade`);
    compared += 1;
    if (toUnits(trade.price) !== toUnits(print.price) || toUnits(trade.quantity) !== toUnits(print.quantity))
      return broken(
        `print ${print.id}: ${print.quantity} at ${print.price}, traded ${trade.quantity} at ${trade.price}`,
      );
  }
  const more = await trades.next();
  return more.done ? { name: 'prints', ok: true, compared } : broken(`trade ${more.value.id} is no print`);
}
