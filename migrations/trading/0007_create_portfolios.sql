-- The last price of each market that is held or converted through. An older one never takes the place of a newer one.
create table marks (
  symbol text primary key,
  price positive_amount not null,
  origin text check (length(origin) between 1 and 64),
  marked_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
) with (fillfactor = 80);

-- The equity curve of a deployment, in its currency. A point exists only where everything in it could be valued.
create table equity_points (
  deployment_id text not null references deployments,
  at timestamptz not null,
  equity amount not null,
  cash amount not null,
  exposure nonnegative_amount not null,
  net_exposure amount not null,
  realized amount not null,
  unrealized amount not null,
  peak positive_amount not null,
  drawdown double precision not null check (drawdown >= 0 and drawdown < 'Infinity'),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (deployment_id, at),
  constraint equity_points_peak check (peak >= equity)
);
