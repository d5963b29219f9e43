-- held = what the open holds still hold, and what is posted covers it but for the overdraft.
-- Customers only: house, fee and external accounts have no floor and no holds, and so no overdraft (null).
create table balances (
  account_id text not null,
  asset text not null references assets,
  scope_id text not null,
  account_kind account_kind not null,
  posted amount not null default 0,
  held nonnegative_amount not null default 0,
  overdraft nonnegative_amount,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, asset),
  constraint balances_scope_fkey foreign key (scope_id, account_id) references accounts (scope_id, id),
  constraint balances_kind_fkey foreign key (account_id, account_kind) references accounts (id, kind)
) with (fillfactor = 70);

-- In a function, which is compiled once a session: table checks are parsed again by each statement.
create function balance_is_sound(b balances) returns boolean
language plpgsql
immutable
as $$
begin
  return case when b.account_kind = 'customer' then coalesce(b.posted + b.overdraft >= b.held, false) else b.overdraft is null and b.held = 0 end;
end
$$;
alter table balances add constraint balances_are_sound check (balance_is_sound(balances));

create index balances_scope on balances (scope_id, account_id);
create index balances_folded on balances (account_id, asset) where account_kind <> 'customer';

-- What the accounts that every trade touches got since the last fold. A balance of theirs is its row plus these, read in one statement.
create table balance_deltas (
  id bigint generated always as identity,
  account_id text not null,
  asset text not null,
  amount amount not null,
  primary key (account_id, asset, id)
);

create view current_balances as
select b.account_id, b.asset, b.scope_id, b.account_kind, b.held, b.overdraft, b.version, b.recorded_at,
  case when b.account_kind = 'customer' then b.posted
    else b.posted + coalesce((select sum(d.amount) from balance_deltas as d where d.account_id = b.account_id and d.asset = b.asset), 0)
  end::amount as posted
from balances as b;
