-- A fill may still come while a cancel or a replace is pending: the hold is there until both are decided. Whoever decides against
-- the request puts the order back to prev_status. After a final status nothing fills.
insert into transitions (machine, from_status, to_status) values
  ('order', 'pending-new', 'new'),
  ('order', 'pending-new', 'rejected'),
  ('order', 'pending-new', 'canceled'),
  ('order', 'pending-new', 'expired'),
  ('order', 'new', 'new'),
  ('order', 'new', 'partially-filled'),
  ('order', 'new', 'filled'),
  ('order', 'new', 'pending-cancel'),
  ('order', 'new', 'pending-replace'),
  ('order', 'new', 'canceled'),
  ('order', 'new', 'expired'),
  ('order', 'new', 'expired-in-match'),
  ('order', 'partially-filled', 'partially-filled'),
  ('order', 'partially-filled', 'filled'),
  ('order', 'partially-filled', 'pending-cancel'),
  ('order', 'partially-filled', 'pending-replace'),
  ('order', 'partially-filled', 'canceled'),
  ('order', 'partially-filled', 'expired'),
  ('order', 'partially-filled', 'expired-in-match'),
  ('order', 'pending-cancel', 'pending-cancel'),
  ('order', 'pending-cancel', 'new'),
  ('order', 'pending-cancel', 'partially-filled'),
  ('order', 'pending-cancel', 'filled'),
  ('order', 'pending-cancel', 'canceled'),
  ('order', 'pending-cancel', 'expired'),
  ('order', 'pending-cancel', 'expired-in-match'),
  ('order', 'pending-replace', 'pending-replace'),
  ('order', 'pending-replace', 'new'),
  ('order', 'pending-replace', 'partially-filled'),
  ('order', 'pending-replace', 'filled'),
  ('order', 'pending-replace', 'pending-cancel'),
  ('order', 'pending-replace', 'canceled'),
  ('order', 'pending-replace', 'expired'),
  ('order', 'pending-replace', 'expired-in-match');

create domain order_side as text check (value in ('buy', 'sell'));
create domain order_type as text check (value in ('limit', 'market'));
create domain time_in_force as text check (value in ('gtc', 'ioc', 'fok', 'gtd', 'day'));
create domain stp_mode as text check (value in ('none', 'cancel-newest', 'cancel-oldest', 'cancel-both'));
create domain order_status as text check (value in ('pending-new', 'new', 'partially-filled', 'filled', 'pending-cancel', 'pending-replace',
  'canceled', 'rejected', 'expired', 'expired-in-match'));
create domain order_event_type as text check (value in ('placed', 'accepted', 'filled', 'cancel-requested', 'replace-requested',
  'request-rejected', 'replaced', 'closed'));

-- An order is open until closed_at. Fees are frozen when it is placed. quote_budget bounds what a market buy spends; its fee comes on top,
-- in the hold. No foreign key points at orders: they leave for the archive.
create table orders (
  id text primary key,
  scope_id text not null,
  account_id text not null,
  symbol text not null references market_states,
  client_order_id text,
  side order_side not null,
  type order_type not null,
  tif time_in_force not null,
  qty positive_amount not null,
  limit_price positive_amount,
  -- Lower is better on either side: (side, price_rank, accept_seq) is price-time order.
  price_rank amount generated always as (case side when 'buy' then -limit_price else limit_price end) stored,
  quote_budget positive_amount,
  cum_qty nonnegative_amount not null default 0,
  leaves_qty nonnegative_amount not null,
  cum_quote nonnegative_amount not null default 0,
  status order_status not null,
  prev_status order_status,
  reason text,
  version bigint not null default 1,
  accept_seq bigint,
  fee_version integer not null,
  maker_rate nonnegative_amount not null,
  taker_rate nonnegative_amount not null,
  stp_mode stp_mode not null,
  post_only boolean not null,
  check_id text,
  valid_until timestamptz,
  expires_at timestamptz,
  request_hash text not null,
  placed_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint orders_scope_fkey foreign key (scope_id, account_id) references accounts (scope_id, id)
) with (fillfactor = 80);

-- In a function, which is compiled once a session: as table checks these cost more than the rest of an update.
create function order_is_sound(o orders) returns boolean
language plpgsql
immutable
as $$
begin
  return
    -- A limit has its price, a market order never rests, and what it may spend is bounded.
    case o.type
      when 'limit' then o.limit_price is not null and o.quote_budget is null
      else o.limit_price is null and (o.side = 'buy') = (o.quote_budget is not null) and o.tif in ('ioc', 'fok') and not o.post_only
    end
    and (o.tif in ('gtd', 'day')) = (o.expires_at is not null)
    and (o.closed_at is null) = (o.status in ('pending-new', 'new', 'partially-filled', 'pending-cancel', 'pending-replace'))
    and o.leaves_qty = case when o.closed_at is null then o.qty - o.cum_qty else 0 end
    and (o.status = 'filled') = (o.cum_qty = o.qty)
    and (o.status <> 'partially-filled' or o.cum_qty > 0)
    and (o.status not in ('pending-new', 'new', 'rejected') or o.cum_qty = 0)
    and (o.quote_budget is null or o.cum_quote <= o.quote_budget)
    and (o.status = 'pending-new') <= (o.accept_seq is null)
    and (o.cum_qty = 0 or o.accept_seq is not null);
end
$$;
alter table orders add constraint orders_are_sound check (order_is_sound(orders));

create unique index orders_client_order_id_key on orders (account_id, client_order_id) where client_order_id is not null;
create unique index orders_book_key on orders (symbol, side, price_rank, accept_seq) where closed_at is null and accept_seq is not null;
create index orders_account on orders (account_id, placed_at, id);
create index orders_due on orders (expires_at, id) where closed_at is null and expires_at is not null;
create index orders_closed on orders (closed_at, id) where closed_at is not null;

-- One row a version, with the order as it was then; seq is its place among the changes of the market's book, absent where the book is
-- not touched. By month of recording: history may be retired.
create table order_events (
  order_id text not null,
  version bigint not null,
  type order_event_type not null,
  symbol text not null,
  seq bigint,
  account_id text not null,
  side order_side not null,
  qty amount not null,
  limit_price amount,
  cum_qty amount not null,
  leaves_qty amount not null,
  prev_status order_status,
  status order_status not null,
  accept_seq bigint,
  trade_id text,
  reason text,
  event_id text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (order_id, version, recorded_at)
) partition by range (recorded_at);
create unique index order_events_seq_key on order_events (symbol, seq, recorded_at) where seq is not null;
select make_append_only('order_events');
select ensure_partitions('order_events', clock_timestamp() + interval '6 months');
