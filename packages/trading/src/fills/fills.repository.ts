import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type CopyStore,
  type Decimal,
  type Instant,
  type Listing,
  type Member,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
  withContext,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { copyOfOrder } from '../orders/orders.repository.ts';
import type { Order } from '../orders/orders.ts';
import { copyOfPosition } from '../positions/positions.repository.ts';
import type { Position } from '../positions/positions.ts';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import { type AppliedRow, fillColumns, quarantineColumns, statements } from './fill-statements.ts';
import {
  type AppliedFill,
  type ApplyFill,
  type DiscardFill,
  type Fill,
  type FillTotal,
  type FillTotals,
  type Fills,
  type ListFills,
  type ListQuarantined,
  type QuarantinedFill,
  type RetryQuarantined,
  applyFill,
  discardFill,
  fillTotals,
  listFills,
  listQuarantined,
  retryQuarantined,
} from './fills.ts';

const db = queryBuilder<Tables>();
const MOST_FILLS = 1000;
const LANES = 4;

const operations = {
  apply: operation('trading.fills.apply', applyFill, (input) => input.tradeId),
  applyAll: operation('trading.fills.applyAll', z.array(applyFill).max(MOST_FILLS), ([first]) => first?.tradeId),
  list: operation('trading.fills.list', listFills),
  listOfOrder: operation('trading.fills.listOfOrder', z.strictObject({ orderId: idInput })),
  totals: operation('trading.fills.totals', fillTotals),
  listQuarantined: operation('trading.fills.listQuarantined', listQuarantined),
  retryQuarantined: operation('trading.fills.retryQuarantined', retryQuarantined),
  discard: operation('trading.fills.discard', discardFill, (input) => input.tradeId),
};

interface Applying {
  fill: z.output<typeof applyFill>;
  eventId: string;
}

export class FillRepository implements Fills {
  readonly #context: AdapterContext;
  readonly #working: CopyStore<Order>;
  readonly #open: CopyStore<Position>;
  /** Batches of several markets run beside each other; what is of one market on one account keeps its order. */
  readonly #lanes: readonly Batcher<Applying, AppliedFill>[];

  constructor(context: AdapterContext, working: CopyStore<Order>, open: CopyStore<Position>) {
    this.#context = context;
    this.#working = working;
    this.#open = open;
    this.#lanes = Array.from(
      { length: LANES },
      () => new Batcher({ name: 'fills.apply', batch: (members) => this.#apply(members) }, context.telemetry),
    );
  }

  apply(input: ApplyFill, options?: CallOptions): Promise<AppliedFill> {
    return this.#context.run(operations.apply, input, options, (fill) =>
      this.#laneOf(fill).submit({ fill, eventId: this.#context.ids.next() }),
    );
  }

  applyAll(input: readonly ApplyFill[], options?: CallOptions): Promise<AppliedFill[]> {
    return this.#context.run(operations.applyAll, input, options, async (fills) => {
      if (fills.length === 0) return [];
      const members = fills.map((fill) => ({ fill, eventId: this.#context.ids.next() }));
      const applied = await this.#laneOf(fills[0]!).submitAll(members);
      return applied.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    });
  }

  list(input: ListFills, options?: CallOptions): Listing<Fill> {
    return listing(input, (page) =>
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ deploymentId, symbol, side, from, to, cursor, limit }) => {
          let query = db
            .selectFrom('fills')
            .select(fillColumns)
            .where('deployment_id', '=', deploymentId)
            .orderBy('matched_at')
            .orderBy('trade_id')
            .orderBy('order_id')
            .limit(limit + 1);
          if (symbol !== undefined) query = query.where('symbol', '=', symbol);
          if (side !== undefined) query = query.where('side', '=', side);
          if (from !== undefined) query = query.where('matched_at', '>=', from);
          if (to !== undefined) query = query.where('matched_at', '<', to);
          if (cursor)
            query = query.where(
              sql<boolean>`(matched_at, trade_id, order_id) > (${cursor[0]}::timestamptz, ${cursor[1]}, ${cursor[2]})`,
            );
          const rows = await this.#context.pg.query('trading.fills.list', 'replica', query);
          return toPage(rows.map(toFill), limit, (fill) => [fill.matchedAt, fill.tradeId, fill.orderId]);
        },
      ),
    );
  }

  listOfOrder(orderId: string, options?: CallOptions): Promise<Fill[]> {
    return this.#context.run(operations.listOfOrder, { orderId }, options, async (input) =>
      (await this.#context.pg.many(statements.ofOrder, input)).map(toFill),
    );
  }

  totals(input: FillTotals, options?: CallOptions): Promise<FillTotal[]> {
    return this.#context.run(operations.totals, input, options, async ({ deploymentId, from, to }) => {
      let query = db
        .selectFrom('fills')
        .select([
          'symbol',
          sql<number>`count(*)`.as('fills'),
          sql<Decimal>`sum(qty)`.as('quantity'),
          sql<Decimal>`sum(quote_qty)`.as('quoteQuantity'),
          sql<Decimal>`coalesce(sum(fee_quote), 0)`.as('fees'),
          sql<number>`count(*) filter (where fee_quote is null)`.as('unconvertedFees'),
        ])
        .where('deployment_id', '=', deploymentId)
        .groupBy('symbol')
        .orderBy('symbol');
      if (from !== undefined) query = query.where('matched_at', '>=', from);
      if (to !== undefined) query = query.where('matched_at', '<', to);
      return this.#context.pg.query('trading.fills.totals', 'replica', query);
    });
  }

  listQuarantined(input: ListQuarantined = {}, options?: CallOptions): Listing<QuarantinedFill> {
    return listing(input, (page) =>
      this.#context.run(operations.listQuarantined, page, options, async ({ resolved, reason, cursor, limit }) => {
        let query = db
          .selectFrom('quarantined_fills')
          .select(quarantineColumns)
          .where('resolved_at', resolved ? 'is not' : 'is', null)
          .orderBy('quarantined_at')
          .orderBy('venue')
          .orderBy('trade_id')
          .orderBy('order_id')
          .limit(limit + 1);
        if (reason !== undefined) query = query.where('reason', '=', reason);
        if (cursor)
          query = query.where(
            sql<boolean>`(quarantined_at, venue, trade_id, order_id) > (${cursor[0]}::timestamptz, ${cursor[1]}, ${cursor[2]}, ${cursor[3]})`,
          );
        const rows = await this.#context.pg.query('trading.fills.listQuarantined', 'read', query);
        return toPage(rows.map(toQuarantined), limit, (fill) => [
          fill.quarantinedAt,
          fill.venue,
          fill.tradeId,
          fill.orderId,
        ]);
      }),
    );
  }

  retryQuarantined(input: RetryQuarantined = {}, options?: CallOptions): Promise<number> {
    return this.#context.run(operations.retryQuarantined, input, options, async ({ limit }) => {
      const waiting = await this.#context.pg.many(statements.retryable, { limit });
      const applied = await Promise.all(
        waiting.map(({ fill, source, source_seq }) =>
          // As of the event that told it first.
          withContext(source === null ? {} : { source, sourceSeq: source_seq! }, () => {
            const parsed = applyFill.parse(fill);
            return this.#laneOf(parsed).submit({ fill: parsed, eventId: this.#context.ids.next() });
          }),
        ),
      );
      return applied.filter(({ outcome }) => outcome !== 'quarantined').length;
    });
  }

  discard(input: DiscardFill, options?: CallOptions): Promise<QuarantinedFill> {
    return this.#context.run(operations.discard, input, options, async (given) => {
      const { note, ...key } = given;
      const { outcome } = await this.#context.pg.one(statements.resolve, {
        ...key,
        note,
        resolution: 'discarded',
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, key);
      return toQuarantined(await this.#context.pg.one(statements.findQuarantined, key));
    });
  }

  /** How many are not resolved. For health. */
  async countQuarantined(): Promise<number> {
    return (await this.#context.pg.one(statements.countQuarantined, {})).open;
  }

  #laneOf({ accountId, symbol }: Applying['fill']): Batcher<Applying, AppliedFill> {
    let hash = 0;
    for (const char of accountId + symbol) hash = (hash * 31 + char.charCodeAt(0)) | 0;
    return this.#lanes[Math.abs(hash) % LANES]!;
  }

  async #apply(members: readonly Member<Applying>[]): Promise<AppliedFill[]> {
    const of = (value: (fill: Applying['fill']) => string | number | undefined) =>
      arrayLiteral(members.map(({ input }) => value(input.fill)));
    const rows = await this.#context.pg.many(statements.apply, {
      venues: of(({ venue }) => venue),
      tradeIds: of(({ tradeId }) => tradeId),
      orderIds: of(({ orderId }) => orderId),
      tradeSequences: of(({ tradeSequence }) => tradeSequence),
      accountIds: of(({ accountId }) => accountId),
      symbols: of(({ symbol }) => symbol),
      sides: of(({ side }) => side),
      prices: of(({ price }) => price),
      quantities: of(({ quantity }) => quantity),
      liquidities: of(({ liquidity }) => liquidity),
      fees: of(({ fee }) => fee),
      feeAssets: of(({ feeAsset }) => feeAsset),
      feeRates: of(({ feeRate }) => feeRate),
      feeRateSources: of(({ feeRateSource }) => feeRateSource),
      contentHashes: of(contentHashOf),
      payloads: of((fill) => JSON.stringify(fill)),
      matchedAts: of(({ matchedAt }) => matchedAt),
      orderVersions: of(({ order }) => order?.version),
      statuses: of(({ order }) => order?.status),
      cums: of(({ order }) => order?.cumulativeQuantity),
      leaves: of(({ order }) => order?.leavesQuantity),
      eventIds: arrayLiteral(members.map(({ input }) => input.eventId)),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
    const { positions, orders } = rows.at(-1)!;
    this.#open.refresh(positions!.map(copyOfPosition));
    this.#working.refresh(orders!.map(copyOfOrder));
    const byId = new Map(positions!.filter(({ isVoid }) => !isVoid).map((position) => [position.id, position]));
    return rows.map((row) => toApplied(row, byId));
  }
}

function toApplied({ outcome, position_ids }: AppliedRow, positions: ReadonlyMap<string, Position>): AppliedFill {
  if (outcome !== 'applied' && outcome !== 'same') return { outcome: 'quarantined', reason: outcome, positions: [] };
  return {
    outcome: outcome === 'same' ? 'duplicate' : 'applied',
    positions: position_ids.flatMap((id) => positions.get(id) ?? []),
  };
}

/** What a repeat must equal. What the venue says of its order beside it is not the fill's. */
const contentHashOf = (fill: Applying['fill']): string =>
  requestHash(
    fill.tradeSequence,
    fill.accountId,
    fill.symbol,
    fill.side,
    fill.price,
    fill.quantity,
    fill.fee,
    fill.feeAsset,
    fill.matchedAt,
  );

interface FillRow {
  venue: string;
  trade_id: string;
  order_id: string;
  deployment_id: string;
  account_id: string;
  symbol: string;
  side: Fill['side'];
  leg: Fill['leg'];
  trade_seq: number;
  price: Decimal;
  qty: Decimal;
  quote_qty: Decimal;
  liquidity: 'maker' | 'taker' | null;
  fee: Decimal;
  fee_asset: string;
  fee_quote: Decimal | null;
  fee_rate: Decimal | null;
  fee_rate_source: string | null;
  matched_at: Instant;
}

const toFill = (row: FillRow): Fill =>
  present({
    venue: row.venue,
    tradeId: row.trade_id,
    orderId: row.order_id,
    deploymentId: row.deployment_id,
    accountId: row.account_id,
    symbol: row.symbol,
    side: row.side,
    leg: row.leg,
    tradeSequence: row.trade_seq,
    price: row.price,
    quantity: row.qty,
    quoteQuantity: row.quote_qty,
    liquidity: row.liquidity,
    fee: row.fee,
    feeAsset: row.fee_asset,
    feeQuote: row.fee_quote,
    feeRate: row.fee_rate,
    feeRateSource: row.fee_rate_source,
    matchedAt: row.matched_at,
  });

const toQuarantined = (row: NonNullable<(typeof statements.findQuarantined)['row']>): QuarantinedFill =>
  present({
    venue: row.venue,
    tradeId: row.trade_id,
    orderId: row.order_id,
    contentHash: row.content_hash,
    reason: row.reason,
    fill: row.fill as ApplyFill,
    quarantinedAt: row.quarantined_at,
    resolvedAt: row.resolved_at,
    resolution: row.resolution,
    note: row.note,
  });
