create domain hold_kind as text check (value in ('in-order', 'in-withdrawal', 'in-settlement', 'manual'));
create domain hold_state as text check (value in ('open', 'captured', 'released', 'expired'));

-- Funds set aside: captured (paid out of the hold) and released (given back) until nothing remains, which closes it.
-- An order's hold is `in-order:<order id>`: only the functions of orders touch it, under the lock of the order.
create table holds (
  id text primary key generated always as (kind || ':' || reference) stored,
  kind hold_kind not null,
  reference text not null,
  scope_id text not null,
  account_id text not null,
  asset text not null,
  amount positive_amount not null,
  captured nonnegative_amount not null default 0,
  released nonnegative_amount not null default 0,
  -- A closed hold says by what it was closed.
  state hold_state not null default 'open',
  expires_at timestamptz,
  request_hash text not null,
  source text,
  source_seq bigint,
  version bigint not null default 1,
  placed_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint holds_scope_fkey foreign key (scope_id, account_id) references accounts (scope_id, id)
) with (fillfactor = 80);

-- In a function, which is compiled once a session: table checks are parsed again by each statement.
create function hold_is_sound(h holds) returns boolean
language plpgsql
immutable
as $$
begin
  return (h.state = 'open') = (h.closed_at is null)
    and case
      when h.closed_at is not null then h.captured + h.released = h.amount
      -- A market buy may have spent all of its budget and is not closed yet.
      when h.kind = 'in-order' then h.captured + h.released <= h.amount
      else h.captured + h.released < h.amount
    end
    -- The hold of an order ends with the order.
    and (h.expires_at is null or h.kind <> 'in-order');
end
$$;
alter table holds add constraint holds_are_sound check (hold_is_sound(holds));

create index holds_open on holds (account_id, asset, kind) where state = 'open';
create index holds_due on holds (expires_at, id) where state = 'open' and expires_at is not null;
