import {
  type AdapterContext,
  Batcher,
  type CallOptions,
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
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import type { DueSettlementStore } from './due-settlements.store.ts';
import { type LegRow, settlementColumns, toSettlement } from './settlement-rows.ts';
import { isOpen } from './settlement-states.ts';
import {
  type ChangeSettlement,
  type DelaySettlementLeg,
  type ListFails,
  type ListSettlements,
  type Outcome,
  type PrioritizeSettlement,
  type ProcessSettlement,
  type SettleDue,
  type SettledDue,
  type Settlement,
  type SettlementEvent,
  type SettlementFail,
  type SettlementProcessing,
  type SettlementRef,
  type SettlementResult,
  type Settlements,
  type WaitReason,
  changeSettlement,
  delaySettlementLeg,
  listFails,
  listSettlements,
  lotOf,
  prioritizeSettlement,
  processSettlement,
  settleDue,
  settlementRef,
} from './settlements.ts';
import { type ProcessedRow, legs, statements } from './settlement-statements.ts';

const db = queryBuilder<Tables>();

/** How long after a try without success the next one is, in business time. */
const RETRY_AFTER = 'PT1M';
const MOST_SETTLEMENTS = 1000;

const byId = z.strictObject({ settlementId: idInput });
const operations = {
  processOne: operation('custodian.processSettlement', processSettlement, (input) => input.reference),
  process: operation(
    'custodian.settlements.process',
    z.array(processSettlement).max(MOST_SETTLEMENTS),
    ([first]) => first?.reference,
  ),
  find: operation('custodian.settlements.find', byId),
  get: operation('custodian.settlements.get', byId),
  findByReference: operation('custodian.settlements.findByReference', settlementRef),
  list: operation('custodian.settlements.list', listSettlements),
  listEvents: operation('custodian.settlements.listEvents', byId),
  hold: operation('custodian.settlements.hold', changeSettlement, (input) => input.settlementId),
  release: operation('custodian.settlements.release', changeSettlement, (input) => input.settlementId),
  prioritize: operation('custodian.settlements.prioritize', prioritizeSettlement, (input) => input.settlementId),
  cancel: operation('custodian.settlements.cancel', changeSettlement, (input) => input.settlementId),
  delayLeg: operation('custodian.settlements.delayLeg', delaySettlementLeg, (input) => input.settlementId),
  settleDue: operation('custodian.settlements.settleDue', settleDue),
  listFails: operation('custodian.settlements.listFails', listFails),
};

interface Processing {
  settlement: z.output<typeof processSettlement>;
  settlementId: string;
  tradedAt: Instant;
  legs: LegRow[];
  requestHash: string;
  registeredEventId: string;
  settledEventId: string;
}

type Change = {
  [Key in keyof z.output<typeof delaySettlementLeg>]?: z.output<typeof delaySettlementLeg>[Key] | undefined;
} & { settlementId: string; priority?: number };

export class SettlementRepository implements Settlements, SettlementProcessing {
  readonly #context: AdapterContext;
  readonly #due: DueSettlementStore;
  readonly #processing: Batcher<Processing, Outcome<SettlementResult>>;

  constructor(context: AdapterContext, due: DueSettlementStore) {
    this.#context = context;
    this.#due = due;
    this.#processing = new Batcher(
      { name: 'settlements.process', batch: (members) => this.#process(members) },
      context.telemetry,
    );
  }

  processSettlement(settlement: ProcessSettlement, options?: CallOptions): Promise<SettlementResult> {
    return this.#context.run(operations.processOne, settlement, options, async (parsed) => {
      const outcome = await this.#processing.submit(this.#prepare(parsed));
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    });
  }

  process(settlements: readonly ProcessSettlement[], options?: CallOptions): Promise<Outcome<SettlementResult>[]> {
    return this.#context.run(operations.process, settlements, options, async (parsed) => {
      const processed = await this.#processing.submitAll(parsed.map((settlement) => this.#prepare(settlement)));
      return processed.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    });
  }

  find(settlementId: string, options?: CallOptions): Promise<Settlement | undefined> {
    return this.#context.run(operations.find, { settlementId }, options, (input) => this.#find(input.settlementId));
  }

  get(settlementId: string, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.get, { settlementId }, options, (input) => this.#load(input.settlementId));
  }

  findByReference(ref: SettlementRef, options?: CallOptions): Promise<Settlement | undefined> {
    return this.#context.run(operations.findByReference, ref, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findByReference, input);
      return row && toSettlement(row, row.legs);
    });
  }

  list(input: ListSettlements = {}, options?: CallOptions): Listing<Settlement> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { accountId, source, status, nettingBatchId, from, to } = given;
        let query = db
          .selectFrom('settlement_instructions as s')
          .select(settlementColumns)
          .select(legs)
          .orderBy('intended_date')
          .orderBy('priority')
          .orderBy('id')
          .limit(given.limit + 1);
        if (accountId !== undefined)
          query = query.where(
            sql<boolean>`s.id in (select l.instruction_id from settlement_legs as l where l.from_account_id = ${accountId}
              union select l.instruction_id from settlement_legs as l where l.to_account_id = ${accountId})`,
          );
        if (source !== undefined) query = query.where('source', '=', source);
        if (status !== undefined) query = query.where('status', 'in', status);
        if (nettingBatchId !== undefined) query = query.where('netting_batch_id', '=', nettingBatchId);
        if (from !== undefined) query = query.where('intended_date', '>=', from);
        if (to !== undefined) query = query.where('intended_date', '<', to);
        if (given.cursor) {
          const [day, priority, id] = given.cursor;
          query = query.where(
            sql<boolean>`(s.intended_date, s.priority, s.id) > (${day}::date, ${priority}::smallint, ${id})`,
          );
        }
        const rows = await this.#context.pg.query('custodian.settlements.list', 'read', query);
        return toPage(
          rows.map((row) => toSettlement(row, row.legs)),
          given.limit,
          ({ intendedDate, priority, settlementId }) => [intendedDate, priority, settlementId],
        );
      }),
    );
  }

  listEvents(settlementId: string, options?: CallOptions): Promise<SettlementEvent[]> {
    return this.#context.run(operations.listEvents, { settlementId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: input.settlementId });
      return rows.map(({ version, type, status, settled_lots, tx_id, reason, actor, occurred_at }) => ({
        version,
        type: type as SettlementEvent['type'],
        status,
        settledLots: settled_lots,
        ...(tx_id !== null && { transactionId: tx_id }),
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
        occurredAt: occurred_at,
      }));
    });
  }

  hold(input: ChangeSettlement, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.hold, input, options, (change) => this.#change('hold', change));
  }
  release(input: ChangeSettlement, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.release, input, options, (change) => this.#change('release', change));
  }
  prioritize(input: PrioritizeSettlement, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.prioritize, input, options, (change) => this.#change('prioritize', change));
  }
  cancel(input: ChangeSettlement, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.cancel, input, options, (change) => this.#change('cancel', change));
  }
  delayLeg(input: DelaySettlementLeg, options?: CallOptions): Promise<Settlement> {
    return this.#context.run(operations.delayLeg, input, options, (change) => this.#change('delay', change));
  }

  listFails(input: ListFails = {}, options?: CallOptions): Listing<SettlementFail> {
    return listing(input, (page) =>
      this.#context.run(operations.listFails, page, options, async (given) => {
        const now = this.#context.clock.now();
        let query = db
          .selectFrom('settlement_fails as f')
          .innerJoin('settlement_instructions as s', 's.id', 'f.instruction_id')
          .select(['s.id', 's.intended_date', 'f.failed_at', 'f.reason', 'f.recycles', 'f.ended_at'])
          // The days that are business days in each of the calendars that its date was found with.
          .select(
            sql<number>`(select count(*) from (
              select b.day from jsonb_each_text(s.calendar_versions) as c (id, version)
              join business_days as b on b.calendar_id = c.id and b.version = c.version::integer
              where b.day > s.intended_date and b.opens_at <= coalesce(f.ended_at, ${now}::timestamptz)
              group by b.day having count(*) = (select count(*) from jsonb_object_keys(s.calendar_versions))) as days)`.as(
              'age',
            ),
          )
          .orderBy('f.failed_at')
          .orderBy('s.id')
          .limit(given.limit + 1);
        if (!given.ended) query = query.where('f.ended_at', 'is', null);
        if (given.cursor) {
          const [at, id] = given.cursor;
          query = query.where(sql<boolean>`(f.failed_at, s.id) > (${at}::timestamptz, ${id})`);
        }
        const rows = await this.#context.pg.query('custodian.settlements.listFails', 'read', query);
        const fails = rows.map((row): SettlementFail => ({
          settlementId: row.id,
          intendedDate: row.intended_date,
          failedAt: row.failed_at,
          reason: row.reason as WaitReason,
          recycles: row.recycles,
          ageInBusinessDays: row.age,
          ...(row.ended_at !== null && { endedAt: row.ended_at }),
        }));
        return toPage(fails, given.limit, ({ failedAt, settlementId }) => [failedAt, settlementId]);
      }),
    );
  }

  settleDue(input: SettleDue = {}, options?: CallOptions): Promise<SettledDue> {
    return this.#context.run(operations.settleDue, input, options, async ({ limit }) => {
      const { clock, ids, pg } = this.#context;
      const eventIds = () => arrayLiteral(Array.from({ length: limit }, () => ids.next()));
      const rows = await pg.many(statements.settleDue, {
        at: clock.now(),
        limit,
        retryAfter: RETRY_AFTER,
        settledEventIds: eventIds(),
        failedEventIds: eventIds(),
        context: contextLiteral(),
      });
      this.#due.note(rows.map((row) => ({ settlementId: row.id, dueAt: row.next_attempt_at ?? undefined })));
      return { claimed: rows.map(({ id }) => id), moved: rows.filter((row) => row.moved_lots > 0).length };
    });
  }

  #prepare(settlement: z.output<typeof processSettlement>): Processing {
    const { ids, clock } = this.#context;
    const { settlementId, tradedAt, cycle, priority, onHold, lots, minimumLots } = settlement;
    return {
      settlement,
      settlementId: settlementId ?? ids.next(),
      tradedAt: tradedAt ?? clock.now(),
      legs: settlement.legs.map((leg, i) => ({ n: i + 1, ...leg, lot: lotOf(leg.quantity, lots)! })),
      requestHash: requestHash(settlementId, tradedAt, cycle, priority, onHold, lots, minimumLots, settlement.legs),
      registeredEventId: ids.next(),
      settledEventId: ids.next(),
    };
  }

  async #process(members: readonly Member<Processing>[]): Promise<Outcome<SettlementResult>[]> {
    const of = (value: (processing: Processing) => string | number | boolean) =>
      arrayLiteral(members.map(({ input }) => value(input)));
    const allLegs = members.flatMap(({ input }, i) => input.legs.map((leg) => ({ ...leg, member: i + 1 })));
    const ofLegs = (value: (leg: (typeof allLegs)[number]) => string | number) => arrayLiteral(allLegs.map(value));
    const at = this.#context.clock.now();
    const rows = await this.#context.pg.many(statements.process, {
      ids: of(({ settlementId }) => settlementId),
      sources: of(({ settlement: { source } }) => source),
      references: of(({ settlement: { reference } }) => reference),
      tradedAts: of(({ tradedAt }) => tradedAt),
      cycles: of(({ settlement: { cycle } }) => cycle),
      priorities: of(({ settlement: { priority } }) => priority),
      onHolds: of(({ settlement: { onHold } }) => onHold),
      lots: of(({ settlement: { lots } }) => lots),
      minimumLots: of(({ settlement: { minimumLots } }) => minimumLots),
      requestHashes: of((processing) => processing.requestHash),
      legMembers: ofLegs(({ member }) => member),
      legNumbers: ofLegs(({ n }) => n),
      legKinds: ofLegs(({ kind }) => kind),
      legFroms: ofLegs(({ from }) => from),
      legTos: ofLegs(({ to }) => to),
      legAssets: ofLegs(({ asset }) => asset),
      legLots: ofLegs(({ lot }) => lot),
      at,
      registeredEventIds: of(({ registeredEventId }) => registeredEventId),
      settledEventIds: of(({ settledEventId }) => settledEventId),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
    this.#due.note(
      rows.flatMap((row) =>
        (row.outcome === 'ok' || row.outcome === 'same') && isOpen(row.status) && row.status !== 'netted'
          ? [{ settlementId: row.id, dueAt: row.on_hold ? row.cuts_off_at : row.due_at }]
          : [],
      ),
    );
    return rows.map((row, i) => toOutcome(members[i]!.input, row));
  }

  async #change(action: 'hold' | 'release' | 'prioritize' | 'cancel' | 'delay', change: Change): Promise<Settlement> {
    const { settlementId, version, priority, leg, until, reason, run, fence } = change;
    const { clock, ids, pg } = this.#context;
    const { outcome } = await pg.one(statements.change, {
      id: settlementId,
      version,
      action,
      priority,
      leg,
      until,
      reason,
      run,
      fence,
      at: clock.now(),
      eventId: ids.next(),
      context: contextLiteral(),
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { settlementId });
    const settlement = await this.#load(settlementId);
    if (isOpen(settlement.status)) this.#due.note([{ settlementId, dueAt: settlement.dueAt }]);
    return settlement;
  }

  async #find(id: string): Promise<Settlement | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toSettlement(row, row.legs);
  }

  async #load(settlementId: string): Promise<Settlement> {
    const settlement = await this.#find(settlementId);
    if (!settlement) throw refusal('unknown-settlement', { settlementId });
    return settlement;
  }
}

function toOutcome({ settlement, legs: legRows }: Processing, row: ProcessedRow): Outcome<SettlementResult> {
  const { source, reference, cycle, lots } = settlement;
  if (row.outcome !== 'ok' && row.outcome !== 'same')
    return { ok: false, error: refusal(row.outcome, { source, reference }, { 'outside-calendar': 'tradedAt' }) };
  const value = toSettlement({ ...row, source, reference, cycle, lots }, legRows);
  return { ok: true, value: row.reason === null ? value : { ...value, reason: row.reason } };
}
