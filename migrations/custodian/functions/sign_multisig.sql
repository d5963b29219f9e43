-- Locks the wallet, then the transaction.
-- ok | same | unknown-transaction | already-signed | transaction-closed | not-a-signer | payload-mismatch
create or replace function sign_multisig(p_id text, p_signer_id text, p_payload_hash text, p_signature text, p_at timestamptz)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  w wallets;
  m multisig_transactions;
  v_signature text;
begin
  select * into w from wallets where id = (select wallet_id from multisig_transactions where id = p_id) for no key update;
  select * into m from multisig_transactions where id = p_id for no key update;
  select signature into v_signature from signatures where transaction_id = p_id and signer_id = p_signer_id;
  outcome := case
    when m.id is null then 'unknown-transaction'
    when v_signature = p_signature and p_payload_hash = m.payload_hash then 'same'
    when v_signature is not null then 'already-signed'
    when m.status <> 'proposed' then 'transaction-closed'
    when not exists (
      select from signer_sets where wallet_id = w.id and version = w.signer_version and p_signer_id = any (members)) then 'not-a-signer'
    when m.payload_hash <> p_payload_hash then 'payload-mismatch'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into signatures (transaction_id, signer_id, signer_version, payload_hash, signature, signed_at)
    values (p_id, p_signer_id, w.signer_version, p_payload_hash, p_signature, p_at);
    update multisig_transactions set version = version + 1 where id = p_id;
  end if;
  return next;
end
$$;
