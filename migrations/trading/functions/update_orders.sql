-- What a venue says an order now is. A version that is not higher says nothing new. Version 0 is a refusal without one: only of an order
-- that the venue never had. One outcome a member, in order:
-- ok | stale | unknown-order | wrong-venue | illegal-transition | inconsistent-quantities | venue-id-taken
create or replace function update_orders(
  p_ids text[], p_venues text[], p_versions bigint[], p_statuses text[], p_cums numeric[], p_quantities numeric[], p_prices numeric[],
  p_venue_order_ids text[], p_reasons text[], p_ats timestamptz[], p_contexts write_context[]
) returns table (outcome text, "order" jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  o orders;
  v_open boolean;
  v_qty numeric;
begin
  perform from orders where id = any (p_ids) order by id for no key update;
  for i in 1 .. cardinality(p_ids) loop
    select * into o from orders where id = p_ids[i];
    v_open := p_statuses[i] in ('pending-new', 'new', 'partially-filled', 'pending-cancel', 'pending-replace');
    v_qty := coalesce(p_quantities[i], o.qty);
    outcome := case
      when o.id is null then 'unknown-order'
      when o.venue <> p_venues[i] then 'wrong-venue'
      when p_versions[i] <= o.venue_version and not (p_versions[i] = 0 and o.venue_version = 0 and o.status = 'pending-new' and not v_open) then 'stale'
      when not exists (select from transitions where machine = 'order' and from_status = o.status and to_status = p_statuses[i])
        then case when p_statuses[i] = o.status and o.status <> 'partially-filled' then 'stale' else 'illegal-transition' end
      when p_cums[i] > v_qty or p_cums[i] < o.cum_qty or v_qty < o.filled_qty or (p_statuses[i] = 'filled') <> (p_cums[i] = v_qty)
        or (p_statuses[i] = 'partially-filled' and p_cums[i] = 0) or (p_statuses[i] in ('new', 'rejected') and p_cums[i] > 0)
        or (p_prices[i] is not null and o.limit_price is null) then 'inconsistent-quantities'
      when p_venue_order_ids[i] is not null and exists (
        select from venue_order_ids where venue = o.venue and venue_order_id = p_venue_order_ids[i] and order_id <> o.id) then 'venue-id-taken'
      else 'ok'
    end;
    if outcome = 'ok' then
      update orders set
        status = p_statuses[i], cum_qty = p_cums[i], qty = v_qty, limit_price = coalesce(p_prices[i], limit_price),
        leaves_qty = case when v_open then v_qty - p_cums[i] else 0 end, venue_version = p_versions[i],
        venue_order_id = coalesce(p_venue_order_ids[i], venue_order_id), reason = p_reasons[i],
        closed_at = case when v_open then null else p_ats[i] end, version = version + 1,
        source = coalesce(p_contexts[i].source, source), source_seq = coalesce(p_contexts[i].source_seq, source_seq)
      where id = o.id returning * into o;
      if p_venue_order_ids[i] is not null then
        insert into venue_order_ids (venue, venue_order_id, order_id, venue_version)
        values (o.venue, p_venue_order_ids[i], o.id, o.venue_version) on conflict do nothing;
      end if;
      perform append_order_event(o, case p_statuses[i] when 'rejected' then 'rejected' else 'updated' end, null, p_reasons[i], p_ats[i], p_contexts[i]);
    end if;
    "order" := case when o.id is not null then order_json(o) end;
    return next;
  end loop;
end
$$;
