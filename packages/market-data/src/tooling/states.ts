import { type RecordedState, lastEvents } from '@tse/core/admin';

const candle = `c.symbol, c.interval, c.price_type, c.source, c.open_time, trim_scale(c.open) as open, trim_scale(c.high) as high, trim_scale(c.low) as low,
  trim_scale(c.close) as close, trim_scale(c.base_volume) as base_volume, c.revision`;
const columns =
  'symbol, interval, price_type, source, open_time, open, high, low, close, base_volume, revision, recorded_at';

/** Ticks and quotes are archived in batches of their own, and told by no event. */
export const states: readonly RecordedState[] = [
  {
    object: 'instruments',
    now: `select symbol, status, version from facts_instruments`,
    at: `select aggregate_id, payload ->> 'status' as status, aggregate_version as version from (${lastEvents('instrument')}) as e`,
    fromEvents: true,
  },
  {
    object: 'candles',
    sums: ['base_volume'],
    now: `select ${candle} from facts_candles as c`,
    // A series is written by one after the other, each with one event: as of that event it is what was recorded by then, and not replaced yet.
    at: `select ${candle}
      from (
        select ${columns}, null::timestamptz as replaced_at from facts_candles
        union all select ${columns}, replaced_at from facts_candle_revisions) as c
      join (
        select distinct on (aggregate_id) aggregate_id, recorded_at from facts_events
        where aggregate = 'candles' and publish_seq <= (select seq from asked) order by aggregate_id, aggregate_version desc) as told
        on told.aggregate_id = concat_ws('/', c.symbol, c.interval, c.price_type, c.source)
      where c.recorded_at <= told.recorded_at and coalesce(c.replaced_at > told.recorded_at, true)`,
    fromEvents: true,
  },
  {
    object: 'trades',
    sums: ['qty'],
    now: `select venue, symbol, event_at, venue_trade_id, trim_scale(price) as price, trim_scale(qty) as qty from facts_trades`,
    at: `select t.venue, t.symbol, t.event_at, t.venue_trade_id, trim_scale(t.price) as price, trim_scale(t.qty) as qty
      from facts_trades as t
      join (
        select distinct on (aggregate_id) aggregate_id, recorded_at from facts_events
        where aggregate = 'trades' and publish_seq <= (select seq from asked) order by aggregate_id, aggregate_version desc) as told
        on told.aggregate_id = t.venue || '/' || t.symbol
      where t.recorded_at <= told.recorded_at`,
    fromEvents: true,
  },
  {
    object: 'manipulations',
    now: `select id, symbol, kind, state from facts_manipulations`,
    at: `select distinct on (manipulation_id) manipulation_id, symbol, kind, to_state from facts_manipulation_transitions
      where publish_seq <= (select seq from asked) order by manipulation_id, version desc`,
  },
];
