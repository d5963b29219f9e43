-- What the reader role sees, for checks within this schema and against others. publish_seq is the event by which a fact became visible to
-- others: null where none tells of it or the relay has not numbered it yet, 0 where it has left the outbox, older than any reader's checkpoint.

create view facts_accounts as
select id, parent_id, kind::text, status, check_required from accounts;

create view facts_balances as
select account_id, asset, account_kind::text, posted, held, overdraft, version from current_balances;

create view facts_entries as
select e.tx_id, e.n, j.kind::text, j.reference, e.account_id, e.asset, e.amount, e.balance_after, e.balance_version, j.effective_at, e.recorded_at,
  j.source, j.source_seq,
  case when o.event_id is not null then o.publish_seq when coalesce(e.event_id, t.event_id) is not null then 0 end as publish_seq
from entries as e
join journal_transactions as j on j.id = e.tx_id
left join trades as t on j.kind = 'trade' and t.id = j.reference
left join outbox as o on o.event_id = coalesce(e.event_id, t.event_id);

-- Money that came from or went to the outside, as custody sees it too.
create view facts_funds as
select e.tx_id, j.kind::text, j.reference, e.account_id, e.asset, e.amount, j.effective_at, j.source, j.source_seq,
  case when o.event_id is null then 0 else o.publish_seq end as publish_seq
from journal_transactions as j
join entries as e on e.tx_id = j.id and e.event_id is not null
left join outbox as o on o.event_id = e.event_id
where j.kind <> 'trade';

create view facts_holds as
select id, kind::text, reference, account_id, asset, amount, captured, released, state::text, expires_at, source, source_seq from holds;

create view facts_orders as
select id, account_id, symbol, side::text, type::text, status::text, qty, limit_price, quote_budget, cum_qty, leaves_qty, cum_quote, version,
  accept_seq, maker_rate, taker_rate, check_id, valid_until, placed_at, closed_at, false as archived
from orders
union all
select id, account_id, symbol, side::text, type::text, status::text, qty, limit_price, quote_budget, cum_qty, 0, cum_quote, version,
  accept_seq, maker_rate, taker_rate, check_id, valid_until, placed_at, closed_at, true
from order_archive;

create view facts_order_events as
select e.order_id, e.version, e.type::text, e.symbol, e.seq, e.account_id, e.side::text, e.limit_price, e.qty, e.cum_qty, e.leaves_qty,
  e.status::text, e.accept_seq, e.trade_id, e.occurred_at, e.recorded_at,
  case when o.event_id is not null then o.publish_seq when coalesce(e.event_id, t.event_id) is not null then 0 end as publish_seq
from order_events as e
left join trades as t on t.id = e.trade_id
left join outbox as o on o.event_id = coalesce(e.event_id, t.event_id);

create view facts_trades as
select t.id, t.symbol, t.trade_seq, t.maker_order_id, t.taker_order_id, t.maker_account_id, t.taker_account_id, t.taker_side::text, t.price, t.qty,
  t.quote_qty, t.maker_fee, t.taker_fee, t.fee_asset, t.matched_at, t.recorded_at,
  case when o.event_id is null then 0 else o.publish_seq end as publish_seq
from trades as t
left join outbox as o on o.event_id = t.event_id;

create view facts_markets as
select m.symbol, m.base, m.quote, m.tick_size, m.lot_size, s.status::text, s.last_seq, s.last_accept_seq, s.last_trade_seq, s.last_price
from markets as m join market_states as s on s.symbol = m.symbol;

-- The open orders of every book with the sequence they stand at, from one snapshot where read in one statement.
create view facts_book as
select symbol, last_seq, order_id, account_id, side::text, limit_price, leaves_qty, accept_seq from book_orders;
