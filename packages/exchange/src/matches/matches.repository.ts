import {
  type AdapterContext,
  Batcher,
  type Decimal,
  type Instant,
  type Member,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  operation,
  refusal,
} from '@tse/core';
import { z } from 'zod';
import type { BalanceCopy, BalanceStore } from '../balances/balances.store.ts';
import type { Outcome, Side } from '../orders/orders.ts';
import type { Trade } from '../trades/trades.ts';
import {
  type Match,
  type MatchRefusal,
  type Matches,
  type PreventedMatch,
  type SettleOptions,
  match,
  preventedMatch,
} from './matches.ts';

interface SettledRow {
  outcome: MatchRefusal | 'ok' | 'same';
  trade_seq: number | null;
  quote_qty: Decimal;
  maker_fee: Decimal | null;
  taker_fee: Decimal | null;
  fee_asset: string | null;
  taker_side: Side | null;
  maker_account_id: string | null;
  taker_account_id: string | null;
  matched_at: Instant | null;
  recorded_at: Instant | null;
  balances: BalanceCopy[] | null;
}

const settleMatches = functionCall(
  'exchange.matches.settle',
  'write',
  'settle_matches',
  ['ids', 'symbols', 'makers', 'takers', 'prices', 'quantities', 'fences', 'venue', 'ats', 'eventIds', 'contexts'],
  answers<SettledRow>(),
);

const preventMatches = functionCall(
  'exchange.matches.prevent',
  'write',
  'prevent_matches',
  [
    'ids',
    'symbols',
    'makers',
    'takers',
    'prices',
    'quantities',
    'fences',
    'ats',
    'makerEventIds',
    'takerEventIds',
    'contexts',
  ],
  answers<{ outcome: MatchRefusal | 'ok' | 'same'; balances: BalanceCopy[] | null }>(),
);

const mostMatches = 1000;
const operations = {
  settle: operation('exchange.matches.settle', z.array(match).max(mostMatches), ([first]) => first?.tradeId),
  prevent: operation(
    'exchange.matches.prevent',
    z.array(preventedMatch).max(mostMatches),
    ([first]) => first?.preventionId,
  ),
};

interface Settling {
  match: z.output<typeof match>;
  fence: number | undefined;
  at: Instant;
  eventId: string;
}

export class MatchRepository implements Matches {
  readonly #context: AdapterContext;
  readonly #balances: BalanceStore;
  readonly #settling: Batcher<Settling, Outcome<Trade>>;
  readonly #onSettled: () => void;

  /** `onSettled` is told after each batch that changed a book. */
  constructor(context: AdapterContext, balances: BalanceStore, onSettled: () => void) {
    this.#context = context;
    this.#balances = balances;
    this.#onSettled = onSettled;
    this.#settling = new Batcher(
      { name: 'matches.settle', batch: (members) => this.#settle(members) },
      context.telemetry,
    );
  }

  settle(matches: readonly Match[], options?: SettleOptions): Promise<Outcome<Trade>[]> {
    return this.#context.run(operations.settle, matches, options, async (parsed) => {
      const now = this.#context.clock.now();
      const members = parsed.map((one): Settling => ({
        match: one,
        fence: fenceOf(one.symbol, options),
        at: one.matchedAt ?? now,
        eventId: this.#context.ids.next(),
      }));
      if (members.length === 1) return [await this.#settling.submit(members[0]!)];
      const settled = await this.#settling.submitAll(members);
      return settled.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    });
  }

  prevent(prevented: readonly PreventedMatch[], options?: SettleOptions): Promise<Outcome<{ preventionId: string }>[]> {
    return this.#context.run(operations.prevent, prevented, options, async (parsed) => {
      const { clock, ids, pg } = this.#context;
      const context = contextLiteral();
      const of = (value: (one: (typeof parsed)[number]) => string | number | undefined) =>
        arrayLiteral(parsed.map(value));
      const rows = await pg.many(preventMatches, {
        ids: of(({ preventionId }) => preventionId),
        symbols: of(({ symbol }) => symbol),
        makers: of(({ makerOrderId }) => makerOrderId),
        takers: of(({ takerOrderId }) => takerOrderId),
        prices: of(({ price }) => price),
        quantities: of(({ quantity }) => quantity),
        fences: of(({ symbol }) => fenceOf(symbol, options)),
        ats: of(({ at }) => at ?? clock.now()),
        makerEventIds: of(() => ids.next()),
        takerEventIds: of(() => ids.next()),
        contexts: of(() => context),
      });
      this.#tell(rows);
      return rows.map(({ outcome }, i): Outcome<{ preventionId: string }> => {
        const { preventionId, symbol } = parsed[i]!;
        return outcome === 'ok' || outcome === 'same'
          ? { ok: true, value: { preventionId } }
          : { ok: false, error: refusal(outcome, { preventionId, symbol }) };
      });
    });
  }

  async #settle(members: readonly Member<Settling>[]): Promise<Outcome<Trade>[]> {
    const of = (value: (settling: Settling) => string | number | undefined) =>
      arrayLiteral(members.map(({ input }) => value(input)));
    const rows = await this.#context.pg.many(settleMatches, {
      ids: of(({ match: { tradeId } }) => tradeId),
      symbols: of(({ match: { symbol } }) => symbol),
      makers: of(({ match: { makerOrderId } }) => makerOrderId),
      takers: of(({ match: { takerOrderId } }) => takerOrderId),
      prices: of(({ match: { price } }) => price),
      quantities: of(({ match: { quantity } }) => quantity),
      fences: of(({ fence }) => fence),
      venue: this.#context.identity.label,
      ats: of(({ at }) => at),
      eventIds: of(({ eventId }) => eventId),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
    this.#tell(rows);
    const repeated = rows.filter(({ outcome }) => outcome === 'same');
    if (repeated.length > 0)
      await this.#balances.refreshFromTables(repeated.flatMap((row) => [row.maker_account_id!, row.taker_account_id!]));
    return rows.map((row, i) => toOutcome(members[i]!.input.match, row));
  }

  /** The last row of a statement carries the balances it changed. */
  #tell(rows: readonly { balances: BalanceCopy[] | null }[]): void {
    const balances = rows.at(-1)?.balances;
    if (!balances) return;
    this.#balances.refresh(balances);
    this.#onSettled();
  }
}

/** The fence that a match of this market is settled under: that of a lease for another market counts as none. */
const fenceOf = (symbol: string, options: SettleOptions | undefined): number | undefined =>
  options?.lease?.name === `matching/${symbol}` ? options.lease.fence : undefined;

function toOutcome(match: Settling['match'], row: SettledRow): Outcome<Trade> {
  const { outcome } = row;
  if (outcome !== 'ok' && outcome !== 'same') {
    return {
      ok: false,
      error: refusal(
        outcome,
        { tradeId: match.tradeId, symbol: match.symbol },
        { 'off-tick': 'price', 'off-lot': 'quantity' },
      ),
    };
  }
  const takerSide = row.taker_side!;
  return {
    ok: true,
    value: {
      id: match.tradeId,
      symbol: match.symbol,
      sequence: row.trade_seq!,
      price: match.price,
      quantity: match.quantity,
      quoteQuantity: row.quote_qty,
      maker: {
        orderId: match.makerOrderId,
        accountId: row.maker_account_id!,
        side: takerSide === 'buy' ? 'sell' : 'buy',
        fee: row.maker_fee!,
      },
      taker: { orderId: match.takerOrderId, accountId: row.taker_account_id!, side: takerSide, fee: row.taker_fee! },
      feeAsset: row.fee_asset!,
      matchedAt: row.matched_at!,
      recordedAt: row.recorded_at!,
    },
  };
}
