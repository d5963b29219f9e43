import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Instant,
  type Listing,
  type Member,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  instant,
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
import type { Outcome } from '../outcome.ts';
import type { Tables } from '../schema.ts';
import {
  type CheckOrder,
  type CheckRefusal,
  type Checks,
  type Decision,
  type HearOrder,
  type HearVenue,
  type ListChecks,
  type ListReservations,
  type Reservation,
  checkOrder,
  hearOrder,
  hearVenue,
  listChecks,
  listReservations,
} from './checks.ts';

const db = queryBuilder<Tables>();

const reservationColumns = [
  'order_id',
  'check_id',
  'attempt',
  'account_id',
  'strategy_id',
  'venue',
  'symbol',
  'side',
  'qty',
  'leaves',
  'price',
  'state',
  'valid_until',
  'ended_how',
  'reserved_at',
  'ended_at',
] as const;
const decisionOf = sql<Decision>`decision_json(c)`.as('decision');

const statements = {
  check: functionCall(
    'risk.checks.check',
    'write',
    'check_orders',
    [
      'ids',
      'orderIds',
      'attempts',
      'accounts',
      'strategies',
      'venues',
      'symbols',
      'sides',
      'quantities',
      'prices',
      'validUntils',
      'hashes',
      'ats',
      'eventIds',
      'contexts',
    ],
    answers<{ outcome: CheckRefusal | 'ok' | 'same'; decision: Decision | null }>(),
  ),
  find: statement('risk.checks.find', 'read', (p: { id: string }) =>
    db.selectFrom('checks as c').select(decisionOf).where('c.id', '=', p.id),
  ),
  findReservation: statement('risk.checks.findReservation', 'read', (p: { orderId: string }) =>
    db.selectFrom('reservations').select(reservationColumns).where('order_id', '=', p.orderId),
  ),
  hearOrder: functionCall(
    'risk.checks.hearOrder',
    'write',
    'hear_order',
    ['orderId', 'what', 'leaves', 'price', 'at', 'eventId', 'context'],
    answers<{ outcome: 'ok' | 'same' | 'unknown-reservation' }>(),
  ),
  hearVenue: functionCall(
    'risk.checks.hearVenue',
    'write',
    'hear_venue',
    ['venue', 'until'],
    answers<{ hear_venue: Instant }>(),
  ),
  expire: functionCall(
    'risk.checks.expire',
    'write',
    'expire_reservations',
    ['at', 'marginMs', 'eventIds', 'context'],
    answers<{ expire_reservations: number }>(),
  ),
};

const byId = z.strictObject({ checkId: idInput });
const operations = {
  check: operation('risk.checks.check', checkOrder, (input) => input.orderId),
  find: operation('risk.checks.find', byId),
  get: operation('risk.checks.get', byId),
  list: operation('risk.checks.list', listChecks),
  findReservation: operation('risk.checks.findReservation', z.strictObject({ orderId: idInput })),
  listReservations: operation('risk.checks.listReservations', listReservations),
  hearOrder: operation('risk.checks.hearOrder', hearOrder, (input) => input.orderId),
  hearVenue: operation('risk.checks.hearVenue', hearVenue, (input) => input.venue),
};

/** Clocks of venues may differ from ours by this much. */
const MARGIN_MS = 1000;

type ParsedOrder = z.output<typeof checkOrder> & { at: Instant };

export class CheckRepository implements Checks {
  readonly #context: AdapterContext;
  readonly #onChange: () => void;
  readonly #checking: Batcher<ParsedOrder, Outcome<Decision>>;

  constructor(context: AdapterContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
    this.#checking = new Batcher({ name: 'checks.check', batch: (members) => this.#check(members) }, context.telemetry);
  }

  check(input: CheckOrder, options?: CallOptions): Promise<Decision> {
    return this.#context.run(operations.check, input, options, async (order) => {
      const outcome = await this.#checking.submit({ ...order, at: this.#context.clock.now() });
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    });
  }

  find(checkId: string, options?: CallOptions): Promise<Decision | undefined> {
    return this.#context.run(operations.find, { checkId }, options, (input) => this.#find(input.checkId));
  }

  get(checkId: string, options?: CallOptions): Promise<Decision> {
    return this.#context.run(operations.get, { checkId }, options, async (input) => {
      const decision = await this.#find(input.checkId);
      if (!decision) throw refusal('unknown-check', input);
      return decision;
    });
  }

  list(input: ListChecks = {}, options?: CallOptions): Listing<Decision> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ account, decision, from, until, cursor, limit }) => {
        let query = db
          .selectFrom('checks as c')
          .select(decisionOf)
          .orderBy('c.decided_at', 'desc')
          .orderBy('c.id', 'desc')
          .limit(limit + 1);
        if (account !== undefined) query = query.where('c.account_id', '=', account);
        if (decision !== undefined) query = query.where('c.decision', '=', decision);
        if (from !== undefined) query = query.where('c.decided_at', '>=', from);
        if (until !== undefined) query = query.where('c.decided_at', '<', until);
        if (cursor) query = query.where(sql<boolean>`(c.decided_at, c.id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('risk.checks.list', 'read', query);
        return toPage(
          rows.map((row) => row.decision),
          limit,
          (each) => [each.decidedAt, each.checkId],
        );
      }),
    );
  }

  findReservation(orderId: string, options?: CallOptions): Promise<Reservation | undefined> {
    return this.#context.run(operations.findReservation, { orderId }, options, (input) =>
      this.#findReservation(input.orderId),
    );
  }

  listReservations(input: ListReservations, options?: CallOptions): Listing<Reservation> {
    return listing(input, (page) =>
      this.#context.run(operations.listReservations, page, options, async ({ account, state, cursor, limit }) => {
        let query = db
          .selectFrom('reservations')
          .select(reservationColumns)
          .where('account_id', '=', account)
          .where('state', state === 'open' ? '<>' : '=', 'ended')
          .orderBy('order_id')
          .limit(limit + 1);
        if (cursor) query = query.where('order_id', '>', cursor[0]);
        const rows = await this.#context.pg.query('risk.checks.listReservations', 'read', query);
        return toPage(rows.map(toReservation), limit, (each) => [each.orderId]);
      }),
    );
  }

  hearOrder(input: HearOrder, options?: CallOptions): Promise<Reservation | undefined> {
    return this.#context.run(operations.hearOrder, input, options, async ({ orderId, what, leaves, price, at }) => {
      const { outcome } = await this.#context.pg.one(statements.hearOrder, {
        orderId,
        what,
        leaves,
        price,
        at: at ?? this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome === 'ok') this.#onChange();
      return outcome === 'unknown-reservation' ? undefined : this.#findReservation(orderId);
    });
  }

  hearVenue(input: HearVenue, options?: CallOptions): Promise<Instant> {
    return this.#context.run(operations.hearVenue, input, options, async (heard) => {
      const { hear_venue } = await this.#context.pg.one(statements.hearVenue, heard);
      return hear_venue;
    });
  }

  /** Frees at most `limit` of what was reserved for orders that never came; answers how many. For the worker. */
  async expireDue(limit: number): Promise<number> {
    const { expire_reservations: freed } = await this.#context.pg.one(statements.expire, {
      at: this.#context.clock.now(),
      marginMs: MARGIN_MS,
      eventIds: arrayLiteral(Array.from({ length: limit }, () => this.#context.ids.next())),
      context: contextLiteral(),
    });
    if (freed > 0) this.#onChange();
    return freed;
  }

  async #find(id: string): Promise<Decision | undefined> {
    return (await this.#context.pg.maybe(statements.find, { id }))?.decision;
  }

  async #findReservation(orderId: string): Promise<Reservation | undefined> {
    const row = await this.#context.pg.maybe(statements.findReservation, { orderId });
    return row && toReservation(row);
  }

  async #check(members: readonly Member<ParsedOrder>[]): Promise<Outcome<Decision>[]> {
    const of = (value: (order: ParsedOrder) => string | number | undefined) =>
      arrayLiteral(members.map(({ input }) => value(input)));
    const rows = await this.#context.pg.many(statements.check, {
      ids: of(({ checkId }) => checkId ?? this.#context.ids.next()),
      orderIds: of(({ orderId }) => orderId),
      attempts: of(({ attempt }) => attempt),
      accounts: of(({ account }) => account),
      strategies: of(({ strategy }) => strategy),
      venues: of(({ venue }) => venue),
      symbols: of(({ symbol }) => symbol),
      sides: of(({ side }) => side),
      quantities: of(({ quantity }) => quantity),
      prices: of(({ price }) => price),
      validUntils: of(({ at, validFor }) => instant.plusMillis(at, validFor)),
      hashes: of(({ checkId, account, strategy, venue, symbol, side, quantity, price, validFor }) =>
        requestHash(checkId, account, strategy, venue, symbol, side, quantity, price, validFor),
      ),
      ats: of(({ at }) => at),
      eventIds: of(() => this.#context.ids.next()),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
    this.#onChange();
    return rows.map(({ outcome, decision }, i): Outcome<Decision> => {
      const { orderId, attempt } = members[i]!.input;
      return outcome === 'ok' || outcome === 'same'
        ? { ok: true, value: decision! }
        : { ok: false, error: refusal(outcome, { orderId, attempt }, { 'too-many-digits': 'quantity' }) };
    });
  }
}

const toReservation = (row: NonNullable<(typeof statements.findReservation)['row']>): Reservation => ({
  orderId: row.order_id,
  checkId: row.check_id,
  attempt: row.attempt,
  account: row.account_id,
  ...(row.strategy_id !== null && { strategy: row.strategy_id }),
  venue: row.venue,
  symbol: row.symbol,
  side: row.side,
  quantity: row.qty,
  leaves: row.leaves,
  ...(row.price !== null && { price: row.price }),
  state: row.state,
  validUntil: row.valid_until,
  reservedAt: row.reserved_at,
  ...(row.ended_how !== null && { endedHow: row.ended_how }),
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
