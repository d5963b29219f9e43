import { type Facts, type Verified, verified, verifyIdentity } from '@tse/core/admin';
import type { MarketDataAdapter } from '../adapter.ts';

/** The bucket of a trade, as the definition of its interval says; told here again, so that a mistake in the functions shows. */
const bucket = `case i.unit when 'fixed' then date_bin(make_interval(secs => i.seconds), t.event_at, i.origin)
  else date_trunc(i.unit, t.event_at, i.time_zone) end`;
const ordered = 't.event_at, t.seq, t.venue_trade_id collate "C"';
const backwards = 't.event_at desc, t.seq desc, t.venue_trade_id collate "C" desc';

/** Series that are built from trades, with what of them is not waiting to be computed again. */
const built = `
  select w.symbol, w.source, w.interval, w.closed_until from facts_candle_watermarks as w
  join facts_trade_series as s on s.venue = w.source and s.symbol = w.symbol
  where w.price_type = 'trade' and w.closed_until is not null and not exists (
    select from facts_candle_dirty as d where d.symbol = w.symbol and d.source = w.source)`;

const checks = [
  // Each closed candle, in every interval, is what its trades make it, to the last digit.
  `with recomputed as (
      select b.symbol, b.source, b.interval, ${bucket} as open_time,
        (array_agg(t.price order by ${ordered}))[1] as open, max(t.price) as high, min(t.price) as low,
        (array_agg(t.price order by ${backwards}))[1] as close, sum(t.qty) as base_volume, sum(t.price * t.qty) as quote_volume,
        count(*) as trade_count, min(t.event_at) as open_at, max(t.event_at) as close_at,
        (array_agg(t.event_at order by t.price desc, ${ordered}))[1] as high_at, (array_agg(t.event_at order by t.price, ${ordered}))[1] as low_at
      from (${built}) as b
      join facts_intervals as i on i.name = b.interval
      join facts_trades as t on t.venue = b.source and t.symbol = b.symbol and t.event_at < b.closed_until
      group by 1, 2, 3, 4),
    closed as (
      select c.* from facts_candles as c
      join (${built}) as b on b.symbol = c.symbol and b.source = c.source and b.interval = c.interval and c.open_time < b.closed_until
      where c.price_type = 'trade')
    select case when (c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume, c.trade_count, c.open_at, c.close_at, c.high_at, c.low_at)
        is distinct from (r.open, r.high, r.low, r.close, r.base_volume, r.quote_volume, r.trade_count, r.open_at, r.close_at, r.high_at, r.low_at)
      then format('%s %s %s at %s: candle %s, its trades %s', coalesce(c.symbol, r.symbol), coalesce(c.interval, r.interval),
        coalesce(c.source, r.source), coalesce(c.open_time, r.open_time),
        concat_ws(' ', c.open, c.high, c.low, c.close, c.base_volume, c.trade_count),
        concat_ws(' ', r.open, r.high, r.low, r.close, r.base_volume, r.trade_count)) end as difference
    from closed as c
    full join recomputed as r on r.symbol = c.symbol and r.source = c.source and r.interval = c.interval and r.open_time = c.open_time`,
  // Each trade is in one candle of an interval: as many are counted as there are.
  `select case when coalesce(c.counted, 0) <> coalesce(t.trades, 0)
      then format('%s %s %s: %s trades counted, %s there', b.symbol, b.interval, b.source, coalesce(c.counted, 0), coalesce(t.trades, 0)) end as difference
    from (${built}) as b
    left join lateral (
      select sum(c.trade_count)::bigint as counted from facts_candles as c
      where c.symbol = b.symbol and c.source = b.source and c.interval = b.interval and c.price_type = 'trade' and c.open_time < b.closed_until) as c on true
    left join lateral (
      select count(*) as trades from facts_trades as t
      where t.venue = b.source and t.symbol = b.symbol and t.event_at < b.closed_until) as t on true`,
  // The series knows its trades.
  `select case when s.trade_count <> t.trades then format('%s %s: %s trades known, %s there', s.venue, s.symbol, s.trade_count, t.trades) end as difference
    from facts_trade_series as s
    cross join lateral (select count(*) as trades from facts_trades as t where t.venue = s.venue and t.symbol = s.symbol) as t`,
];

/** Identity "tape": candles are what their trades make them, each trade is in one candle an interval, and the ring is the last n ticks. */
export async function verifyTape(facts: Facts, marketData: MarketDataAdapter): Promise<Verified> {
  const what = 'trades, candles, archived ticks';
  const tables = await verifyIdentity(facts, { name: 'tape', what, checks });
  const ring = await verifyRings(facts, marketData);
  return verified('tape', what, {
    compared: tables.compared + ring.compared,
    differences: [...tables.differences!, ...ring.differences],
  });
}

/**
 * Of each source the ring holds the last ticks that were archived, in their order and without a hole; what is not archived yet stands before
 * them.
 */
async function verifyRings(facts: Facts, marketData: MarketDataAdapter) {
  let compared = 0;
  const differences: string[] = [];
  for (const { symbol } of await facts.query<{ symbol: string }>(
    'select distinct symbol from facts_ticks order by 1',
  )) {
    const ring = await marketData.prices.recent({ symbol, limit: 1000 });
    for (const [source, ticks] of Map.groupBy(ring, (tick) => tick.source)) {
      const archived = await facts.query<{ seq: number; price: string }>(
        `select seq, price from facts_ticks where symbol = '${symbol}' and source = '${source}' and seq <= ${ticks[0]!.sequence} order by seq desc limit ${ticks.length}`,
      );
      const last = archived[0]?.seq ?? -1;
      const known = ticks.filter(({ sequence }) => sequence <= last);
      compared += known.length;
      const wrong = known.findIndex(
        ({ sequence, price }, i) => sequence !== archived[i]?.seq || price !== archived[i]?.price,
      );
      if (wrong >= 0)
        differences.push(
          `${symbol} ${source}: the ring has ${known[wrong]!.sequence}, the tables ${archived[wrong]?.seq}`,
        );
    }
  }
  return { compared, differences };
}
