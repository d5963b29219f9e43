import {
  type AdapterContext,
  type Instant,
  answers,
  arrayLiteral,
  functionCall,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { Tables } from '../schema.ts';
import type { CandleRefusal } from './candles.ts';
import { type Interval, bucketStart, type defineInterval, divides } from './intervals.ts';

const db = queryBuilder<Tables>();

const statements = {
  list: statement('market-data.intervals.list', 'read', () =>
    db
      .selectFrom('intervals')
      .select(['name', 'unit', 'origin', 'time_zone', 'rolled_from'])
      .select(sql<number>`extract(epoch from step)::int8`.as('seconds'))
      .orderBy(sql`step`)
      .orderBy('name'),
  ),
  define: functionCall(
    'market-data.candles.defineInterval',
    'write',
    'define_interval',
    ['name', 'unit', 'seconds', 'origin', 'timeZone', 'rolledFrom'],
    answers<{ outcome: 'ok' | 'same' | 'id-conflict' | 'unknown-interval' }>(),
  ),
  buckets: statement('market-data.intervals.buckets', 'read', (p: { name: string; times: string }) => ({
    compile: () =>
      sql<{ start: Instant; end: Instant }>`
        select bucket_of(i, t.at) as start, bucket_end(i, bucket_of(i, t.at)) as end
        from intervals as i cross join unnest(${p.times}::timestamptz[]) with ordinality as t (at, n)
        where i.name = ${p.name} order by t.n`.compile(db),
  })),
  starts: statement('market-data.intervals.starts', 'read', (p: { name: string; from: string; to: string }) => ({
    compile: () =>
      sql<{ start: Instant }>`
        with recursive b (i, at) as (
          select i, case when bucket_of(i, ${p.from}::timestamptz) = ${p.from}::timestamptz then ${p.from}::timestamptz
            else bucket_end(i, bucket_of(i, ${p.from}::timestamptz)) end
          from intervals as i where i.name = ${p.name}
          union all
          select i, bucket_end(i, at) from b where bucket_end(i, at) < ${p.to}::timestamptz)
        select at as start from b where at < ${p.to}::timestamptz order by at`.compile(db),
  })),
};

/** The first instant of a bucket and that after its last, in microseconds since 1970. */
export interface Bucket {
  start: number;
  end: number;
}

const DAY = 86_400;

/** How many seconds each bucket of an interval has, where that is always as many. */
export const stepOf = (interval: Interval): number | undefined =>
  interval.unit === 'fixed'
    ? interval.seconds
    : interval.timeZone === 'UTC' && interval.unit !== 'month'
      ? DAY * (interval.unit === 'week' ? 7 : 1)
      : undefined;

/** The intervals that are defined; they never change, so each is asked for once. */
export class IntervalRepository {
  readonly #context: AdapterContext;
  #known = new Map<string, Interval>();

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  async list(): Promise<Interval[]> {
    const rows = await this.#context.pg.many(statements.list, undefined);
    const intervals = rows.map((row) => ({
      name: row.name,
      unit: row.unit,
      ...(row.unit === 'fixed' && { seconds: row.seconds }),
      origin: row.origin,
      timeZone: row.time_zone,
      ...(row.rolled_from !== null && { rolledFrom: row.rolled_from }),
    }));
    this.#known = new Map(intervals.map((interval) => [interval.name, interval]));
    return intervals;
  }

  /** Those that this process has met: all but what another one has defined meanwhile. */
  async known(): Promise<Interval[]> {
    return this.#known.size === 0 ? this.list() : [...this.#known.values()];
  }

  async get(name: string): Promise<Interval> {
    if (!this.#known.has(name)) await this.list();
    const interval = this.#known.get(name);
    if (!interval) throw refusal<CandleRefusal>('unknown-interval', { interval: name });
    return interval;
  }

  async define(input: z.output<typeof defineInterval>): Promise<Interval> {
    const fixed = input.unit === 'fixed';
    const wanted: Interval = {
      name: input.name,
      unit: input.unit,
      ...(fixed && { seconds: input.step }),
      origin: fixed ? input.origin : ('1970-01-05T00:00:00.000000Z' as Instant),
      timeZone: fixed ? 'UTC' : input.timeZone,
      ...(input.rolledFrom !== undefined && { rolledFrom: input.rolledFrom }),
    };
    if (wanted.rolledFrom !== undefined && !divides(await this.get(wanted.rolledFrom), wanted))
      throw refusal<CandleRefusal>('not-divisible', { interval: input.name }, { 'not-divisible': 'rolledFrom' });
    const { outcome } = await this.#context.pg.one(statements.define, {
      name: wanted.name,
      unit: wanted.unit,
      seconds: wanted.seconds,
      origin: wanted.origin,
      timeZone: wanted.timeZone,
      rolledFrom: wanted.rolledFrom,
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { interval: input.name });
    this.#known.set(wanted.name, wanted);
    return wanted;
  }

  /** The bucket of each of these moments. */
  async buckets(interval: Interval, moments: readonly number[]): Promise<Bucket[]> {
    const seconds = stepOf(interval);
    if (seconds !== undefined) {
      const fixed = { ...interval, seconds };
      return moments.map((micros) => {
        const start = bucketStart(fixed, micros);
        return { start, end: start + seconds * 1_000_000 };
      });
    }
    const times = arrayLiteral(moments.map(instantOf));
    const rows = await this.#context.pg.many(statements.buckets, { name: interval.name, times });
    return rows.map((row) => ({ start: microsOf(row.start)!, end: microsOf(row.end)! }));
  }

  /** The buckets that begin in a range, in their order; at most so many and one. */
  async starts(interval: Interval, from: Instant, to: Instant, most: number): Promise<number[]> {
    const seconds = stepOf(interval);
    const last = microsOf(to)!;
    if (seconds === undefined) {
      const rows = await this.#context.pg.many(statements.starts, { name: interval.name, from, to });
      return rows.map((row) => microsOf(row.start)!);
    }
    const step = seconds * 1_000_000;
    const first = bucketStart({ ...interval, seconds }, microsOf(from)! + step - 1);
    const starts: number[] = [];
    for (let start = first; start < last && starts.length <= most; start += step) starts.push(start);
    return starts;
  }
}
