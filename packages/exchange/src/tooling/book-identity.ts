import { type Verified, verified } from '@tse/core/admin';
import type { ExchangeAdapter } from '../adapter.ts';

/** Identity "book": each live book is what the open orders of its market are, at the same change. Counts the books and their orders. */
export async function verifyBooks(exchange: ExchangeAdapter): Promise<Verified> {
  let compared = 0;
  const differences: string[] = [];
  for await (const { symbol } of exchange.markets.list()) {
    const drift = await exchange.orderBooks.verify(symbol);
    compared += drift.compared + 1;
    if (drift.differences > 0)
      differences.push(`${symbol} at change ${drift.sequence}: ${drift.differences} differences`);
  }
  return verified('book', 'live books, open orders', { compared, differences });
}
