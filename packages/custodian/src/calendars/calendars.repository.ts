import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
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
import {
  type AssignCalendar,
  type BusinessDay,
  type Calendar,
  type CalendarRefusal,
  type Calendars,
  type DefineCalendar,
  type FindSettlementDate,
  type GetCalendar,
  type Holiday,
  type ListBusinessDays,
  type SettlementDate,
  assignCalendar,
  defineCalendar,
  findSettlementDate,
  getCalendar,
  listBusinessDays,
} from './calendars.ts';

const db = queryBuilder<Tables>();

type Outcome = CalendarRefusal | 'ok' | 'same';

const statements = {
  define: functionCall(
    'custodian.calendars.define',
    'write',
    'define_calendar',
    [
      'id',
      'version',
      'timeZone',
      'cutoff',
      'weekend',
      'firstDay',
      'lastDay',
      'days',
      'names',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  assign: functionCall(
    'custodian.calendars.assign',
    'write',
    'assign_calendar',
    ['asset', 'calendarId', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  find: statement('custodian.calendars.find', 'read', (p: { id: string; version: number | undefined }) =>
    db
      .selectFrom('calendars as c')
      .select(['c.id', 'c.version', 'c.tz', 'c.weekend', 'c.first_day', 'c.last_day'])
      .select([
        sql<string>`to_char(c.cutoff, 'HH24:MI')`.as('cutoff'),
        sql<
          Holiday[]
        >`(select coalesce(jsonb_agg(jsonb_build_object('day', h.day, 'name', h.name) order by h.day), '[]')
          from calendar_holidays as h where h.calendar_id = c.id and h.version = c.version)`.as('holidays'),
      ])
      .where('c.id', '=', p.id)
      .where(sql<boolean>`c.version = coalesce(${p.version}::integer, c.version)`)
      .orderBy('c.version', 'desc')
      .limit(1),
  ),
  listAssigned: statement('custodian.calendars.listAssigned', 'read', () =>
    db.selectFrom('asset_calendars').select(['asset', 'calendar_id']).orderBy('asset'),
  ),
  settlementDate: functionCall(
    'custodian.calendars.settlementDate',
    'read',
    'settlement_date',
    ['assets', 'at', 'cycle'],
    answers<{
      intended_date: string;
      opens_at: Instant;
      cuts_off_at: Instant;
      calendar_versions: Record<string, number>;
    }>(),
  ),
};

const operations = {
  define: operation('custodian.calendars.define', defineCalendar, (input) => input.calendarId),
  assign: operation('custodian.calendars.assign', assignCalendar, (input) => input.asset),
  find: operation('custodian.calendars.find', getCalendar),
  get: operation('custodian.calendars.get', getCalendar),
  listAssigned: operation('custodian.calendars.listAssigned', z.strictObject({})),
  listBusinessDays: operation('custodian.calendars.listBusinessDays', listBusinessDays),
  settlementDate: operation('custodian.calendars.settlementDate', findSettlementDate),
};

export class CalendarRepository implements Calendars {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  define(input: DefineCalendar, options?: CallOptions): Promise<Calendar> {
    return this.#context.run(operations.define, input, options, async (calendar) => {
      const { calendarId, version, timeZone, cutoff, weekend, firstDay, lastDay } = calendar;
      const holidays = calendar.holidays.toSorted((a, b) => (a.day < b.day ? -1 : 1));
      const { clock, ids, pg } = this.#context;
      const { outcome } = await pg.one(statements.define, {
        id: calendarId,
        version,
        timeZone,
        cutoff,
        weekend: arrayLiteral(weekend),
        firstDay,
        lastDay,
        days: arrayLiteral(holidays.map(({ day }) => day)),
        names: arrayLiteral(holidays.map(({ name }) => name)),
        requestHash: requestHash(timeZone, cutoff, weekend, firstDay, lastDay, holidays),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same')
        throw refusal(outcome, { calendarId, version: String(version) }, { 'unknown-time-zone': 'timeZone' });
      return { calendarId, version, timeZone, cutoff, weekend, firstDay, lastDay, holidays };
    });
  }

  assign(input: AssignCalendar, options?: CallOptions): Promise<AssignCalendar> {
    return this.#context.run(operations.assign, input, options, async ({ asset, calendarId }) => {
      const { clock, ids, pg } = this.#context;
      const { outcome } = await pg.one(statements.assign, {
        asset,
        calendarId,
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { asset, calendarId });
      return { asset, calendarId };
    });
  }

  find(input: GetCalendar, options?: CallOptions): Promise<Calendar | undefined> {
    return this.#context.run(operations.find, input, options, (given) => this.#find(given));
  }

  get(input: GetCalendar, options?: CallOptions): Promise<Calendar> {
    return this.#context.run(operations.get, input, options, async (given) => {
      const calendar = await this.#find(given);
      if (!calendar) throw refusal('unknown-calendar', { calendarId: given.calendarId });
      return calendar;
    });
  }

  listAssigned(options?: CallOptions): Promise<AssignCalendar[]> {
    return this.#context.run(operations.listAssigned, {}, options, async () => {
      const rows = await this.#context.pg.many(statements.listAssigned, undefined);
      return rows.map(({ asset, calendar_id }) => ({ asset, calendarId: calendar_id }));
    });
  }

  listBusinessDays(input: ListBusinessDays, options?: CallOptions): Listing<BusinessDay> {
    return listing(input, (page) =>
      this.#context.run(operations.listBusinessDays, page, options, async (given) => {
        const { calendarId, version } = given;
        let query = db
          .selectFrom('business_days')
          .select(['day', 'opens_at', 'cuts_off_at'])
          .where('calendar_id', '=', calendarId)
          .where(
            'version',
            '=',
            sql<number>`coalesce(${version}::integer, (select max(version) from calendars where id = ${calendarId}))`,
          )
          .orderBy('n')
          .limit(given.limit + 1);
        if (given.from !== undefined) query = query.where('day', '>=', given.from);
        if (given.to !== undefined) query = query.where('day', '<=', given.to);
        if (given.cursor) query = query.where('day', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.calendars.listBusinessDays', 'read', query);
        const days = rows.map((row) => ({ day: row.day, opensAt: row.opens_at, cutsOffAt: row.cuts_off_at }));
        return toPage(days, given.limit, (one) => [one.day]);
      }),
    );
  }

  settlementDate(input: FindSettlementDate, options?: CallOptions): Promise<SettlementDate> {
    return this.#context.run(operations.settlementDate, input, options, async ({ assets, tradedAt, cycle }) => {
      const at = tradedAt ?? this.#context.clock.now();
      const row = await this.#context.pg.maybe(statements.settlementDate, { assets: arrayLiteral(assets), at, cycle });
      if (!row) throw refusal('outside-calendar', { tradedAt: at }, { 'outside-calendar': 'tradedAt' });
      return {
        intendedDate: row.intended_date,
        dueAt: row.opens_at > at ? row.opens_at : at,
        cutsOffAt: row.cuts_off_at,
        calendarVersions: row.calendar_versions,
      };
    });
  }

  async #find({ calendarId, version }: z.output<typeof getCalendar>): Promise<Calendar | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: calendarId, version });
    return (
      row && {
        calendarId: row.id,
        version: row.version,
        timeZone: row.tz,
        cutoff: row.cutoff,
        weekend: row.weekend,
        firstDay: row.first_day,
        lastDay: row.last_day,
        holidays: row.holidays,
      }
    );
  }
}
