import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
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
import type { Tables } from '../schema.ts';
import { dueFires, nextFire } from './cron.ts';
import {
  type DefineSchedule,
  type ListFires,
  type ListSchedules,
  type PauseSchedule,
  type Schedule,
  type ScheduleFire,
  type ScheduleRefusal,
  type Schedules,
  defineSchedule,
  listFires,
  listSchedules,
  pauseSchedule,
} from './schedules.ts';

const db = queryBuilder<Tables>();
type Outcome = ScheduleRefusal | 'ok' | 'same';

/** A tick that is found later than this after its nominal instant says so. */
const LATE_AFTER = '1 minute';

const columns = [
  'id',
  'scenario_id',
  'scenario_version',
  'cron',
  'time_zone',
  'overlap',
  'parameters',
  'lock_name',
  'paused',
  'next_at',
  'created_at',
] as const;
const catchup = sql<number>`(extract(epoch from catchup) * 1000)::double precision`.as('catchup_ms');

const statements = {
  define: functionCall(
    'test-coordinator.schedules.define',
    'write',
    'define_schedule',
    [
      'id',
      'scenarioId',
      'scenarioVersion',
      'cron',
      'timeZone',
      'overlap',
      'catchup',
      'parameters',
      'lockName',
      'nextAt',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  pause: functionCall(
    'test-coordinator.schedules.pause',
    'write',
    'pause_schedule',
    ['id', 'paused', 'nextAt'],
    answers<{ outcome: Outcome }>(),
  ),
  fire: functionCall(
    'test-coordinator.schedules.fire',
    'write',
    'fire_schedule',
    ['id', 'version', 'nominalAts', 'nextAt', 'lateAfter', 'jobIds', 'eventIds', 'at', 'context'],
    answers<{ nominal_at: Instant; outcome: ScheduleFire['outcome']; job_id: string | null }>(),
  ),
  find: statement('test-coordinator.schedules.find', 'read', (p: { id: string }) =>
    db.selectFrom('schedules').select(columns).select(catchup).where('id', '=', p.id),
  ),
  due: statement('test-coordinator.schedules.due', 'read', (p: { at: Instant; limit: number }) =>
    db
      .selectFrom('schedules')
      .select(['id', 'version', 'cron', 'time_zone', 'next_at'])
      .where('paused', '=', false)
      .where(sql<boolean>`next_at <= ${p.at}::timestamptz`)
      .orderBy('next_at')
      .orderBy('id')
      .limit(sql<number>`${p.limit}`),
  ),
};

const byId = z.strictObject({ scheduleId: idInput });
const operations = {
  define: operation('test-coordinator.schedules.define', defineSchedule, (input) => input.scheduleId),
  pause: operation('test-coordinator.schedules.pause', pauseSchedule, (input) => input.scheduleId),
  find: operation('test-coordinator.schedules.find', byId),
  get: operation('test-coordinator.schedules.get', byId),
  list: operation('test-coordinator.schedules.list', listSchedules),
  listFires: operation('test-coordinator.schedules.listFires', listFires),
};

export class ScheduleRepository implements Schedules {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  define(input: DefineSchedule, options?: CallOptions): Promise<Schedule> {
    return this.#context.run(operations.define, input, options, async ({ scheduleId, ...given }) => {
      const { scenarioId, scenarioVersion, cron, timeZone, overlap, parameters, lockName } = given;
      const at = this.#context.clock.now();
      const { outcome } = await this.#context.pg.one(statements.define, {
        id: scheduleId,
        scenarioId,
        scenarioVersion,
        cron,
        timeZone,
        overlap,
        catchup: `${given.catchup} milliseconds`,
        parameters: JSON.stringify(parameters),
        lockName,
        nextAt: nextFire(cron, timeZone, at),
        requestHash: requestHash(
          scenarioId,
          scenarioVersion,
          cron,
          timeZone,
          overlap,
          given.catchup,
          parameters,
          lockName,
        ),
        at,
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scheduleId, scenarioId });
      return this.#get(scheduleId);
    });
  }

  pause(input: PauseSchedule, options?: CallOptions): Promise<Schedule> {
    return this.#context.run(operations.pause, input, options, async ({ scheduleId, paused }) => {
      const { cron, timeZone } = await this.#get(scheduleId);
      const nextAt = nextFire(cron, timeZone, this.#context.clock.now());
      const { outcome } = await this.#context.pg.one(statements.pause, { id: scheduleId, paused, nextAt });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scheduleId });
      return this.#get(scheduleId);
    });
  }

  find(scheduleId: string, options?: CallOptions): Promise<Schedule | undefined> {
    return this.#context.run(operations.find, { scheduleId }, options, (input) => this.#find(input.scheduleId));
  }

  get(scheduleId: string, options?: CallOptions): Promise<Schedule> {
    return this.#context.run(operations.get, { scheduleId }, options, (input) => this.#get(input.scheduleId));
  }

  list(input: ListSchedules = {}, options?: CallOptions): Listing<Schedule> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ scenarioId, cursor, limit }) => {
        let query = db
          .selectFrom('schedules')
          .select(columns)
          .select(catchup)
          .orderBy('id')
          .limit(limit + 1);
        if (scenarioId !== undefined) query = query.where('scenario_id', '=', scenarioId);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('test-coordinator.schedules.list', 'read', query);
        return toPage(rows.map(toSchedule), limit, (schedule) => [schedule.scheduleId]);
      }),
    );
  }

  listFires(input: ListFires, options?: CallOptions): Listing<ScheduleFire> {
    return listing(input, (page) =>
      this.#context.run(operations.listFires, page, options, async ({ scheduleId, cursor, limit }) => {
        let query = db
          .selectFrom('schedule_fires')
          .select(['nominal_at', 'outcome', 'job_id', 'fired_at'])
          .where('schedule_id', '=', scheduleId)
          .orderBy('nominal_at')
          .limit(limit + 1);
        if (cursor) query = query.where(sql<boolean>`nominal_at > ${cursor[0]}::timestamptz`);
        const rows = await this.#context.pg.query('test-coordinator.schedules.listFires', 'read', query);
        const fires = rows.map((row): ScheduleFire => ({
          nominalAt: row.nominal_at,
          outcome: row.outcome,
          ...(row.job_id !== null && { jobId: row.job_id }),
          firedAt: row.fired_at,
        }));
        return toPage(fires, limit, ({ nominalAt }) => [nominalAt]);
      }),
    );
  }

  /** Fires what is due now, of at most `limit` schedules; answers how many were looked at. For the worker. */
  async fireDue(limit: number): Promise<number> {
    const at = this.#context.clock.now();
    const schedules = await this.#context.pg.many(statements.due, { at, limit });
    for (const { id, version, cron, time_zone, next_at } of schedules) {
      const { due, next } = dueFires(cron, time_zone, next_at!, at);
      const newIds = () => arrayLiteral(due.map(() => this.#context.ids.next()));
      // Another process that was faster has raised the version: then nothing fires here.
      await this.#context.pg.many(statements.fire, {
        id,
        version,
        nominalAts: arrayLiteral(due),
        nextAt: next,
        lateAfter: LATE_AFTER,
        jobIds: newIds(),
        eventIds: newIds(),
        at,
        context: contextLiteral(),
      });
    }
    return schedules.length;
  }

  async #find(scheduleId: string): Promise<Schedule | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: scheduleId });
    return row && toSchedule(row);
  }

  async #get(scheduleId: string): Promise<Schedule> {
    const schedule = await this.#find(scheduleId);
    if (!schedule) throw refusal('unknown-schedule', { scheduleId });
    return schedule;
  }
}

const toSchedule = (row: NonNullable<(typeof statements.find)['row']>): Schedule => ({
  scheduleId: row.id,
  scenarioId: row.scenario_id,
  ...(row.scenario_version !== null && { scenarioVersion: row.scenario_version }),
  cron: row.cron,
  timeZone: row.time_zone,
  overlap: row.overlap,
  catchupMs: row.catchup_ms,
  parameters: row.parameters as Record<string, unknown>,
  ...(row.lock_name !== null && { lockName: row.lock_name }),
  paused: row.paused,
  ...(row.next_at !== null && !row.paused && { nextAt: row.next_at }),
  createdAt: row.created_at,
});
