-- What every exchange starts with: the account of the outside world, one for fees, and a schedule that is free.
insert into accounts (id, owner_id, kind, type, request_hash, opened_at) values
  ('external', 'external', 'external', 'spot', 'default', clock_timestamp()),
  ('fees', 'exchange', 'fee', 'spot', 'default', clock_timestamp());
insert into fee_schedules (version, tier, maker, taker) values (1, 'standard', 0, 0);
