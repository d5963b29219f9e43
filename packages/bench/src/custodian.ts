import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, provision } from '@tse/core/admin';
import { type CustodianAdapter, type ProcessSettlement, createCustodianAdapter, definition } from '@tse/custodian';
import { migrationsDirectory } from '@tse/migrations';
import { randomPassword } from '@tse/testkit/servers';
import pg from 'pg';
import { type Contender, type Rounds, type Row, callers, compare, interleave } from './measure.ts';
import { reconcileRows } from './reconcile.ts';
import { nextMatch, prepareOrders } from './settle.ts';
import type { Stage } from './stage.ts';

const PAIRS = 512;
const CALLERS = 32;

interface CustodianStage extends AsyncDisposable {
  readonly custodian: CustodianAdapter;
  readonly client: pg.Client;
}

/** A custodian on the servers of the stage, and who looks at its tables. */
async function openCustodianStage({ admin }: Stage): Promise<CustodianStage> {
  await using opening = new AsyncDisposableStack();
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  const adapter = { ...definition, migrations: migrationsDirectory };
  await provision(adapter, { admin, passwords });
  await migrate(adapter, { admin });
  const [postgres, redis] = [new URL(admin.postgresUrl), new URL(admin.redisUrl)];
  const custodian = opening.use(
    createCustodianAdapter({
      postgres: { url: `postgres://${postgres.host}${postgres.pathname}`, password: passwords.postgres },
      redis: { url: `redis://${redis.host}`, password: passwords.redis },
    }),
  );
  await custodian.ready();
  const client = new pg.Client(admin.postgresUrl);
  await client.connect();
  opening.defer(() => client.end());
  const opened = opening.move();
  return { custodian, client, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/**
 * Processing trades of four legs that settle at once, through the batcher, against the exchange's settle: by rows written a second.
 * And reconciliation against a full join of the same rows.
 */
export async function custody(stage: Stage, rounds: Rounds): Promise<Row[]> {
  rounds.progress('orders, accounts and holdings');
  await prepareOrders(stage);
  await using opened = await openCustodianStage(stage);
  const { custodian, client } = opened;
  await prepareHoldings(custodian);

  const settle = async () => {
    const [outcome] = await stage.exchange.matches.settle([nextMatch('spread')]);
    if (!outcome?.ok) throw outcome?.error ?? new Error('no outcome');
  };
  const processOne = async () => {
    const { status, reason } = await custodian.processSettlement(nextSettlement());
    if (status !== 'settled') throw new Error(`${status}: ${reason}`);
  };
  const rows = {
    settle: await rowsOf(client, 'exchange', settle),
    process: await rowsOf(client, 'custodian', processOne),
  };
  const contender = (name: string, work: () => Promise<unknown>, rowsEach: number): Contender => ({
    name,
    run: async (seconds) => {
      const sample = await callers(CALLERS, seconds, work);
      return { ...sample, done: sample.done * rowsEach };
    },
  });
  const samples = await interleave(
    [contender('processSettlement', processOne, rows.process), contender("exchange's settle", settle, rows.settle)],
    rounds,
  );
  return [
    compare(samples, {
      bench: 'processSettlement, 32 callers, by rows',
      ours: 'processSettlement',
      peer: "exchange's settle",
      target: 1,
      note: `rows written: ${rows.process.toFixed(1)} a settlement of four legs, ${rows.settle.toFixed(1)} a match`,
    }),
    ...(await reconcileRows(custodian, client, rounds)),
  ];
}

/** How many rows of its schema one of many in a batch inserts, changes and deletes, as PostgreSQL counts them. */
async function rowsOf(client: pg.Client, schema: string, work: () => Promise<void>): Promise<number> {
  const written = async () => {
    await sleep(2500); // what sessions have counted is told when they have been idle for a second
    const { rows } = await client.query<{ n: string }>(
      `select sum(n_tup_ins + case relname when 'outbox' then 0 else n_tup_upd + n_tup_del end) as n from pg_stat_user_tables
        where schemaname = $1 and relname not in ('publications', 'leases')`,
      [schema],
    );
    return Number(rows[0]!.n);
  };
  const size = 2000;
  const before = await written();
  for (let done = 0; done < size; done += 100) await Promise.all(Array.from({ length: 100 }, work));
  return ((await written()) - before) / size;
}

let made = 0;
function nextSettlement(): ProcessSettlement {
  const pair = Math.floor(Math.random() * PAIRS);
  const [seller, buyer] = [`seller-${pair}`, `buyer-${pair}`];
  made += 1;
  return {
    source: 'bench',
    reference: `${process.pid}-${made}`,
    cycle: 0,
    legs: [
      { kind: 'delivery', from: seller, to: buyer, asset: 'BTC', quantity: '0.001' },
      { kind: 'payment', from: buyer, to: seller, asset: 'USD', quantity: '0.1' },
      { kind: 'fee', from: seller, to: 'house/fees', asset: 'USD', quantity: '0.0001' },
      { kind: 'fee', from: buyer, to: 'house/fees', asset: 'USD', quantity: '0.0002' },
    ],
  };
}

async function prepareHoldings({ accounts, holdings }: CustodianAdapter): Promise<void> {
  const ownerId = 'bench';
  await accounts.open({ accountId: 'master', kind: 'master', ownerId });
  await accounts.open({ accountId: 'omnibus', kind: 'omnibus', parentId: 'master', ownerId });
  await accounts.open({ accountId: 'house/fees', kind: 'house', parentId: 'master', ownerId });
  const clients = Array.from({ length: PAIRS }, (_, i) => [
    [`seller-${i}`, 'BTC'],
    [`buyer-${i}`, 'USD'],
  ]).flat() as [string, string][];
  for (let from = 0; from < clients.length; from += CALLERS)
    await Promise.all(
      clients.slice(from, from + CALLERS).map(async ([accountId, asset]) => {
        await accounts.open({ accountId, kind: 'segregated', parentId: 'omnibus', ownerId });
        await holdings.adjust({
          reference: accountId,
          reason: 'bench',
          movements: [
            { accountId: 'external', asset, amount: '-1000000000' },
            { accountId, asset, amount: '1000000000' },
          ],
        });
      }),
    );
}
