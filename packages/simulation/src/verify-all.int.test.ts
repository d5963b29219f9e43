import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withContext } from '@tse/core';
import type { Verified } from '@tse/core/admin';
import { type Sandbox, sandbox } from '@tse/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openAuditCorrelator } from './audit-correlator.ts';
import { runDemo } from './demo-run.ts';
import { planOf } from './ecosystem/plan.ts';
import { followFaults } from './fault-targets.ts';
import { verifiedOf } from './invariants.ts';
import type { Print, PrintSource } from './prints/print.ts';
import { sevenAdapters } from './seven-adapters.ts';
import { openTestCoordinator } from './test-coordinator.ts';

vi.setConfig({ hookTimeout: 240_000, testTimeout: 120_000 }); // a whole demo before, and all identities in each test

const names = Object.keys(sevenAdapters) as (keyof typeof sevenAdapters)[];
const symbol = 'BTC-USD';

const prints: readonly Print[] = Array.from({ length: 200 }, (_, i) => ({
  id: `${i + 1}`,
  sequence: i + 1,
  price: (100 + ((i * 7919) % 23) / 10).toFixed(1),
  quantity: `${1 + ((i * 31) % 40)}`,
  taker: i % 3 === 0 ? 'sell' : 'buy',
  at: new Date(Date.UTC(2026, 0, 5, 10, 0, i)).toISOString().replace('Z', '000Z'),
}));
const source: PrintSource = {
  name: 'prints of a few minutes',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    yield* prints;
  },
};

const SCENARIO = `
scenario: halt
name: The exchange halts its market
type: combined
lock: environment
hypothesis:
  - { probe: market-open, assertion: availability, target: exchange, measure: status, tolerance: { equals: open } }
steps:
  - { fault: halt, target: exchange, kind: service-restart, with: { symbol: ${symbol} }, for: PT10M }
`;

let box: Sandbox<typeof sevenAdapters>;
let admin: pg.Client;

/** Every service does its work, the coordinator runs a scenario over them, and the trail has it all. */
beforeAll(async () => {
  box = await sandbox(sevenAdapters, { start: prints[0]!.at });
  admin = new pg.Client(box.admin.postgresUrl);
  await admin.connect();
  await admin.query('set session_replication_role = replica');
  const signal = new AbortController().signal;
  const { audit, custodian, exchange, marketData, risk, testCoordinator, trading, clock } = box;
  const { instance } = exchange.identity;
  const target = { admin: box.admin, instance };
  const demo = {
    ...box,
    adapters: { audit, custodian, exchange, marketData, risk, testCoordinator, trading },
    target,
    environment: {},
  };
  const running = { clock, signal, scenario: 'depeg' as const, seed: 1, quiet: true, say: () => {} };
  const { invariants } = await runDemo(await planOf(source), demo, running);
  expect(invariants.filter(({ ok }) => !ok)).toEqual([]);

  const correlator = await openAuditCorrelator(audit, []);
  await testCoordinator.scenarios.publish({ text: SCENARIO, status: 'active' });
  await testCoordinator.jobs.enqueue({
    jobs: [
      { jobId: 'first', scenarioId: 'halt' },
      { jobId: 'second', scenarioId: 'halt', dependsOn: [{ jobId: 'first' }] },
    ],
  });
  const turn = (status: 'open' | 'halted') => exchange.markets.change({ symbol, status, reason: 'chaos' });
  await using _targets = followFaults(
    exchange,
    'exchange',
    { inject: () => turn('halted'), undo: () => turn('open') },
    (input, options) => testCoordinator.faults.confirm(input, options),
  );
  await openTestCoordinator(testCoordinator, {
    clock,
    pass: async (millis) => void (await clock.advance(`PT${millis / 1000}S`)),
    settle: () => Promise.resolve(),
    identities: () => Promise.resolve([]),
    look: async () => (await exchange.markets.get(symbol, { fresh: true })).status,
    snapshot: async () => ({
      watermarks: {},
      items: [{ schema: 'exchange', object: 'markets', rows: 1, sums: {}, checksum: 'same' }],
    }),
  }).run({ runId: 'run-1', scenarioId: 'halt' });

  // Prices that a scenario makes and somebody manipulates, for the same run.
  const { scenarios, scenarioRuns, manipulations } = marketData;
  const spec = {
    type: 'rally' as const,
    model: 'brownian-motion' as const,
    symbols: [{ symbol, startPrice: '100' }],
    duration: 'PT1M',
    step: 'PT1S',
  };
  await scenarios.define({ scenarioId: 'rally', name: 'A rally', spec });
  await withContext({ run: 'run-1', fence: 7 }, async () => {
    await scenarioRuns.start({ scenarioRunId: 'rally-1', scenarioId: 'rally', seed: '1' });
    const causes = [{ kind: 'drift', delta: '1.5' }] as const;
    const moves = [{ symbol, from: '100', to: '101.5', causes: [...causes], at: clock.now() }];
    await scenarioRuns.record({ scenarioRunId: 'rally-1', firstSequence: 1, moves });
    const of = { manipulationId: 'm', run: 'run-1', fence: 7 };
    await manipulations.plan({ ...of, symbol, kind: 'layering', modifier: { spreadShiftBps: 10 } });
    await manipulations.inject(of);
    await manipulations.recover(of);
    for (const [id, account] of [
      ['one', 'runaway'],
      ['two', 'momentum'],
    ] as const) {
      await exchange.ledger.deposit({ reference: id, accountId: account, asset: 'USD', amount: '1' });
      await custodian.accounts.open({ accountId: id, kind: 'master', ownerId: id });
      await risk.limits.define({ limitId: id, metric: 'position', scope: { account, symbol }, soft: '1' });
      await trading.strategies.create({ strategyId: id, name: id, symbols: [symbol] });
    }
  });
  await risk.breaches.evaluate();
  await correlator.drain(signal);
});
afterAll(async () => {
  await admin.end();
  await box[Symbol.asyncDispose]();
});

interface Found extends Verified {
  /** `exchange ledger` */
  of: string;
}

/** What `tse verify` checks, here without a process of its own. */
async function verify(): Promise<Found[]> {
  const { identity } = box.exchange;
  const checked = { options: box.options, target: { admin: box.admin, instance: identity.instance } };
  const signal = new AbortController().signal;
  const all = await Promise.all(
    names.map(async (name) => {
      const { name: adapter } = box[name].identity;
      return (await verifiedOf(checked, name, signal)).map((each) => ({ ...each, of: `${adapter} ${each.name}` }));
    }),
  );
  return all.flat();
}

/** `tse verify` over all adapters of the instance, as a shell runs it. */
function tseVerify(): Promise<{ code: number; out: string }> {
  const { instance } = box.exchange.identity;
  const passwords = names.flatMap((name) => {
    const { postgres, redis } = box.options(name);
    const { envPrefix } = box[name].identity;
    return [
      [`${envPrefix}POSTGRES_PASSWORD`, postgres!.password as string],
      [`${envPrefix}REDIS_PASSWORD`, redis!.password as string],
    ] as const;
  });
  const tse = fileURLToPath(import.meta.resolve('../../cli/bin/tse.js'));
  const env = {
    ...process.env,
    TSE_ADMIN_POSTGRES_URL: box.admin.postgresUrl,
    TSE_ADMIN_REDIS_URL: box.admin.redisUrl,
    ...Object.fromEntries(passwords),
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [tse, 'verify', '--instance', instance!], { env }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (code === 0 || code === 1) resolve({ code, out });
      else reject(new Error(`tse verify: ${String(code)}\n${err}`));
    });
  });
}

test('all identities hold, each of them compared something, and the command says so', async () => {
  const found = await verify();
  expect(found.filter(({ ok }) => !ok)).toEqual([]);
  expect(found.filter(({ compared }) => compared === 0).map(({ of }) => of)).toEqual([]);
  const { code, out } = await tseVerify();
  for (const { of, what } of found) {
    expect(what, of).toBeDefined();
    expect(out).toMatch(new RegExp(`^ok    ${of} +[\\d,]+ compared: ${what!.slice(0, 12)}`, 'm'));
  }
  expect(out.trimEnd().split('\n').at(-1)).toBe(`${found.length} of ${found.length} identities hold.`);
  expect(code).toBe(0);
});

interface BrokenRow {
  adapter: keyof typeof sevenAdapters;
  table: string;
  where?: string;
  set: Record<string, string>;
}

interface Break extends BrokenRow {
  what: string;
  /** The identities that say so, the first with this row. */
  found: string[];
  row: RegExp;
}

/** Changes one row past every trigger and right, as only the administrator can; disposed of, it is as it was. */
async function broken({ adapter, table, where = 'true', set }: BrokenRow): Promise<AsyncDisposable> {
  const columns = Object.keys(set);
  const name = `${box[adapter].identity.schema}.${table}`;
  await admin.query(`set search_path to ${box[adapter].identity.schema}`);
  await admin.query(`alter table ${name} disable trigger all`);
  const { rows } = await admin.query<Record<string, string>>(
    `select tableoid as of, ctid as at, ${columns.map((column) => `${column}::text`).join()} from ${name} where ${where} limit 1`,
  );
  expect(rows, `a row of ${name}`).toHaveLength(1);
  const row = rows[0]!;
  const changes = columns.map((column) => `${column} = ${set[column]}`).join();
  const { rows: changed } = await admin.query<{ at: string }>(
    `update ${name} set ${changes} where tableoid = $1 and ctid = $2 returning ctid as at`,
    [row['of'], row['at']],
  );
  return {
    async [Symbol.asyncDispose]() {
      const back = columns.map((column, i) => `${column} = $${i + 3}`).join();
      const before = columns.map((column) => row[column]);
      await admin.query(`update ${name} set ${back} where tableoid = $1 and ctid = $2`, [
        row['of'],
        changed[0]!.at,
        ...before,
      ]);
    },
  };
}

test.each<Break>([
  {
    what: 'a candle that is not its trades',
    adapter: 'marketData',
    table: 'candles',
    where: "interval = '1m' and is_closed",
    set: { trade_count: 'trade_count + 1' },
    found: ['market-data tape'],
    row: /^BTC-USD 1m .* at 2026-01-05 10:\d\d:00/,
  },
  {
    what: 'a cause that does not explain its move',
    adapter: 'marketData',
    table: 'price_causes',
    where: "run_id = 'rally-1'",
    set: { delta: 'delta + 0.5' },
    found: ['market-data causes'],
    row: /^run rally-1, move 1: from 100 to 101.5, causes 2/,
  },
  {
    what: 'a step of a manipulation under a later fence',
    adapter: 'marketData',
    table: 'manipulation_transitions',
    where: "version = 1 and manipulation_id = 'm'",
    set: { fence: '9' },
    found: ['market-data fence'],
    row: /^step 2 of manipulation m of run run-1 has fence 7, recorded after one of fence 9$/,
  },
  {
    what: 'a balance that is not its entries',
    adapter: 'exchange',
    table: 'balances',
    where: "account_id = 'alice' and asset = 'USD'",
    set: { posted: 'posted + 1' },
    found: ['exchange ledger'],
    row: /^alice USD: posted \S+, entries \S+$/,
  },
  {
    what: 'an account whose orders nobody has checked',
    adapter: 'exchange',
    table: 'accounts',
    where: "id = 'alice'",
    set: { check_required: 'true' },
    found: ['risk permission'],
    row: /^order \S+ was placed without an allowance of its own$/,
  },
  {
    what: 'a trade that was of somebody else',
    adapter: 'exchange',
    table: 'trades',
    where: "taker_account_id = 'runaway'",
    set: { taker_account_id: "'momentum'" },
    found: ['risk positions'],
    row: /^(momentum|runaway) BTC-USD: \S+ here, \S+ traded$/,
  },
  {
    what: 'an event that is not as it was published',
    adapter: 'exchange',
    table: 'outbox',
    where: 'publish_seq = 5',
    set: { payload: 'payload || \'{"changed":true}\'' },
    found: ['audit trail'],
    row: /^exchange_\S+ number 5: \S+ \S+ in the trail, \S+ \S+ in the outbox$/,
  },
  {
    what: 'an event under a later fence',
    adapter: 'exchange',
    table: 'outbox',
    where: "run_id = 'run-1' and source is null and payload->>'reference' = 'one'",
    set: { fence: '9' },
    found: ['exchange fence'],
    row: /^event \S+ \(funds.moved\) of run run-1 has fence 7, recorded after one of fence 9$/,
  },
  {
    what: 'a holding that is not its movements',
    adapter: 'custodian',
    table: 'holdings',
    where: "account_id = 'client/alice' and asset = 'USD'",
    set: { settled: 'settled + 1' },
    found: ['custodian holdings', 'custodian custody'],
    row: /^client\/alice USD: settled \S+, movements \S+$/,
  },
  {
    what: 'an instruction beyond its history',
    adapter: 'custodian',
    table: 'settlement_instructions',
    set: { version: 'version + 1' },
    found: ['custodian settlements'],
    row: /: is \S+ \(\d+ lots\), its history says/,
  },
  {
    what: 'a transfer beyond its history',
    adapter: 'custodian',
    table: 'transfers',
    set: { version: 'version + 1' },
    found: ['custodian transfers'],
    row: /^transfer \S+: \S+, its history/,
  },
  {
    what: 'a request that nobody approved',
    adapter: 'custodian',
    table: 'approval_requests',
    where: "status = 'pending'",
    set: { status: "'approved'", decided_at: 'opened_at', decided_quorum: "'[]'" },
    found: ['custodian approval'],
    row: /^request \S+: approved without its quorum$/,
  },
  {
    what: 'a fill that was more',
    adapter: 'risk',
    table: 'fills',
    where: "account_id = 'runaway'",
    set: { qty: 'qty + 1' },
    found: ['risk fills', 'risk positions'],
    row: /^runaway \S+ BTC-USD: \S+, fills \S+$/,
  },
  {
    what: 'an amount reserved for nothing',
    adapter: 'risk',
    table: 'exposures',
    set: { buying: 'buying + 1' },
    found: ['risk reservations'],
    row: /^\S+ BTC-USD: reserved \S+ to buy/,
  },
  {
    what: 'a peak below what was seen',
    adapter: 'risk',
    table: 'breaches',
    set: { peak: 'observed - 1' },
    found: ['risk breaches'],
    row: /^breach \S+: \S+ is above its peak \S+$/,
  },
  {
    what: 'a fill that the venue does not know',
    adapter: 'trading',
    table: 'fills',
    set: { qty: 'qty + 1', quote_qty: 'quote_qty + price' },
    found: ['trading positions', 'trading positions of the venue'],
    row: /^(order|runaway|momentum) .* fills \S+$/,
  },
  {
    what: 'a run that is not what its history says',
    adapter: 'testCoordinator',
    table: 'runs',
    where: "id = 'run-1'",
    set: { version: 'version + 1' },
    found: ['test-coordinator runs'],
    row: /^run run-1 is completed, its last event is missing$/,
  },
  {
    what: 'a fault that is not what its history says',
    adapter: 'testCoordinator',
    table: 'faults',
    where: "run_id = 'run-1'",
    set: { version: 'version + 1' },
    found: ['test-coordinator faults'],
    row: /^fault \S+ is undone, its last event is missing$/,
  },
  {
    what: 'a job that waits for more than there is',
    adapter: 'testCoordinator',
    table: 'jobs',
    where: "id = 'second'",
    set: { pending_dependencies: '2' },
    found: ['test-coordinator jobs'],
    row: /^job second waits for 2 jobs, of which 1 are open$/,
  },
  {
    what: 'an event of the trail with another payload',
    adapter: 'audit',
    table: 'events',
    where: 'position = 7',
    set: { payload: "replace(payload, '{', '{ ')" },
    found: ['audit trail'],
    row: /7/,
  },
  {
    what: 'a minute that counts too much',
    adapter: 'audit',
    table: 'minute_stats',
    where: "kind = 'event'",
    set: { count: 'count + 1' },
    found: ['audit timelines'],
    row: /^\S+ \S+ \S+ \S+: counted \d+, in the trail \d+$/,
  },
])('$what is found in $adapter, and named', async (what) => {
  await using _broken = await broken(what);
  const failed = (await verify()).filter(({ ok }) => !ok);
  expect(failed.map(({ of }) => of).toSorted()).toEqual(what.found.toSorted());
  expect(failed.find(({ of }) => of === what.found[0])!.differences).toContainEqual(expect.stringMatching(what.row));
});

test('the command names the row, and ends with 1; all is well again once it is as it was', async () => {
  {
    await using _broken = await broken({
      adapter: 'custodian',
      table: 'holdings',
      where: "account_id = 'client/alice' and asset = 'USD'",
      set: { settled: 'settled + 1' },
    });
    const { code, out } = await tseVerify();
    expect(out).toMatch(/^FAIL  custodian holdings .*\n        client\/alice USD: settled \S+, movements \S+$/m);
    expect(out).toMatch(/^FAIL  custodian custody .*\n        alice USD: custody \S+, exchange \S+$/m);
    expect(out).toMatch(/\n2 of \d+ identities FAILED \(custodian holdings, custodian custody\); \d+ hold\.\n$/);
    expect(code).toBe(1);
  }
  expect((await verify()).filter(({ ok }) => !ok)).toEqual([]);
});
