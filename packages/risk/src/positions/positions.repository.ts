import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Copy,
  type CopyStore,
  type Listing,
  type Member,
  type Projection,
  answers,
  arrayLiteral,
  contextLiteral,
  decimal,
  functionCall,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Outcome } from '../outcome.ts';
import type { Tables } from '../schema.ts';
import { type PositionCopy, copyOf, toPosition } from './position-rows.ts';
import {
  type AggregatePosition,
  type AggregatePositions,
  type ApplyFill,
  type Fill,
  type ListFills,
  type ListPositions,
  type Position,
  type PositionRefusal,
  type Positions,
  aggregatePositions,
  applyFill,
  applyFills,
  listFills,
  listPositions,
} from './positions.ts';

const db = queryBuilder<Tables>();

const columns = [
  'account_id as account',
  'venue',
  'symbol',
  'qty as quantity',
  'cost',
  'realized',
  'fees',
  'last_trade_seq as lastSequence',
  'as_of as asOf',
  'version',
] as const;

const statements = {
  apply: functionCall(
    'risk.positions.applyFill',
    'write',
    'apply_fills',
    [
      'venues',
      'fillIds',
      'accounts',
      'strategies',
      'orderIds',
      'symbols',
      'sides',
      'quantities',
      'prices',
      'fees',
      'feeAssets',
      'sequences',
      'hashes',
      'ats',
      'eventIds',
      'contexts',
    ],
    answers<{ outcome: PositionRefusal | 'ok' | 'same'; position: PositionCopy | null }>(),
  ),
};

const operations = {
  applyFill: operation('risk.positions.applyFill', applyFill, (input) => input.fillId),
  applyFills: operation('risk.positions.applyFills', applyFills, ([first]) => first?.fillId),
  list: operation('risk.positions.list', listPositions),
  aggregate: operation('risk.positions.aggregate', aggregatePositions),
  listFills: operation('risk.positions.listFills', listFills),
};

type ParsedFill = z.output<typeof applyFill>;

export class PositionRepository implements Positions {
  readonly #context: AdapterContext;
  readonly #copies: CopyStore<PositionCopy>;
  readonly #onChange: () => void;
  readonly #applying: Batcher<ParsedFill, Outcome<Position>>;
  readonly projection: Projection;

  /** `onChange` is told after each batch that changed a position. */
  constructor(context: AdapterContext, copies: CopyStore<PositionCopy>, onChange: () => void) {
    this.#context = context;
    this.#copies = copies;
    this.#onChange = onChange;
    this.projection = copies.projection('positions', (account) => this.#copied(account));
    this.#applying = new Batcher(
      { name: 'positions.applyFill', batch: (members) => this.#apply(members) },
      context.telemetry,
    );
  }

  applyFill(input: ApplyFill, options?: CallOptions): Promise<Position> {
    return this.#context.run(operations.applyFill, input, options, async (fill) => {
      const outcome = await this.#applying.submit(fill);
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    });
  }

  applyFills(input: readonly ApplyFill[], options?: CallOptions): Promise<Outcome<Position>[]> {
    return this.#context.run(operations.applyFills, input, options, async (fills) => {
      const applied = await this.#applying.submitAll(fills);
      return applied.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    });
  }

  list(input: ListPositions = {}, options?: CallOptions): Listing<Position> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given, { fresh }) => {
        const { account, venue, symbol, cursor, limit } = given;
        const matches = (position: PositionCopy) =>
          (venue === undefined || position.venue === venue) && (symbol === undefined || position.symbol === symbol);
        if (account !== undefined && !cursor && !fresh) {
          const positions = (await this.#ofAccount(account)).filter(matches);
          return toPage(positions.slice(0, limit + 1).map(toPosition), limit, keyOf);
        }
        let query = db
          .selectFrom('venue_positions')
          .select(columns)
          .orderBy('account_id')
          .orderBy('venue')
          .orderBy('symbol')
          .limit(limit + 1);
        if (account !== undefined) query = query.where('account_id', '=', account);
        if (venue !== undefined) query = query.where('venue', '=', venue);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (cursor)
          query = query.where(sql<boolean>`(account_id, venue, symbol) > (${cursor[0]}, ${cursor[1]}, ${cursor[2]})`);
        const rows = await this.#context.pg.query('risk.positions.list', 'read', query);
        return toPage(rows.map(toPosition), limit, keyOf);
      }),
    );
  }

  aggregate(input: AggregatePositions = {}, options?: CallOptions): Promise<AggregatePosition[]> {
    return this.#context.run(operations.aggregate, input, options, async ({ account, symbol }) => {
      let query = db
        .selectFrom('venue_positions')
        .select([
          'symbol',
          'venue',
          sql<string>`sum(qty)`.as('net'),
          sql<string>`sum(abs(qty))`.as('gross'),
          sql<string>`sum(realized)`.as('realized'),
          sql<string>`sum(fees)`.as('fees'),
          sql<Position['asOf']>`max(as_of)`.as('as_of'),
        ])
        .groupBy(['symbol', 'venue'])
        .orderBy('symbol')
        .orderBy('venue');
      if (account !== undefined) query = query.where('account_id', '=', account);
      if (symbol !== undefined) query = query.where('symbol', '=', symbol);
      const rows = await this.#context.pg.query('risk.positions.aggregate', 'read', query);
      const now = instant.millis(this.#context.clock.now());
      return [...Map.groupBy(rows, (row) => row.symbol)].map(([of, venues]) => ({
        symbol: of,
        net: decimal.sum(venues.map(({ net }) => net)),
        gross: decimal.sum(venues.map(({ gross }) => gross)),
        realized: decimal.sum(venues.map(({ realized }) => realized)),
        fees: decimal.sum(venues.map(({ fees }) => fees)),
        venues: venues.map(({ venue, net, gross, as_of }) => ({
          venue,
          net: decimal.of(net),
          gross: decimal.of(gross),
          asOf: as_of,
          ageMs: now - instant.millis(as_of),
        })),
      }));
    });
  }

  listFills(input: ListFills, options?: CallOptions): Listing<Fill> {
    return listing(input, (page) =>
      this.#context.run(operations.listFills, page, options, async ({ account, symbol, cursor, limit }) => {
        let query = db
          .selectFrom('fills')
          .select(['fill_id', 'venue', 'trade_seq', 'symbol', 'side', 'qty', 'price', 'fee', 'fee_asset'])
          .select(['order_id', 'strategy_id', 'filled_at', 'recorded_at'])
          .where('account_id', '=', account)
          .orderBy('recorded_at')
          .orderBy('venue')
          .orderBy('fill_id')
          .limit(limit + 1);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (cursor)
          query = query.where(
            sql<boolean>`(recorded_at, venue, fill_id) > (${cursor[0]}::timestamptz, ${cursor[1]}, ${cursor[2]})`,
          );
        const rows = await this.#context.pg.query('risk.positions.listFills', 'read', query);
        const { items, next } = toPage(rows, limit, (row) => [row.recorded_at, row.venue, row.fill_id]);
        return {
          items: items.map((row): Fill => ({
            fillId: row.fill_id,
            account,
            venue: row.venue,
            sequence: row.trade_seq,
            symbol: row.symbol,
            side: row.side,
            quantity: row.qty,
            price: row.price,
            fee: row.fee,
            ...(row.fee_asset !== null && { feeAsset: row.fee_asset }),
            ...(row.order_id !== null && { orderId: row.order_id }),
            ...(row.strategy_id !== null && { strategy: row.strategy_id }),
            at: row.filled_at,
          })),
          ...(next !== undefined && { next }),
        };
      }),
    );
  }

  async #ofAccount(account: string): Promise<PositionCopy[]> {
    const positions = await this.#copies.read(account, false, () => this.#copied(account));
    return positions.sort((a, b) => (`${a.venue} ${a.symbol}` < `${b.venue} ${b.symbol}` ? -1 : 1));
  }

  async #copied(account: string): Promise<Copy<PositionCopy>[]> {
    const query = db
      .selectFrom('venue_positions')
      .select(columns)
      .where('account_id', '=', account)
      .orderBy('venue')
      .orderBy('symbol');
    return (await this.#context.pg.query('risk.positions.ofAccount', 'read', query)).map(copyOf);
  }

  async #apply(members: readonly Member<ParsedFill>[]): Promise<Outcome<Position>[]> {
    const of = (value: (fill: ParsedFill) => string | number | undefined) =>
      arrayLiteral(members.map(({ input }) => value(input)));
    const rows = await this.#context.pg.many(statements.apply, {
      venues: of(({ venue }) => venue),
      fillIds: of(({ fillId }) => fillId),
      accounts: of(({ account }) => account),
      strategies: of(({ strategy }) => strategy),
      orderIds: of(({ orderId }) => orderId),
      symbols: of(({ symbol }) => symbol),
      sides: of(({ side }) => side),
      quantities: of(({ quantity }) => quantity),
      prices: of(({ price }) => price),
      fees: of(({ fee }) => fee ?? '0'),
      feeAssets: of(({ feeAsset }) => feeAsset),
      sequences: of(({ sequence }) => sequence),
      hashes: of((fill) =>
        requestHash(
          fill.account,
          fill.sequence,
          fill.symbol,
          fill.side,
          fill.quantity,
          fill.price,
          fill.fee ?? '0',
          fill.feeAsset,
          fill.orderId,
          fill.strategy,
          fill.at,
        ),
      ),
      ats: of(({ at }) => at),
      eventIds: of(() => this.#context.ids.next()),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
    this.#copies.refresh(rows.flatMap(({ position }) => (position === null ? [] : [copyOf(position)])));
    if (rows.some(({ outcome }) => outcome === 'ok')) this.#onChange();
    return rows.map(({ outcome, position }, i): Outcome<Position> => {
      const { venue, fillId, account, symbol } = members[i]!.input;
      return outcome === 'ok' || outcome === 'same'
        ? { ok: true, value: toPosition(position!) }
        : { ok: false, error: refusal(outcome, { venue, fillId, account, symbol }, { 'too-many-digits': 'quantity' }) };
    });
  }
}

const keyOf = ({ account, venue, symbol }: Position) => [account, venue, symbol];
