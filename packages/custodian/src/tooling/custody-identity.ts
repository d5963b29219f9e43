import { decimal } from '@tse/core';
import { type Facts, type Verified, nothingToCompare, verified } from '@tse/core/admin';

interface Amount extends Record<string, unknown> {
  account: string;
  asset: string;
  amount: string;
}
interface Moved extends Amount {
  reference: string;
}

/** What is settled for each client of a venue, and what is to come or to go of the events that were read by then. */
const held = `
  with client as (
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
  select client.account, part.asset, sum(part.amount) as amount from part join client on client.id = part.id group by client.account, part.asset`;

const transferred = `
  select m.reference, a.client_account_id as account, m.asset, m.amount from facts_movements as m
  join facts_accounts as a on a.id = m.account_id and a.venue = $1 where m.kind = 'transfer'`;

const posted = `
  select e.account_id as account, e.asset, sum(e.amount) as amount from facts_entries as e
  join facts_accounts as a on a.id = e.account_id and a.kind <> 'external'
  where e.publish_seq <= $1 group by e.account_id, e.asset`;

const booked = `
  select reference from facts_funds where publish_seq <= $1 and kind in ('deposit', 'withdrawal')`;

const MOST_SHOWN = 10;
const name = 'custody';

/**
 * Identity "custody": for each client and asset, what the exchange has posted up to the event that everybody here has read = what is settled
 * in custody, + unsettled receipts, − unsettled deliveries, corrected by transfers that the exchange has not booked by then. The custodian's
 * facts and checkpoint are read first, then the exchange's up to it; what was done here for a later event is taken out.
 */
export async function verifyCustody(
  facts: Facts,
  instance: string | undefined,
  exchangeFacts: () => Promise<Facts | undefined>,
): Promise<Verified> {
  const read = await facts.query<{ source: string; until: number }>(
    'select source, min(publish_seq) as until from facts_checkpoints group by source',
  );
  const exchange = await exchangeFacts();
  if (exchange === undefined) return nothingToCompare(name, 'the exchange is not on this server');
  const [{ source } = { source: '' }] = await exchange.query<{ source: string }>(
    'select current_schema()::text as source',
  );
  const until = read.find((each) => each.source === source)?.until;
  if (until === undefined) return nothingToCompare(name, `nobody here has read ${source}`);
  const venue = instance ?? 'exchange';
  const ours = await facts.query<Amount>(held, [venue, source, until]);
  const transfers = await facts.query<Moved>(transferred, [venue]);
  const theirs = await exchange.query<Amount>(posted, [until]);
  const known = new Set((await exchange.query<Moved>(booked, [until])).map(({ reference }) => reference));

  const expected = sums([
    ...ours,
    ...transfers
      .filter(({ reference }) => !known.has(reference))
      .map((transfer) => ({ ...transfer, amount: decimal.times(transfer.amount, '-1') })),
  ]);
  const found = sums(theirs);
  const keys = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  const differences = keys.flatMap((key) => {
    const [here, there] = [expected.get(key) ?? '0', found.get(key) ?? '0'];
    return here === there ? [] : [`${key}: custody ${here}, exchange ${there}`];
  });
  return verified(name, `clients and assets with the balances of ${source} up to event ${until}`, {
    compared: keys.length,
    differences: differences.slice(0, MOST_SHOWN),
  });
}

function sums(amounts: readonly Amount[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { account, asset, amount } of amounts) {
    const key = `${account} ${asset}`;
    all.set(key, decimal.plus(all.get(key) ?? '0', amount));
  }
  return all;
}
