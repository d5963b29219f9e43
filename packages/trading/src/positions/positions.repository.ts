import {
  type AdapterContext,
  type CallOptions,
  type Copy,
  type CopyStore,
  type Listing,
  type Projection,
  answers,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import {
  type AdjustPosition,
  type Adjustment,
  type ListLotMatches,
  type ListLots,
  type ListPositionEvents,
  type ListPositions,
  type Lot,
  type LotMatch,
  type Position,
  type PositionEvent,
  type PositionRefusal,
  type Positions,
  type RebuildPositions,
  adjustPosition,
  listLotMatches,
  listLots,
  listPositionEvents,
  listPositions,
  rebuildPositions,
} from './positions.ts';

const db = queryBuilder<Tables>();
const asPosition = sql<Position>`position_json(p)`.as('position');

/** After folding again there may be fewer cycles than before: one that is no more is void. */
export type StoredPosition = Position & { isVoid?: true };

const statements = {
  adjust: functionCall(
    'trading.positions.adjust',
    'write',
    'adjust_position',
    ['reference', 'positionId', 'kind', 'amount', 'reason', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: PositionRefusal | 'ok' | 'same'; position: Position | null }>(),
  ),
  rebuild: functionCall(
    'trading.positions.rebuild',
    'write',
    'rebuild_positions',
    ['deploymentId', 'accountId', 'venue', 'symbol', 'at', 'eventId', 'context'],
    answers<{ outcome: PositionRefusal | 'ok'; positions: StoredPosition[] }>(),
  ),
  find: statement('trading.positions.find', 'read', (p: { id: string }) =>
    db.selectFrom('positions as p').select(asPosition).where('p.id', '=', p.id).where('p.is_void', '=', false),
  ),
  listOpen: statement('trading.positions.listOpen', 'read', (p: { deploymentId: string }) =>
    db
      .selectFrom('positions as p')
      .select(asPosition)
      .where('p.deployment_id', '=', p.deploymentId)
      .where('p.closed_at', 'is', null)
      .orderBy('p.id'),
  ),
  listAdjustments: statement('trading.positions.listAdjustments', 'read', (p: { positionId: string }) =>
    db
      .selectFrom('position_adjustments')
      .select(['reference', 'position_id', 'kind', 'amount', 'reason', 'adjusted_at'])
      .where('position_id', '=', p.positionId)
      .orderBy('adjusted_at')
      .orderBy('reference'),
  ),
};

const one = z.strictObject({ positionId: idInput });
const operations = {
  listOpen: operation('trading.positions.listOpen', z.strictObject({ deploymentId: idInput })),
  list: operation('trading.positions.list', listPositions),
  find: operation('trading.positions.find', one),
  get: operation('trading.positions.get', one),
  adjust: operation('trading.positions.adjust', adjustPosition, (input) => input.reference),
  listAdjustments: operation('trading.positions.listAdjustments', one),
  listLots: operation('trading.positions.listLots', listLots),
  listMatches: operation('trading.positions.listMatches', listLotMatches),
  listEvents: operation('trading.positions.listEvents', listPositionEvents),
  rebuild: operation('trading.positions.rebuild', rebuildPositions),
};

export class PositionRepository implements Positions {
  readonly #context: AdapterContext;
  readonly #open: CopyStore<Position>;
  readonly projection: Projection;

  constructor(context: AdapterContext, open: CopyStore<Position>) {
    this.#context = context;
    this.#open = open;
    this.projection = open.projection('positions', (deploymentId) => this.#copied(deploymentId));
  }

  listOpen(deploymentId: string, options?: CallOptions): Promise<Position[]> {
    return this.#context.run(operations.listOpen, { deploymentId }, options, (input, { fresh }) =>
      this.#open.read(input.deploymentId, fresh, () => this.#copied(input.deploymentId)),
    );
  }

  async #copied(deploymentId: string): Promise<Copy<Position>[]> {
    const rows = await this.#context.pg.many(statements.listOpen, { deploymentId });
    return rows.map(({ position }) => copyOfPosition(position));
  }

  list(input: ListPositions, options?: CallOptions): Listing<Position> {
    return listing(input, (page) =>
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ deploymentId, symbol, state, from, to, cursor, limit }) => {
          let query = db
            .selectFrom('positions as p')
            .select(asPosition)
            .where('p.deployment_id', '=', deploymentId)
            .where('p.is_void', '=', false)
            .orderBy('p.opened_at')
            .orderBy('p.id')
            .limit(limit + 1);
          if (symbol !== undefined) query = query.where('p.symbol', '=', symbol);
          if (state !== undefined) query = query.where('p.closed_at', state === 'open' ? 'is' : 'is not', null);
          if (from !== undefined) query = query.where('p.opened_at', '>=', from);
          if (to !== undefined) query = query.where('p.opened_at', '<', to);
          if (cursor)
            query = query.where(sql<boolean>`(p.opened_at, p.id) > (${cursor[0]}::timestamptz, ${cursor[1]})`);
          const rows = await this.#context.pg.query('trading.positions.list', 'replica', query);
          return toPage(
            rows.map(({ position }) => position),
            limit,
            ({ openedAt, id }) => [openedAt, id],
          );
        },
      ),
    );
  }

  find(positionId: string, options?: CallOptions): Promise<Position | undefined> {
    return this.#context.run(operations.find, { positionId }, options, (input) => this.#find(input.positionId));
  }

  get(positionId: string, options?: CallOptions): Promise<Position> {
    return this.#context.run(operations.get, { positionId }, options, async (input) => {
      const position = await this.#find(input.positionId);
      if (!position) throw refusal('unknown-position', { positionId: input.positionId });
      return position;
    });
  }

  adjust(input: AdjustPosition, options?: CallOptions): Promise<Position> {
    return this.#context.run(operations.adjust, input, options, async (adjustment) => {
      const { reference, positionId, kind, amount, reason, at } = adjustment;
      const { outcome, position } = await this.#context.pg.one(statements.adjust, {
        reference,
        positionId,
        kind,
        amount,
        reason,
        requestHash: requestHash(positionId, kind, amount, reason, at),
        at: at ?? this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { reference, positionId });
      this.#open.refresh([copyOfPosition(position!)]);
      return position!;
    });
  }

  listAdjustments(positionId: string, options?: CallOptions): Promise<Adjustment[]> {
    return this.#context.run(operations.listAdjustments, { positionId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listAdjustments, input);
      return rows.map(({ position_id, adjusted_at, ...row }) =>
        present({ ...row, positionId: position_id, adjustedAt: adjusted_at }),
      );
    });
  }

  listLots(input: ListLots, options?: CallOptions): Listing<Lot> {
    return listing(input, (page) =>
      this.#context.run(operations.listLots, page, options, async ({ positionId, open, cursor, limit }) => {
        let query = db
          .selectFrom('lots')
          .select(['n', 'trade_id', 'order_id', 'price', 'qty', 'remaining', 'opened_at'])
          .where('position_id', '=', positionId)
          .orderBy('n')
          .limit(limit + 1);
        if (open) query = query.where(sql<boolean>`remaining > 0`);
        if (cursor) query = query.where('n', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.positions.listLots', 'read', query);
        const lots = rows.map((row): Lot => ({
          lot: row.n,
          tradeId: row.trade_id,
          orderId: row.order_id,
          price: row.price,
          quantity: row.qty,
          remaining: row.remaining,
          openedAt: row.opened_at,
        }));
        return toPage(lots, limit, ({ lot }) => [lot]);
      }),
    );
  }

  listMatches(input: ListLotMatches, options?: CallOptions): Listing<LotMatch> {
    return listing(input, (page) =>
      this.#context.run(operations.listMatches, page, options, async ({ positionId, cursor, limit }) => {
        let query = db
          .selectFrom('lot_matches')
          .select([
            'n',
            'lot_n',
            'trade_id',
            'order_id',
            'kind',
            'method',
            'qty',
            'open_price',
            'close_price',
            'pnl',
            'matched_at',
          ])
          .where('position_id', '=', positionId)
          .orderBy('n')
          .limit(limit + 1);
        if (cursor) query = query.where('n', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.positions.listMatches', 'read', query);
        const matches = rows.map((row): LotMatch => ({
          match: row.n,
          lot: row.lot_n,
          tradeId: row.trade_id,
          orderId: row.order_id,
          kind: row.kind,
          method: row.method,
          quantity: row.qty,
          openPrice: row.open_price,
          closePrice: row.close_price,
          pnl: row.pnl,
          matchedAt: row.matched_at,
        }));
        return toPage(matches, limit, ({ match }) => [match]);
      }),
    );
  }

  listEvents(input: ListPositionEvents, options?: CallOptions): Listing<PositionEvent> {
    return listing(input, (page) =>
      this.#context.run(operations.listEvents, page, options, async ({ positionId, cursor, limit }) => {
        let query = db
          .selectFrom('position_events')
          .select([
            'version',
            'type',
            'qty',
            'cost',
            'realized',
            'fees',
            'adjustments',
            'trade_id',
            'order_id',
            'last_trade_seq',
            'occurred_at',
          ])
          .where('position_id', '=', positionId)
          .orderBy('version')
          .limit(limit + 1);
        if (cursor) query = query.where('version', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.positions.listEvents', 'read', query);
        const events = rows.map((row): PositionEvent =>
          present({
            version: row.version,
            type: row.type,
            quantity: row.qty,
            cost: row.cost,
            realized: row.realized,
            fees: row.fees,
            adjustments: row.adjustments,
            tradeId: row.trade_id,
            orderId: row.order_id,
            lastTradeSequence: row.last_trade_seq,
            occurredAt: row.occurred_at,
          }),
        );
        return toPage(events, limit, ({ version }) => [version]);
      }),
    );
  }

  rebuild(input: RebuildPositions, options?: CallOptions): Promise<Position[]> {
    return this.#context.run(operations.rebuild, input, options, async (book) => {
      const { outcome, positions } = await this.#context.pg.one(statements.rebuild, {
        ...book,
        at: this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok') throw refusal(outcome, book);
      this.#open.refresh(positions.map(copyOfPosition));
      return positions.filter(({ isVoid }) => !isVoid);
    });
  }

  async #find(id: string): Promise<Position | undefined> {
    return (await this.#context.pg.maybe(statements.find, { id }))?.position;
  }
}

/** As it is among the open positions of its deployment: gone once it is closed. */
export const copyOfPosition = (position: Position): Copy<Position> => ({
  id: position.deploymentId,
  field: position.id,
  version: position.version,
  value: position.closedAt === undefined ? position : null,
});
