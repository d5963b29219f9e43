-- Any working status may follow any other: of several events of a venue only the latest may reach us. After a final one nothing follows;
-- fills that come later are facts all the same and go to the position.
insert into transitions (machine, from_status, to_status)
select 'order', f.status, t.status
from unnest('{pending-new,new,partially-filled,pending-cancel,pending-replace}'::text[]) as f (status)
cross join unnest('{new,partially-filled,pending-cancel,pending-replace,filled,canceled,rejected,expired,expired-in-match}'::text[]) as t (status)
where not (f.status = 'partially-filled' and t.status = 'new') and (t.status <> 'rejected' or f.status = 'pending-new');

create domain order_side as text check (value in ('buy', 'sell'));
create domain order_type as text check (value in ('limit', 'market', 'stop', 'stop-limit'));
create domain time_in_force as text check (value in ('gtc', 'ioc', 'fok', 'gtd', 'day'));
create domain position_leg as text check (value in ('net', 'long', 'short'));
create domain order_status as text check (value in ('pending-new', 'new', 'partially-filled', 'filled', 'pending-cancel', 'pending-replace',
  'canceled', 'rejected', 'expired', 'expired-in-match'));
create domain order_event_type as text check (value in ('submitted', 'updated', 'filled', 'cancel-requested', 'replace-requested', 'rejected'));

-- The intent is ours: what was asked, why, under which check. Status, cum and leaves are the venue's and move only with its higher version.
-- filled_qty and filled_quote are what we got of its fills so far; they may run behind cum_qty.
create table orders (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  deployment_id text not null references deployments,
  account_id text not null,
  venue text not null,
  symbol text not null,
  client_order_id text,
  venue_order_id text,
  signal_id text,
  side order_side not null,
  type order_type not null,
  tif time_in_force not null,
  qty positive_amount not null,
  limit_price positive_amount,
  stop_price positive_amount,
  quote_budget positive_amount,
  leg position_leg not null,
  close_lots text[] not null default '{}',
  tag text check (length(tag) between 1 and 64),
  exit_reason text check (length(exit_reason) between 1 and 64),
  check_id text,
  valid_until timestamptz,
  expires_at timestamptz,
  status order_status not null default 'pending-new',
  cum_qty nonnegative_amount not null default 0,
  leaves_qty nonnegative_amount not null,
  venue_version bigint not null default 0 check (venue_version >= 0),
  reason text check (length(reason) <= 200),
  filled_qty nonnegative_amount not null default 0,
  filled_quote nonnegative_amount not null default 0,
  cancel_requested_at timestamptz,
  request_hash text not null,
  version bigint not null default 1,
  submitted_at timestamptz not null,
  closed_at timestamptz,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null default clock_timestamp()
) with (fillfactor = 80);

-- In a function, which is compiled once a session: table checks are parsed again by each statement.
create function order_is_sound(o orders) returns boolean
language plpgsql
immutable
as $$
begin
  return
    case o.type
      when 'limit' then o.limit_price is not null and o.stop_price is null
      when 'market' then o.limit_price is null and o.stop_price is null
      when 'stop' then o.limit_price is null and o.stop_price is not null
      else o.limit_price is not null and o.stop_price is not null
    end
    and (o.closed_at is null) = (o.status in ('pending-new', 'new', 'partially-filled', 'pending-cancel', 'pending-replace'))
    and o.leaves_qty = case when o.closed_at is null then o.qty - o.cum_qty else 0 end
    and (o.status = 'filled') = (o.cum_qty = o.qty)
    and (o.status <> 'partially-filled' or o.cum_qty > 0)
    and (o.status not in ('pending-new', 'new', 'rejected') or o.cum_qty = 0)
    and o.filled_qty <= o.qty
    and (o.status <> 'pending-new' or o.venue_version = 0);
end
$$;
alter table orders add constraint orders_are_sound check (order_is_sound(orders));

create unique index orders_client_order_id_key on orders (deployment_id, client_order_id) where client_order_id is not null;
create index orders_deployment on orders (deployment_id, submitted_at, id);
create index orders_working on orders (deployment_id, id) where closed_at is null;
create index orders_account on orders (account_id, id);

-- One row a version, with the order as it was then.
create table order_events (
  order_id text not null references orders,
  version bigint not null,
  type order_event_type not null,
  status order_status not null,
  qty amount not null,
  limit_price amount,
  cum_qty amount not null,
  leaves_qty amount not null,
  filled_qty amount not null,
  venue_version bigint not null,
  trade_id text,
  reason text,
  actor text,
  source text,
  source_seq bigint,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (order_id, version)
);
select make_append_only('order_events');

-- What a venue calls an order, which may change when it is replaced.
create table venue_order_ids (
  venue text not null,
  venue_order_id text not null,
  order_id text not null references orders,
  venue_version bigint not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (venue, venue_order_id)
);
create index venue_order_ids_order on venue_order_ids (order_id);
select make_append_only('venue_order_ids');
