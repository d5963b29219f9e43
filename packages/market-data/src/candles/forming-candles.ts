import { type AdapterContext, Cache, statement } from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { candleColumns, toCandle } from './candle-rows.ts';
import { type Series, db } from './candle-statements.ts';
import type { Candle } from './candles.ts';
import type { IntervalRepository } from './intervals.repository.ts';

interface Forming {
  key: string;
  candles: Candle[];
}

const selected = candleColumns.slice(0, -3).map((column) => sql.ref(`f.${column}`));
const find = statement('market-data.candles.forming', 'read', (p: { keys: string }) => ({
  compile: () =>
    sql`select k.key, ${sql.join(selected)}, false, 0, clock_timestamp()
      from unnest(${p.keys}::text[]) as k (key)
      cross join lateral string_to_array(k.key, ' ') as part
      cross join lateral forming_candles(part[1], part[2], part[3], part[4]) as f
      order by k.key, f.open_time`.compile(db),
}));

const TTL_MS = 10_000;
const keyOf = (series: Series) => [series.symbol, series.interval, series.priceType, series.source].join(' ');

/** The candles whose buckets are not closed, kept in Redis until a trade or a closed bucket changes them. */
export class FormingCandles {
  readonly #cache: Cache<Forming>;
  readonly #intervals: IntervalRepository;

  constructor(context: AdapterContext, intervals: IntervalRepository) {
    this.#intervals = intervals;
    this.#cache = new Cache<Forming>(context, {
      name: 'forming-candle',
      schema: z.object({ key: z.string(), candles: z.array(z.custom<Candle>()) }),
      ttlMs: TTL_MS,
      load: async (keys) => {
        const given = { keys: `{${keys.map((key) => `"${key}"`).join(',')}}` };
        const found = await context.pg.arrays(find, given, ([key, ...row]) => ({ key, candle: toCandle(row) }));
        const of = Map.groupBy(found, ({ key }) => key as string);
        return keys.map((key) => ({ key, candles: (of.get(key) ?? []).map(({ candle }) => candle) }));
      },
      keyOf: ({ key }) => key,
    });
  }

  async of(series: Series): Promise<Candle[]> {
    return (await this.#cache.get(keyOf(series)))?.candles ?? [];
  }

  /** After trades of a series were recorded, or candles of it closed. */
  async changed({ symbol, source }: { symbol: string; source: string }): Promise<void> {
    const intervals = await this.#intervals.known();
    await this.#cache.drop(intervals.map(({ name }) => keyOf({ symbol, interval: name, priceType: 'trade', source })));
  }
}
