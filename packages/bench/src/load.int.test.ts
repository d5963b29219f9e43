import type { Print, PrintSource } from '@tse/simulation';
import pg from 'pg';
import { expect, inject, test, vi } from 'vitest';
import { linesOf } from './load/report.ts';
import { load } from './load.ts';

vi.setConfig({ testTimeout: 240_000 }); // seven schemas are set up, and dropped in the end

const servers = inject('servers');
const env = { ...process.env, TSE_TEST_POSTGRES_URL: servers.postgres, TSE_TEST_REDIS_URL: servers.redis };

/** A print every two seconds, bought and sold in turn. */
const source: PrintSource = {
  name: 'a hundred prints',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    for (let i = 0; i < 100; i += 1)
      yield {
        id: String(i + 1),
        sequence: i + 1,
        price: `100.${10 + (i % 7)}`,
        quantity: `0.${1 + (i % 9)}`,
        taker: i % 2 === 0 ? 'buy' : 'sell',
        at: new Date(Date.UTC(2026, 0, 1) + i * 2000).toISOString().replace('Z', '000Z'),
      } satisfies Print;
  },
};

test('all seven under load: each port is measured, all of it ends in every book, and nothing stays behind', async () => {
  const report = await load({ source, minutes: 0.1, stages: 2, from: 6, progress: () => {}, env });

  expect(report.stages.map(({ multiple }) => multiple)[0]).toBe(16);
  for (const { offered, done, failed, unsent, ports, lags, drainSeconds, kept, memory } of report.stages) {
    expect(offered).toBeGreaterThan(0);
    expect(done).toBeLessThanOrEqual(offered);
    expect(done + failed + unsent).toBeGreaterThan(0);
    expect(drainSeconds).toBeGreaterThan(0);
    for (const { p50, p99, max } of ports) {
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
      expect(max).toBeLessThan(Infinity);
    }
    for (const { age, mostEvents } of Object.values(lags)) {
      expect(age.max).toBeGreaterThanOrEqual(age.p50);
      expect(mostEvents).toBeGreaterThanOrEqual(0);
    }
    expect(kept.before).toBeGreaterThan(0);
    expect(memory.rss).toBeGreaterThan(kept.after);
  }

  const adapters = ['audit', 'custodian', 'exchange', 'market-data', 'risk', 'test-coordinator', 'trading'];
  const measured = new Set(report.stages.flatMap(({ ports }) => ports.map(({ port }) => port.split('.')[0])));
  for (const adapter of adapters) expect(measured).toContain(adapter);
  const checked = new Set(report.invariants.map(({ name }) => name.split(':')[0]));
  for (const adapter of adapters) expect(checked).toContain(adapter);
  for (const invariant of report.invariants) expect(invariant).toMatchObject({ ok: true });
  expect(report.left).toEqual({ audit: 0, inbox: 0 });

  const lines = linesOf(report).join('\n');
  expect(lines).toMatch(/^exchange\.orders\.place +\d+\.\d\/\d+/m);
  expect(lines).toContain(`all ${report.invariants.length} invariants hold`);

  const client = new pg.Client(servers.postgres);
  await client.connect();
  const { rows } = await client.query(`select nspname from pg_namespace where nspname ~ '_load_[0-9a-f]{8}$'`);
  await client.end();
  expect(rows).toEqual([]);
});
