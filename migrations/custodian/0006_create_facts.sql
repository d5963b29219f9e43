-- What the reader role sees, for checks within this schema and against others. source and source_seq: the event that a fact answers.

create view facts_accounts as
select id, kind::text, parent_id, venue, client_account_id, status from custody_accounts;

create view facts_holdings as
select account_id, asset::text, account_kind::text, settled, reserved, version from holdings;

create view facts_movements as
select m.tx_id, m.n, t.kind::text, t.reference, m.account_id, m.asset::text, m.amount, m.holding_after, m.holding_version, t.effective_at,
  m.recorded_at, t.source, t.source_seq
from movements as m join movement_transactions as t on t.id = m.tx_id;

create view facts_reservations as
select id, kind::text, reference, account_id, asset::text, amount, used, released, state::text from reservations;

create view facts_settlements as
select id, source, reference, source_seq, traded_at, cycle, intended_date, due_at, cuts_off_at, priority, on_hold, lots, settled_lots, status::text,
  netting_batch_id, version
from settlement_instructions;

create view facts_settlement_legs as
select l.instruction_id, l.n, l.kind::text, l.from_account_id, l.to_account_id, l.asset::text, l.qty, l.lot_qty, l.lot_qty * s.settled_lots as settled_qty
from settlement_legs as l join settlement_instructions as s on s.id = l.instruction_id;

create view facts_settlement_events as
select instruction_id, version, type, status::text, settled_lots, tx_id, reason, occurred_at from settlement_events;

create view facts_settlement_fails as
select instruction_id, failed_at, reason, ended_at from settlement_fails;

create view facts_netting_batches as
select id, source, intended_date, cutoff_at, input_hash, instructions, status, version from netting_batches;

create view facts_net_obligations as
select batch_id, n, account_id, asset::text, amount from net_obligations;
