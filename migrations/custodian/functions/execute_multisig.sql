-- Only at the wallet's next nonce, and with enough signatures that count under the set of signers in force. What else was proposed at that
-- nonce is replaced. Locks the wallet, then its transactions of the nonce.
-- ok | same | unknown-transaction | transaction-closed | nonce-not-next | not-enough-signatures
create or replace function execute_multisig(p_id text, p_at timestamptz, p_context write_context)
returns table (outcome text, next_nonce bigint, signed integer, threshold integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  w wallets;
  m multisig_transactions;
begin
  select * into w from wallets where id = (select wallet_id from multisig_transactions where id = p_id) for no key update;
  select * into m from multisig_transactions where id = p_id;
  signed := cardinality(valid_signers(p_id));
  next_nonce := w.next_nonce;
  select g.threshold into threshold from signer_sets as g where g.wallet_id = w.id and g.version = w.signer_version;
  outcome := case
    when m.id is null then 'unknown-transaction'
    when m.status = 'executed' then 'same'
    when m.status = 'replaced' then 'transaction-closed'
    when m.nonce <> w.next_nonce then 'nonce-not-next'
    when signed < threshold then 'not-enough-signatures'
    else 'ok'
  end;
  if outcome = 'ok' then
    update multisig_transactions set status = case id when p_id then 'executed' else 'replaced' end, closed_at = p_at, version = version + 1
    where wallet_id = w.id and nonce = m.nonce and status = 'proposed';
    if m.kind = 'signer-change' then
      insert into signer_sets (wallet_id, version, members, threshold, transaction_id, valid_from)
      values (w.id, w.signer_version + 1, m.new_members, m.new_threshold, p_id, p_at);
      perform record_compliance('signer-change', 'wallet', w.id, 'changed', null, null, null,
        jsonb_build_object('transactionId', p_id, 'version', w.signer_version + 1, 'members', to_jsonb(m.new_members), 'threshold', m.new_threshold),
        p_at, p_context);
    end if;
    update wallets as u set next_nonce = u.next_nonce + 1, version = u.version + 1, recorded_at = clock_timestamp(),
      signer_version = u.signer_version + case m.kind when 'signer-change' then 1 else 0 end
    where u.id = w.id;
  end if;
  return next;
end
$$;
