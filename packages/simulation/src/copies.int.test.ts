import { type BaseAdapter, type DriftKind, withContext } from '@tse/core';
import { type Sandbox, sandbox } from '@tse/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdapterName, sevenAdapters } from './seven-adapters.ts';

const symbol = 'BTC-USD';
const start = '2026-01-01T00:00:00Z';
const traceId = 'e'.repeat(32);
let box: Sandbox<typeof sevenAdapters>;
let admin: Redis;
beforeAll(async () => {
  // Nobody else looks for what drifted.
  box = await sandbox(sevenAdapters, { start, options: { workers: false } });
  admin = new Redis(box.admin.redisUrl);
  box.open('audit', { workers: ['project-chains'] });
  box.open('marketData', { workers: ['keep-epoch'] });
});
afterAll(async () => {
  await admin.quit();
  await box[Symbol.asyncDispose]();
});

interface Copied {
  name: AdapterName;
  family: string;
  key: string;
  /** Reads through the port what is then copied, and answers it. */
  read(): Promise<unknown>;
  /** Writes what is read; runs once. */
  write(): Promise<unknown>;
  drift: { id: string; part?: string; kind: DriftKind };
  /** Where the copy is told again; elsewhere it is dropped. */
  kept?: true;
}

const hash = (field: string, change: (value: string) => string) => async (key: string) =>
  admin.hset(key, field, change((await admin.hget(key, field))!));
const text = (change: (value: string) => string) => async (key: string) =>
  admin.set(key, change((await admin.get(key))!), 'KEEPTTL');

const cases: [Copied, (key: string) => Promise<unknown>][] = [
  [
    {
      name: 'exchange',
      family: 'balances',
      key: 'balance:{alice}',
      write: () => box.fund('alice', { USD: '100' }),
      read: () => box.exchange.balances.list({ accountId: 'alice' }),
      drift: { id: 'alice', part: 'USD', kind: 'different' },
    },
    hash('USD', (value) => value.replace(' 100 ', ' 101 ')),
  ],
  [
    {
      name: 'risk',
      family: 'marks',
      key: `mark:{${symbol}}`,
      write: () => box.risk.marks.record({ symbol, price: '30000', sequence: 1, at: start }),
      read: () => box.risk.marks.find(symbol),
      drift: { id: symbol, part: 'last', kind: 'different' },
    },
    hash('last', (value) => value.replace('30000', '30001')),
  ],
  [
    {
      name: 'risk',
      family: 'active-alerts',
      key: 'active-alerts:{all}',
      write: () => box.risk.alerts.raise({ alertId: 'a1', dedupKey: 'peg', severity: 'high', summary: 'off its peg' }),
      read: () => box.risk.alerts.listActive(),
      drift: { id: 'all', part: 'a1', kind: 'missing' },
    },
    (key) => admin.hdel(key, 'a1'),
  ],
  [
    {
      name: 'trading',
      family: 'strategy-states',
      key: 'strategy-state:{d}',
      async write() {
        const { strategies, deployments } = box.trading;
        await strategies.create({ strategyId: 's', name: 'Averages', kind: 'trend-following', symbols: [symbol] });
        const { version } = await strategies.publishVersion({ strategyId: 's', codeHash: 'c0ffee', params: {} });
        await deployments.create({
          deploymentId: 'd',
          strategyId: 's',
          strategyVersion: version,
          accountId: 'alice',
          venue: 'exchange',
          startingEquity: '10000',
        });
        await deployments.attach({ deploymentId: 'd' });
        await deployments.saveState({ deploymentId: 'd', epoch: 1, sequence: 1, state: { fast: 1.5 } });
      },
      read: () => box.trading.deployments.findState('d'),
      drift: { id: 'd', part: 'state', kind: 'behind' },
    },
    hash('state', (value) => value.replace(/^\d+/, '0')),
  ],
  [
    {
      name: 'custodian',
      family: 'approvals',
      key: 'approval:{r1}',
      async write() {
        const { approvals } = box.custodian;
        for (const approverId of ['ann', 'ben']) await approvals.registerApprover({ approverId });
        await approvals.request({
          requestId: 'r1',
          subject: { kind: 'release', id: 'r1', digest: 'd1' },
          initiatorId: 'ivy',
          terms: { expiresAfter: 'PT1H', groups: [{ name: 'treasury', threshold: 2, members: ['ann', 'ben'] }] },
        });
      },
      read: () => box.custodian.approvals.get('r1'),
      drift: { id: 'r1', kind: 'different' },
    },
    hash('value', (value) => value.replace('"threshold":2', '"threshold":1')),
  ],
  [
    {
      name: 'marketData',
      family: 'manipulations',
      key: `manipulation:{${symbol}}`,
      async write() {
        const { instruments, manipulations } = box.marketData;
        await instruments.register({ symbol, tickSize: '0.01', stepSize: '0.001' });
        const modifier = { priceOffset: '-100' };
        const { version } = await manipulations.plan({ manipulationId: 'm1', symbol, kind: 'price-shift', modifier });
        const injecting = await manipulations.inject({ manipulationId: 'm1', version });
        await manipulations.activate({ manipulationId: 'm1', version: injecting.version });
      },
      read: () => box.marketData.manipulations.getEffect({ symbol }),
      drift: { id: symbol, kind: 'different' },
    },
    text((value) => value.replace('-100', '-1')),
  ],
  [
    {
      name: 'testCoordinator',
      family: 'runs',
      key: 'run:{run-1}',
      async write() {
        const scenario = 'scenario: quiet\nname: Nothing happens\ntype: combined\nlock: all\nsteps:\n  - wait: PT1M\n';
        await box.testCoordinator.scenarios.publish({ text: scenario, status: 'active' });
        await box.testCoordinator.runs.request({ runId: 'run-1', scenarioId: 'quiet' });
      },
      read: () => box.testCoordinator.runs.progress('run-1'),
      drift: { id: 'run-1', kind: 'different' },
      kept: true,
    },
    hash('status', () => 'completed'),
  ],
  [
    {
      name: 'audit',
      family: 'trace',
      key: `trace:{${traceId}}`,
      async write() {
        const event = { source: 'a-service', eventId: 'made', type: 'thing.made', aggregateId: 'thing' };
        await withContext({ traceId }, () => box.audit.trail.record(event));
        await expect.poll(async () => (await box.audit.chains.progress()).behind).toBe(0);
      },
      read: () => box.audit.chains.findTrace(traceId),
      drift: { id: traceId, kind: 'different' },
    },
    text((value) => value.replaceAll('"thing"', '"forged"')),
  ],
];

const gauges = async (adapter: BaseAdapter, family: string, name: string): Promise<number> => {
  const text = await adapter.metrics.getSingleMetricAsString(`adapter_projection_${name}`);
  return Number(new RegExp(`projection="${family}"\\} (\\S+)`).exec(text)?.[1]);
};

test.each(cases)('$name: what drifted of its $family is found, told and repaired', async (copied, corrupt) => {
  const { name, family, write, read, drift, kept } = copied;
  const adapter: BaseAdapter = box[name];
  const key = `${adapter.identity.prefix}:${copied.key}`;
  await write();
  const truth = await read();
  await expect.poll(() => admin.exists(key)).toBe(1);
  // What was written last may still be on its way.
  await expect
    .poll(async () => (await adapter.verifyCopies())[family])
    .toEqual({ checked: expect.any(Number), drifted: [] });

  const corrupted = async () => {
    await corrupt(key);
    return (await adapter.verifyCopies())[family]!;
  };
  // A copy that was still being filled may come over it once.
  await expect.poll(corrupted, { interval: 200 }).toEqual({ checked: expect.any(Number), drifted: [drift] });
  expect((await adapter.verifyCopies())[family]!.checked).toBeGreaterThan(0);
  expect(await gauges(adapter, family, 'drift')).toBe(1);
  await expect
    .poll(async () => (await adapter.health()).checks['verify-copies'])
    .toMatchObject({ state: 'degraded', reason: expect.stringContaining(`${family} ${drift.id}`) });

  expect((await adapter.verifyCopies({ repair: true }))[family]!.drifted).toEqual([drift]);
  expect(await gauges(adapter, family, 'drift')).toBe(0);
  expect(await gauges(adapter, family, 'rebuild_seconds')).toBeGreaterThan(0);
  expect(await admin.exists(key)).toBe(kept ? 1 : 0);
  expect(await read()).toEqual(truth);
  expect((await adapter.verifyCopies())[family]!.drifted).toEqual([]);
});
