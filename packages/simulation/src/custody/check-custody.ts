import { decimal } from '@tse/core';
import { type InstanceTarget, openFacts } from '@tse/core/admin';
import { definition as custodianDefinition } from '@tse/custodian';
import { definition as exchangeDefinition } from '@tse/exchange';
import type { Invariant } from '../report.ts';

interface Amount extends Record<string, unknown> {
  account: string;
  asset: string;
  amount: string;
}
interface Moved extends Amount {
  reference: string;
}

/**
 * Identity "custody": for each client and asset, what the exchange has posted up to the event that the custodian has read = what is settled
 * in custody, + unsettled receipts, − unsettled deliveries, corrected by transfers that the exchange has not booked by then. The consumer
 * is read first, then the source up to its checkpoint; what the custodian did for a later event is taken out.
 */
export async function checkCustody(target: InstanceTarget, venue: string, source: string): Promise<Invariant> {
  const { checkpoint, held, transfers } = await readCustody(target, venue, source);
  await using exchange = await openFacts(exchangeDefinition, target);
  const posted = await exchange.query<Amount>(
    `select account_id as account, asset, sum(amount) as amount from facts_entries
      where publish_seq <= $1 and account_id <> 'external' group by account_id, asset`,
    [checkpoint],
  );
  const booked = await exchange.query<{ reference: string }>(
    `select reference from facts_funds where publish_seq <= $1 and kind in ('deposit', 'withdrawal')`,
    [checkpoint],
  );
  const known = new Set(booked.map(({ reference }) => reference));

  const expected = new Map<string, string>();
  const add = (to: Map<string, string>, { account, asset, amount }: Amount, sign: '1' | '-1' = '1') => {
    const key = `${account} ${asset}`;
    to.set(key, decimal.plus(to.get(key) ?? '0', decimal.times(amount, sign)));
  };
  for (const each of held) add(expected, each);
  for (const transfer of transfers) if (!known.has(transfer.reference)) add(expected, transfer, '-1');
  const found = new Map<string, string>();
  for (const each of posted) add(found, each);

  const keys = new Set([...expected.keys(), ...found.keys()]);
  const differences = [...keys].flatMap((key) => {
    const [ours, theirs] = [expected.get(key) ?? '0', found.get(key) ?? '0'];
    return ours === theirs ? [] : [`${key}: custody ${ours}, exchange ${theirs}`];
  });
  return differences.length === 0
    ? { name: 'custody', ok: true, compared: keys.size }
    : { name: 'custody', ok: false, compared: keys.size, problem: differences.slice(0, 10).join('; ') };
}

async function readCustody(target: InstanceTarget, venue: string, source: string) {
  await using facts = await openFacts(custodianDefinition, target);
  const [read] = await facts.query<{ checkpoint: number }>(
    `select coalesce(max(publish_seq), 0) as checkpoint from facts_checkpoints where consumer = 'custody-of-trades' and source = $1`,
    [source],
  );
  const checkpoint = read!.checkpoint;
  const held = await facts.query<Amount>(
    `with client as (
        select id, client_account_id as account from facts_accounts where venue = $1
      ),
      side as (
        select l.instruction_id, side.* from facts_settlement_legs as l
        cross join lateral (values
          (l.from_account_id, l.asset, -l.qty, -l.settled_qty), (l.to_account_id, l.asset, l.qty, l.settled_qty)) as side (id, asset, qty, settled)
      ),
      part as (
        select account_id as id, asset, settled as amount from facts_holdings
        union all
        -- Unsettled receipts and deliveries of what was read by then …
        select side.id, side.asset, side.qty - side.settled from side join facts_settlements as s on s.id = side.instruction_id
          where s.status <> 'cancelled' and (s.source <> $2 or s.source_seq <= $3)
        union all
        -- … and without what was done for a later event already.
        select side.id, side.asset, -side.settled from side join facts_settlements as s on s.id = side.instruction_id
          where s.source = $2 and s.source_seq > $3
        union all
        select account_id, asset, -amount from facts_movements where kind = 'adjustment' and source = $2 and source_seq > $3
      )
      select client.account, part.asset, sum(part.amount) as amount from part join client on client.id = part.id group by client.account, part.asset`,
    [venue, source, checkpoint],
  );
  const transfers = await facts.query<Moved>(
    `select m.reference, a.client_account_id as account, m.asset, m.amount from facts_movements as m
      join facts_accounts as a on a.id = m.account_id and a.venue = $1 where m.kind = 'transfer'`,
    [venue],
  );
  return { checkpoint, held, transfers };
}
