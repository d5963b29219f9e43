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
