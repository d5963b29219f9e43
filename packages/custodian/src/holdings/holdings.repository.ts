import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  arrayLiteral,
  contextLiteral,
  decimal,
  idInput,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  textInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type AdjustHoldings,
  type GetHolding,
  type GetHoldingAt,
  type Holding,
  type HoldingTotal,
  type Holdings,
  type ListMovements,
  type ListReservations,
  type MovementTransaction,
  type PastHolding,
  type ReleaseReservation,
  type Reservation,
  type ReserveHolding,
  type StatementMovement,
  adjustHoldings,
  getHolding,
  getHoldingAt,
  listMovements,
  listReservations,
  releaseReservation,
  reserveHolding,
} from './holdings.ts';
import { reservationColumns, statements } from './holding-statements.ts';

const db = queryBuilder<Tables>();

/** No statement runs longer, so nothing can be recorded further in the past than this. */
const LONGEST_STATEMENT_MS = 10_000;

const accountRef = z.strictObject({ accountId: idInput });
const operations = {
  list: operation('custodian.holdings.list', accountRef),
  get: operation('custodian.holdings.get', getHolding),
  getAt: operation('custodian.holdings.getAt', getHoldingAt),
  total: operation('custodian.holdings.total', accountRef),
  listMovements: operation('custodian.holdings.listMovements', listMovements),
  adjust: operation('custodian.holdings.adjust', adjustHoldings, (input) => input.reference),
  findTransaction: operation('custodian.holdings.findTransaction', z.strictObject({ transactionId: textInput(96) })),
  reserve: operation('custodian.holdings.reserve', reserveHolding, (input) => input.reference),
  release: operation('custodian.holdings.release', releaseReservation, (input) => input.reservationId),
  findReservation: operation('custodian.holdings.findReservation', releaseReservation),
  listReservations: operation('custodian.holdings.listReservations', listReservations),
};

export class HoldingRepository implements Holdings {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  list(accountId: string, options?: CallOptions): Promise<Holding[]> {
    return this.#context.run(operations.list, { accountId }, options, (input) => this.#list(input.accountId));
  }

  get(input: GetHolding, options?: CallOptions): Promise<Holding> {
    return this.#context.run(operations.get, input, options, async ({ accountId, asset }) => {
      const holdings = await this.#list(accountId);
      return (
        holdings.find((holding) => holding.asset === asset) ?? {
          accountId,
          asset,
          settled: ZERO,
          reserved: ZERO,
          available: ZERO,
          version: 0,
        }
      );
    });
  }

  getAt(input: GetHoldingAt, options?: CallOptions): Promise<PastHolding> {
    return this.#context.run(operations.getAt, input, options, async ({ accountId, asset, at }) => {
      const row = await this.#context.pg.maybe(statements.getAt, { accountId, asset, at });
      if (!row) throw refusal('unknown-account', { accountId });
      const final = at <= instant.plusMillis(row.read_at, -LONGEST_STATEMENT_MS);
      return { accountId, asset, settled: row.settled ?? ZERO, at, final };
    });
  }

  total(accountId: string, options?: CallOptions): Promise<HoldingTotal[]> {
    return this.#context.run(operations.total, { accountId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.total, { accountId: input.accountId });
      if (rows.length === 0) throw refusal('unknown-account', { accountId: input.accountId });
      return rows.flatMap(({ asset, settled, reserved }) =>
        asset === null ? [] : [{ accountId: input.accountId, asset, ...amounts(settled!, reserved!) }],
      );
    });
  }

  listMovements(input: ListMovements, options?: CallOptions): Listing<StatementMovement> {
    return listing(input, (page) =>
      this.#context.run(operations.listMovements, page, options, async (given) => {
        let query = db
          .selectFrom('movements')
          .select(['tx_id', 'n', 'account_id', 'asset', 'amount', 'holding_after', 'holding_version', 'recorded_at'])
          .where('account_id', '=', given.accountId)
          .where('asset', '=', given.asset)
          .orderBy('recorded_at')
          .orderBy('holding_version')
          .limit(given.limit + 1);
        if (given.from !== undefined) query = query.where('recorded_at', '>=', given.from);
        if (given.to !== undefined) query = query.where('recorded_at', '<', given.to);
        if (given.cursor) {
          const [at, version] = given.cursor;
          query = query.where(sql<boolean>`(recorded_at, holding_version) > (${at}::timestamptz, ${version}::bigint)`);
        }
        const rows = await this.#context.pg.query('custodian.holdings.listMovements', 'read', query);
        const { items, ...next } = toPage(rows, given.limit, (row) => [row.recorded_at, row.holding_version]);
        const movements = items.map((row) => ({
          accountId: row.account_id,
          asset: row.asset,
          amount: row.amount,
          holdingAfter: row.holding_after,
          transactionId: row.tx_id,
          line: row.n,
          recordedAt: row.recorded_at,
        }));
        return { items: movements, ...next };
      }),
    );
  }

  adjust(input: AdjustHoldings, options?: CallOptions): Promise<MovementTransaction> {
    return this.#context.run(operations.adjust, input, options, async ({ reference, movements, reason, at }) => {
      const { pg, clock, ids } = this.#context;
      const { outcome } = await pg.one(statements.adjust, {
        reference,
        accountIds: arrayLiteral(movements.map(({ accountId }) => accountId)),
        assets: arrayLiteral(movements.map(({ asset }) => asset)),
        amounts: arrayLiteral(movements.map(({ amount }) => amount)),
        reason,
        requestHash: requestHash(movements, reason, at),
        at: at ?? clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same')
        throw refusal(outcome, { reference }, { unbalanced: 'movements', 'out-of-range': 'movements' });
      const transaction = await this.#findTransaction(`adjustment:${reference}`);
      if (!transaction) throw refusal('unknown-transaction', { reference });
      return transaction;
    });
  }

  findTransaction(transactionId: string, options?: CallOptions): Promise<MovementTransaction | undefined> {
    return this.#context.run(operations.findTransaction, { transactionId }, options, (input) =>
      this.#findTransaction(input.transactionId),
    );
  }

  reserve(input: ReserveHolding, options?: CallOptions): Promise<Reservation> {
    return this.#context.run(operations.reserve, input, options, async ({ reference, accountId, asset, amount }) => {
      const at = this.#context.clock.now();
      const kind = 'manual';
      const { reserve_holding: outcome } = await this.#context.pg.one(statements.reserve, {
        kind,
        reference,
        accountId,
        asset,
        amount,
        at,
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { reference, accountId, asset });
      return this.#loadReservation(`${kind}:${reference}`);
    });
  }

  release(input: ReleaseReservation, options?: CallOptions): Promise<Reservation> {
    return this.#context.run(operations.release, input, options, async ({ reservationId: id }) => {
      // What settlements, transfers and wallets have reserved is theirs to release.
      if (!id.startsWith('manual:')) throw refusal('unknown-reservation', { reservationId: id });
      const { release_reservation: outcome } = await this.#context.pg.one(statements.release, {
        id,
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { reservationId: id });
      return this.#loadReservation(id);
    });
  }

  findReservation(reservationId: string, options?: CallOptions): Promise<Reservation | undefined> {
    return this.#context.run(operations.findReservation, { reservationId }, options, (input) =>
      this.#findReservation(input.reservationId),
    );
  }

  listReservations(input: ListReservations, options?: CallOptions): Listing<Reservation> {
    return listing(input, (page) =>
      this.#context.run(operations.listReservations, page, options, async (given) => {
        let query = db
          .selectFrom('reservations')
          .select(reservationColumns)
          .where('account_id', '=', given.accountId)
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.asset !== undefined) query = query.where('asset', '=', given.asset);
        if (given.state !== undefined) query = query.where('state', '=', given.state);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.holdings.listReservations', 'read', query);
        return toPage(rows.map(toReservation), given.limit, (reservation) => [reservation.reservationId]);
      }),
    );
  }

  async #list(accountId: string): Promise<Holding[]> {
    const rows = await this.#context.pg.many(statements.list, { accountId });
    if (rows.length === 0) throw refusal('unknown-account', { accountId });
    return rows.flatMap(({ asset, settled, reserved, version }) =>
      asset === null ? [] : [{ accountId, asset, ...amounts(settled!, reserved!), version: version! }],
    );
  }

  async #findTransaction(id: string): Promise<MovementTransaction | undefined> {
    const rows = await this.#context.pg.many(statements.findTransaction, { id });
    const [first] = rows;
    return (
      first && {
        transactionId: first.id,
        kind: first.kind,
        reference: first.reference,
        effectiveAt: first.effective_at,
        recordedAt: first.recorded_at,
        ...(first.reason !== null && { reason: first.reason }),
        movements: rows.map((row) => ({
          accountId: row.account_id,
          asset: row.asset,
          amount: row.amount,
          holdingAfter: row.holding_after,
        })),
      }
    );
  }

  async #findReservation(id: string): Promise<Reservation | undefined> {
    const row = await this.#context.pg.maybe(statements.findReservation, { id });
    return row && toReservation(row);
  }

  async #loadReservation(id: string): Promise<Reservation> {
    const reservation = await this.#findReservation(id);
    if (!reservation) throw refusal('unknown-reservation', { reservationId: id });
    return reservation;
  }
}

const ZERO = '0' as Decimal;

const amounts = (settled: Decimal, reserved: Decimal) => ({
  settled,
  reserved,
  available: decimal.minus(settled, reserved),
});

const toReservation = (row: NonNullable<(typeof statements.findReservation)['row']>): Reservation => ({
  reservationId: row.id,
  kind: row.kind,
  reference: row.reference,
  accountId: row.account_id,
  asset: row.asset,
  amount: row.amount,
  used: row.used,
  released: row.released,
  state: row.state,
  madeAt: row.made_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
});
