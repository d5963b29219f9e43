import { type AdapterContext, type Decimal, type Instant, arrayLiteral, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Holding, Parameters, PricedSymbol } from './risk-summary.ts';

const db = queryBuilder<Tables>();

const pricesOf = statement(
  'risk.metrics.prices',
  'read',
  (p: {
    symbols: string;
    longs: string;
    currency: string;
    at: string;
    maxAgeMs: number;
    periodMs: number;
    closes: number;
  }) =>
    db
      .selectFrom(
        sql<{ symbol: string; long: boolean }>`unnest(${p.symbols}::text[], ${p.longs}::boolean[])`.as<'s'>(
          sql`s (symbol, long)`,
        ),
      )
      .select([
        's.symbol',
        sql<Decimal | null>`m.price`.as('price'),
        sql<string | null>`m.kind`.as('kind'),
        sql<Instant | null>`m.event_at`.as('at'),
        sql<string | null>`coalesce(m.code, r.code)`.as('code'),
        sql<Decimal | null>`round(r.rate, 18)`.as('rate'),
        sql<boolean>`split_part(s.symbol, '-', 2) <> ${p.currency}`.as('foreign'),
        sql<{ at: Instant; price: Decimal }[]>`array(
          select jsonb_build_object('at', instant_text(h.starts_at), 'price', trim_scale(h.price)::text)
          from (select starts_at, price from mark_history where symbol = s.symbol and period_ms = ${p.periodMs}::bigint and starts_at <= ${p.at}::timestamptz
            order by starts_at desc limit ${p.closes}::integer) as h order by h.starts_at)`.as('closes'),
      ])
      .innerJoin(
        sql<
          Record<string, never>
        >`lateral mark_of(s.symbol, s.long, ${p.at}::timestamptz, ${p.maxAgeMs}::bigint)`.as<'m'>(sql`m`),
        (join) => join.onTrue(),
      )
      .innerJoin(
        sql<
          Record<string, never>
        >`lateral rate_of(split_part(s.symbol, '-', 2), ${p.currency}, ${p.at}::timestamptz, ${p.maxAgeMs}::bigint)`.as<'r'>(
          sql`r`,
        ),
        (join) => join.onTrue(),
      ),
);

/** What is known of the symbols that are held: prices, rates, closes. */
export async function loadPrices(
  { pg }: AdapterContext,
  holdings: readonly Holding[],
  { currency, periodMs, lookback }: Parameters,
  at: Instant,
  maxAgeMs: number,
): Promise<Map<string, PricedSymbol>> {
  const longs = new Map(holdings.map(({ symbol, quantity }) => [symbol, !quantity.startsWith('-')]));
  if (longs.size === 0) return new Map();
  const rows = await pg.many(pricesOf, {
    symbols: arrayLiteral([...longs.keys()]),
    longs: arrayLiteral([...longs.values()]),
    currency,
    at,
    maxAgeMs,
    periodMs,
    closes: lookback + 1,
  });
  return new Map(rows.map((row) => [row.symbol, row]));
}
