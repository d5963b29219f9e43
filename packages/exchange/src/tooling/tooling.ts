import { type AdapterTooling, verifyFence } from '@tse/core/admin';
import { createExchangeAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { states } from './states.ts';
import { verifyBooks } from './book-identity.ts';
import { verifyLedger } from './ledger-identity.ts';
import { seedExchange } from './seed.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using exchange = createExchangeAdapter(options);
    return await seedExchange(exchange, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, options, progress }) {
    await using exchange = createExchangeAdapter(options);
    progress('ledger');
    const ledger = await verifyLedger(facts);
    progress('books');
    const books = await verifyBooks(exchange);
    return [ledger, books, await verifyFence(facts)];
  },
};
