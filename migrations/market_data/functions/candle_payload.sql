-- What the event of a batch tells of its content: as the adapter does for batches it writes itself.
create or replace function candle_payload(
  p_open_times timestamptz[], p_opens numeric[], p_highs numeric[], p_lows numeric[], p_closes numeric[], p_base numeric[]
) returns jsonb
language sql
stable
set search_path from current
as $$
  with c as (
    select * from unnest(p_open_times, p_opens, p_highs, p_lows, p_closes, p_base) as u (open_time, open, high, low, close, base)),
  last as (select open_time, close from c order by open_time desc limit 100)
  select jsonb_build_object(
    'sha256', (select encode(sha256(convert_to(string_agg(concat_ws(',', (extract(epoch from open_time) * 1000000)::bigint, trim_scale(open),
      trim_scale(high), trim_scale(low), trim_scale(close), trim_scale(base)) || e'\n', '' order by open_time), 'UTF8')), 'hex') from c),
    'closes', (select jsonb_agg(jsonb_build_object('openTime', instant_text(open_time), 'close', trim_scale(close)::text) order by open_time) from last))
$$;
