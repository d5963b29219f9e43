import {
  type AdapterContext,
  type Instant,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  instant,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { microsOf } from '../bulk/event-time.ts';
import { Partitions } from '../bulk/partitions.ts';
import { db } from './candle-statements.ts';
import type { BuiltCandles, CandleRefusal, UpsertedCandles, buildCandles, rollUpCandles } from './candles.ts';
import type { IntervalRepository } from './intervals.repository.ts';

const statements = {
  build: functionCall(
    'market-data.candles.build',
    'write',
    'build_candles',
    ['symbol', 'source', 'until', 'eventIds', 'at', 'context'],
    answers<{ interval_name: string; closed: number; closed_until: Instant | null }>(),
  ),
  rollUp: functionCall(
    'market-data.candles.rollUp',
    'write',
    'roll_up_candles',
    ['symbol', 'interval', 'priceType', 'source', 'from', 'to', 'eventId', 'at', 'context'],
    answers<{ outcome: 'ok' | CandleRefusal; inserted: number; revised: number; buckets: number }>(),
  ),
  recompute: functionCall(
    'market-data.candles.recompute',
    'write',
    'recompute_candles',
    ['limit', 'eventId', 'at', 'context'],
    answers<{ recomputed: number }>(),
  ),
  begin: statement('market-data.candles.begin', 'read', (p: { symbol: string; source: string }) => ({
    compile: () =>
      sql<{ begin: Instant | null; last: Instant | null }>`
        select min(coalesce(w.closed_until, s.first_event_at)) as begin, min(s.last_event_at) as last
        from trade_series as s
        cross join intervals as i
        left join candle_watermarks as w on w.symbol = s.symbol and w.interval = i.name and w.price_type = 'trade' and w.source = s.venue
        where s.symbol = ${p.symbol} and s.venue = ${p.source} and i.rolled_from is null`.compile(db),
  })),
  // Idle for two days: whoever records again is found by the first condition.
  due: statement('market-data.candles.due', 'read', (p: { now: Instant }) => ({
    compile: () =>
      sql<{ symbol: string; source: string }>`
        select distinct s.symbol, s.venue as source
        from trade_series as s
        cross join intervals as i
        left join candle_watermarks as w on w.symbol = s.symbol and w.interval = i.name and w.price_type = 'trade' and w.source = s.venue
        where i.rolled_from is null and s.last_event_at is not null
          and coalesce(w.closed_until, bucket_of(i, s.first_event_at)) < bucket_of(i, ${p.now}::timestamptz)
          and (w.closed_until is null or s.last_event_at >= w.closed_until or s.last_event_at > ${p.now}::timestamptz - interval '2 days')
        order by 1, 2`.compile(db),
  })),
};

const RECOMPUTE_AT_ONCE = 500;
const DAY_MS = 86_400_000;

/** Makes candles out of trades, and coarser candles out of finer ones. */
export class CandleBuilder {
  readonly #context: AdapterContext;
  readonly #instruments: InstrumentRepository;
  readonly #intervals: IntervalRepository;
  readonly #partitions: Partitions;

  constructor(context: AdapterContext, instruments: InstrumentRepository, intervals: IntervalRepository) {
    this.#context = context;
    this.#instruments = instruments;
    this.#intervals = intervals;
    this.#partitions = new Partitions(context, 'candles');
  }

  /** Day by day, so that no statement has more to do than its deadline allows. */
  async build({ symbol, source, until }: z.output<typeof buildCandles>): Promise<BuiltCandles[]> {
    await this.#instruments.scalesOf(symbol);
    const end = until ?? this.#context.clock.now();
    await this.#partitions.ensure(microsOf(end)!);
    const intervals = await this.#intervals.list();
    const built = new Map<string, BuiltCandles>();
    const { begin, last } = await this.#context.pg.one(statements.begin, { symbol, source });
    for (let to = begin ?? end, done = false; !done;) {
      to = instant.plusMillis(to, DAY_MS);
      // Behind the last trade there is nothing to do but to move the watermark.
      done = to >= end || last === null || to > last;
      const rows = await this.#context.pg.many(statements.build, {
        symbol,
        source,
        until: done ? end : to,
        eventIds: arrayLiteral(intervals.map(() => this.#context.ids.next())),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      for (const { interval_name: interval, closed, closed_until } of rows)
        built.set(interval, {
          interval,
          closed: closed + (built.get(interval)?.closed ?? 0),
          ...(closed_until !== null && { closedUntil: closed_until }),
        });
    }
    return [...built.values()];
  }

  /** Closes what is over of every series; answers how many candles. */
  async buildDue(
    onBuilt: (series: { symbol: string; source: string }) => Promise<void>,
    signal: AbortSignal,
  ): Promise<number> {
    const now = this.#context.clock.now();
    let closed = 0;
    for (const series of await this.#context.pg.many(statements.due, { now })) {
      signal.throwIfAborted();
      for (const built of await this.build({ ...series, until: now })) closed += built.closed;
      await onBuilt(series);
    }
    return closed;
  }

  async rollUp({ from, to, ...series }: z.output<typeof rollUpCandles>): Promise<UpsertedCandles> {
    await this.#instruments.scalesOf(series.symbol);
    await this.#intervals.get(series.interval);
    await this.#partitions.ensure(microsOf(to)!);
    const { outcome, inserted, revised, buckets } = await this.#context.pg.one(statements.rollUp, {
      ...series,
      from,
      to,
      eventId: this.#context.ids.next(),
      at: this.#context.clock.now(),
      context: contextLiteral(),
    });
    if (outcome !== 'ok') throw refusal(outcome, { interval: series.interval }, { 'not-rolled-up': 'interval' });
    return { inserted, revised, unchanged: buckets - inserted - revised };
  }

  async recompute(): Promise<number> {
    let total = 0;
    for (;;) {
      const { recomputed } = await this.#context.pg.one(statements.recompute, {
        limit: RECOMPUTE_AT_ONCE,
        eventId: this.#context.ids.next(),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      if (recomputed === 0) return total;
      total += recomputed;
    }
  }
}
