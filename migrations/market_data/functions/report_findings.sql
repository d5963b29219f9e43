-- Findings that are new are written, each with its event; n are the places (from 1) of those.
create or replace function report_findings(
  p_ids text[], p_symbols text[], p_kinds text[], p_series text[], p_froms timestamptz[], p_tos timestamptz[], p_evidence jsonb[],
  p_event_ids text[], p_at timestamptz, p_context write_context
) returns table (n integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  return query
  with given as (
    select * from unnest(p_ids, p_symbols, p_kinds, p_series, p_froms, p_tos, p_evidence, p_event_ids) with ordinality
      as g (id, symbol, kind, series, from_at, to_at, evidence, event_id, n)),
  added as (
    insert into quality_findings (id, symbol, kind, series, during, evidence, found_at)
    select g.id, g.symbol, g.kind, g.series, tstzrange(g.from_at, g.to_at), g.evidence, p_at from given as g
    on conflict do nothing
    returning id),
  told as (
    select g.n, append_event(g.event_id, 'quality.found', 'finding', g.id, 1,
      jsonb_build_object('findingId', g.id, 'symbol', g.symbol, 'kind', g.kind, 'series', g.series, 'from', instant_text(g.from_at),
        'to', instant_text(g.to_at)), p_at, p_context)
    from added as a join given as g on g.id = a.id)
  select told.n::integer from told order by 1;
end
$$;
