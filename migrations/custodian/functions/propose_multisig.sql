-- Takes the nonce given, or the next free one. Locks the wallet.
-- ok | same | id-conflict | unknown-wallet | not-a-signer | nonce-used | nonce-gap | unknown-transfer | transfer-closed
create or replace function propose_multisig(
  p_id text, p_wallet_id text, p_nonce bigint, p_kind text, p_payload_hash text, p_new_members text[], p_new_threshold integer,
  p_transfer_id text, p_proposer_id text, p_request_hash text, p_at timestamptz
) returns table (outcome text, next_nonce bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  w wallets;
  v_hash text;
  v_free bigint;
begin
  select * into w from wallets where id = p_wallet_id for no key update;
  select request_hash into v_hash from multisig_transactions where id = p_id;
  select greatest(w.next_nonce, coalesce(max(nonce) + 1, 0)) into v_free
  from multisig_transactions where wallet_id = p_wallet_id and status <> 'replaced';
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when w.id is null then 'unknown-wallet'
    when not exists (
      select from signer_sets where wallet_id = w.id and version = w.signer_version and p_proposer_id = any (members)) then 'not-a-signer'
    when p_nonce < w.next_nonce then 'nonce-used'
    when p_nonce > v_free then 'nonce-gap'
    when p_transfer_id is not null then (
      select case when max(t.id) is null then 'unknown-transfer' when max(t.closed_at) is not null then 'transfer-closed' else 'ok' end
      from transfers as t where t.id = p_transfer_id)
    else 'ok'
  end;
  next_nonce := w.next_nonce;
  if outcome = 'ok' then
    insert into multisig_transactions (id, wallet_id, nonce, kind, payload_hash, new_members, new_threshold, transfer_id, proposer_id, request_hash, proposed_at)
    values (p_id, p_wallet_id, coalesce(p_nonce, v_free), p_kind, p_payload_hash, p_new_members, p_new_threshold, p_transfer_id, p_proposer_id,
      p_request_hash, p_at)
    on conflict (id) do nothing;
    if not found then
      -- Of another wallet: it was not waited for.
      outcome := 'id-conflict';
    end if;
  end if;
  return next;
end
$$;
