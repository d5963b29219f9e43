-- The state machines as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');

insert into transitions (machine, from_status, to_status) values
  ('trading', 'active', 'reducing'),
  ('trading', 'active', 'halted'),
  ('trading', 'reducing', 'active'),
  ('trading', 'reducing', 'halted'),
  ('trading', 'halted', 'reducing'),
  ('trading', 'halted', 'active'),
  ('reservation', 'reserved', 'working'),
  ('reservation', 'reserved', 'ended'),
  ('reservation', 'working', 'ended'),
  ('alert', 'pending', 'firing'),
  ('alert', 'pending', 'closed'),
  ('alert', 'firing', 'recovering'),
  ('alert', 'firing', 'closed'),
  ('alert', 'recovering', 'firing'),
  ('alert', 'recovering', 'closed'),
  ('notification', 'due', 'claimed'),
  ('notification', 'claimed', 'claimed'),
  ('notification', 'claimed', 'due'),
  ('notification', 'claimed', 'delivered'),
  ('notification', 'claimed', 'failed');

-- Who or what risk is taken for: `firm`, `account:<id>`, `strategy:<id>`, `venue:<id>`, `instrument:<symbol>`; narrowed to one
-- symbol with `|<symbol>` behind it.
create domain scope_key as text
  check (value ~ '^(firm|(account|strategy|venue):[A-Za-z0-9._:/-]{1,64})(\|[A-Z0-9]{1,16}-[A-Z0-9]{1,16})?$|^instrument:[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$');
create domain order_side as text check (value in ('buy', 'sell'));
-- A computed number: exact where what it is made of is, never NaN.
create domain measure as numeric check (scale(value) <= 18 and value <> 'NaN');

-- Accounts are counted from their first check or fill on, firm, strategies and venues from their first limit. Whoever changes what is
-- counted holds the row of each scope, in the order of their keys.
create table scopes (
  scope scope_key primary key,
  counted_from timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);

-- What a scope has and may yet get, a symbol: the sum of its fills, their cash, and the leaves of reserved orders by side.
create table exposures (
  scope scope_key not null references scopes,
  symbol text not null,
  net_qty amount not null default 0,
  -- Proceeds of sales less cost of purchases and fees, in the quote asset.
  cash amount not null default 0,
  buying nonnegative_amount not null default 0,
  selling nonnegative_amount not null default 0,
  open_orders integer not null default 0 check (open_orders >= 0),
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scope, symbol)
) with (fillfactor = 80);
create index exposures_symbol on exposures (symbol);
