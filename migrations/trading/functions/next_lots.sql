-- The open lots of a position in the order in which a closing takes them. Lots named by their opening trade come first, in that order;
-- what they do not cover is taken as by first-in, first-out.
create or replace function next_lots(p_position_id text, p_method text, p_close_lots text[]) returns setof lots
language sql
stable
set search_path from current
as $$
  select l.* from lots as l
  where l.position_id = p_position_id and l.remaining > 0
  order by
    case when p_method = 'specific' then array_position(p_close_lots, l.trade_id) end nulls last,
    case when p_method = 'hifo' then -l.price end,
    case when p_method = 'lifo' then -l.n else l.n end
$$;
