-- Whose signatures of a transaction count: those who have been of every set of signers since they signed.
create or replace function valid_signers(p_transaction_id text) returns text[]
language plpgsql
stable
set search_path from current
as $$
begin
  return array(
    select s.signer_id from signatures as s join multisig_transactions as m on m.id = s.transaction_id
    where s.transaction_id = p_transaction_id and not exists (
      select from signer_sets as g where g.wallet_id = m.wallet_id and g.version >= s.signer_version and not s.signer_id = any (g.members))
    order by s.signer_id);
end
$$;
