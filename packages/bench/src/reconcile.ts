import type { CustodianAdapter } from '@tse/custodian';
import type pg from 'pg';
import { type Rounds, type Row, callers, compare, interleave } from './measure.ts';

const ROWS = 100_000;
const ACCOUNTS = 1000;
const PLANTED = 10;

/** What is written in bulk here is what the ports would write one by one: transactions with an entry of a client each, and a line for each. */
const prepare = `
  insert into custody_accounts (id, kind, parent_id, parent_kind, owner_id, request_hash, opened_at)
  select 'client/' || i, 'segregated', 'clients', 'omnibus', 'bench', 'bench', now() from generate_series(0, ${ACCOUNTS - 1}) as i;
  insert into movement_transactions (kind, reference, effective_at, recorded_at)
  select 'transfer', 'bench-' || gen_random_uuid(), now(), now() from generate_series(1, ${ROWS});
  insert into movements (tx_id, n, account_id, asset, amount, holding_after, holding_version, recorded_at)
  select id, side.n, side.account_id, 'USD', side.amount, 0, t.i, now()
  from (select id, row_number() over () as i from movement_transactions where reference like 'bench-%') as t
  cross join lateral (values (1, 'external', -(t.i % 977 + 0.25)), (2, 'client/' || t.i % ${ACCOUNTS}, t.i % 977 + 0.25)) as side (n, account_id, amount);
  insert into statement_lines (source, external_id, account_id, asset, amount, booked_at, reference, occurrence, request_hash)
  select 'bank', m.tx_id, m.account_id, m.asset, m.amount + case when row_number() over () <= ${PLANTED} then 1 else 0 end, m.recorded_at, m.tx_id, 0, 'bench'
  from movements as m where m.n = 2 and m.account_id like 'client/%' order by random();
  analyze`;

/** The least that anybody has to do: each line against each entry with its time, and how many are not the same. */
const fullJoin = `
  select count(*) filter (where l.id is null) as ours, count(*) filter (where e.tx_id is null) as theirs, count(*) as all,
    count(*) filter (where abs(extract(epoch from l.booked_at - e.effective_at)) > 86400) as apart
  from (select * from statement_lines where source = 'bank') as l
  full join (
    select m.*, t.effective_at from movements as m join movement_transactions as t on t.id = m.tx_id
    where m.account_id <> 'external' and t.kind = 'transfer') as e
    on e.tx_id = l.reference and e.account_id = l.account_id and e.asset = l.asset and e.amount = l.amount`;

/** The same without the time of our entries, which is in another table. */
const barest = `
  select count(*) filter (where l.id is null) as ours, count(*) filter (where m.tx_id is null) as theirs, count(*) as all
  from (select * from statement_lines where source = 'bank') as l
  full join (select * from movements where account_id <> 'external' and tx_id like 'transfer:%') as m
    on m.tx_id = l.reference and m.account_id = l.account_id and m.asset = l.asset and m.amount = l.amount`;

/** A whole run, with its breaks written down, against one full join of the same rows that only counts. */
export async function reconcileRows(custodian: CustodianAdapter, client: pg.Client, rounds: Rounds): Promise<Row[]> {
  const { accounts, reconciliations } = custodian;
  rounds.progress('entries and lines');
  await accounts.open({ accountId: 'vault', kind: 'master', ownerId: 'bench' });
  await accounts.open({ accountId: 'clients', kind: 'omnibus', parentId: 'vault', ownerId: 'bench' });
  await reconciliations.defineRules({ source: 'bank', version: 1, movementKinds: ['transfer'] });
  await client.query('set search_path to custodian, extensions');
  await client.query(prepare);

  let runs = 0;
  const reconcile = async () => {
    const run = await reconciliations.run({ runId: `bench-${(runs += 1)}`, source: 'bank', cutoff: new Date() });
    if (run.matched !== ROWS - PLANTED || run.differences !== PLANTED)
      throw new Error(`${run.matched} matched, ${run.differences} differences`);
  };
  const join = (name: string, text: string) => async () => {
    const { rows } = await client.query<Record<string, string>>({ name, text });
    if (Number(rows[0]!['all']) !== ROWS + PLANTED) throw new Error(JSON.stringify(rows));
  };
  const samples = await interleave(
    [
      { name: 'reconciliation', run: (seconds) => callers(1, seconds, reconcile) },
      { name: 'full join', run: (seconds) => callers(1, seconds, join('full-join', fullJoin)) },
      { name: 'full join without times', run: (seconds) => callers(1, seconds, join('barest', barest)) },
    ],
    rounds,
  );
  const against = (peer: string, note: string) =>
    compare(samples, {
      bench: 'reconcile 100 000 lines, 100 000 entries',
      ours: 'reconciliation',
      peer,
      target: 1 / 3,
      note,
    });
  return [
    against('full join', `${PLANTED} breaks planted, found and written in each run`),
    against('full join without times', 'which are in another table; nor does it look at kinds of accounts'),
  ];
}
