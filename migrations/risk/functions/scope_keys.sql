-- The scopes whose limits an order of this account, strategy, venue and symbol is under.
create or replace function scope_keys(p_account_id text, p_strategy_id text, p_venue text, p_symbol text) returns text[]
language sql
immutable
parallel safe
return array_remove(array['firm', 'firm|' || p_symbol, 'account:' || p_account_id, 'account:' || p_account_id || '|' || p_symbol,
  'strategy:' || p_strategy_id, 'strategy:' || p_strategy_id || '|' || p_symbol, 'venue:' || p_venue, 'venue:' || p_venue || '|' || p_symbol,
  'instrument:' || p_symbol], null);
