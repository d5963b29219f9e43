import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Registry } from 'prom-client';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { type OpsHandler, type OpsOptions, opsHandler } from './http.ts';
import { type Mounted, openAdapter } from './open-adapter.ts';
import { gate } from './test-gate.ts';
import { type SampleInstance, families, identity, minSchema, sampleInstance } from './test-instance.ts';
import type { AdapterOptions } from '../pipe/config.ts';
import type { Adapters } from './readiness.ts';

const servers = inject('servers');
let sample: SampleInstance;
let other: SampleInstance;
beforeAll(async () => {
  [sample, other] = await Promise.all([sampleInstance(servers), sampleInstance(servers)]);
});
afterAll(() => Promise.all([sample[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]));

const open = (options: AdapterOptions, mounted: Mounted = {}) =>
  openAdapter({ identity, families, minSchema, options }).mount(mounted);

async function serve(adapters: Adapters, options: OpsOptions = {}) {
  const ops: OpsHandler = opsHandler(adapters, options);
  const server: Server = createServer(ops);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ops,
    get: (path: string, init?: RequestInit) => fetch(at + path, init),
    status: async (path: string) => (await fetch(at + path)).status,
    async [Symbol.asyncDispose]() {
      ops[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.concurrent('liveness asks no store, readiness follows them, with a pause in both directions', async ({
  expect,
}) => {
  await using postgres = await gate(servers.postgres);
  await using adapter = open(sample.options({ postgres: postgres.port }));
  await using service = await serve({ sample: adapter });
  await expect.poll(() => service.status('/readyz'), { timeout: 3000 }).toBe(200);

  postgres.close();
  expect(await service.status('/readyz')).toBe(200);
  await expect.poll(() => service.status('/readyz'), { timeout: 6000 }).toBe(503);
  expect(await service.status('/livez')).toBe(200);
  const body = (await (await service.get('/readyz')).json()) as { ready: boolean; reasons: string[] };
  expect(body).toMatchObject({
    ready: false,
    reasons: [expect.stringContaining('postgres is down: postgres-unavailable')],
  });

  postgres.open();
  await expect.poll(() => service.status('/readyz'), { timeout: 6000 }).toBe(200);
});

test.concurrent('an adapter that is degraded is ready; a service that says no is not', async ({ expect }) => {
  await using redis = await gate(servers.redis, { closed: true });
  await using adapter = open(sample.options({ redis: redis.port }));
  await using service = await serve({ sample: adapter });
  await expect.poll(() => service.status('/readyz'), { timeout: 3000 }).toBe(200);
  service.ops.hold('stopping');
  expect(await (await service.get('/readyz')).json()).toEqual({ ready: false, reasons: ['stopping'] });
  service.ops.hold(undefined);
  expect(await service.status('/readyz')).toBe(200);
});

test.concurrent('metrics of all adapters and of the service are one exposition with each metric once', async ({
  expect,
}) => {
  const metrics = new Registry();
  new Counter({ name: 'own_total', help: 'own', registers: [metrics] }).inc(3);
  await using one = open(sample.options());
  await using two = open(other.options());
  await Promise.all([one.services.list(), two.services.list()]);
  for (const adapter of [one, two]) {
    await expect.poll(async () => (await adapter.health()).postgres.state, { timeout: 15_000 }).toBe('up');
  }
  await using service = await serve({ one, two }, { metrics });
  const response = await service.get('/metrics');
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const text = await response.text();
  expect(text).toContain('own_total 3');
  for (const { instance } of [sample, other]) {
    expect(text).toMatch(
      new RegExp(`adapter_store_up\\{[^}]*adapter_instance="${instance}"[^}]*store="postgres"[^}]*\\} 1`),
    );
    expect(text).toMatch(
      new RegExp(`adapter_operation_seconds_bucket\\{[^}]*adapter_instance="${instance}"[^}]*\\} 1`),
    );
  }
  const types = text.split('\n').filter((line) => line.startsWith('# TYPE'));
  expect(new Set(types).size).toBe(types.length);
});

test.concurrent('a collector that hangs fails the scrape and nothing else', async ({ expect }) => {
  const metrics = new Registry();
  metrics.registerMetric(
    new Gauge({ name: 'hanging', help: 'hangs', registers: [], collect: () => new Promise(() => {}) }),
  );
  await using adapter = open(sample.options());
  await using service = await serve({ sample: adapter }, { metrics });
  const scrape = service.status('/metrics');
  expect(await service.status('/livez')).toBe(200);
  expect(await scrape).toBe(503);
});

test.concurrent('the status page says in words how things are, escapes what it shows and loads nothing', async ({
  expect,
}) => {
  await using adapter = open(sample.options(), {
    checks: [{ name: '<script>alert(1)</script>', check: () => ({ state: 'degraded', reason: '"a" & <b>' }) }],
    workers: [
      { name: 'idle', run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())) },
    ],
  });
  await using service = await serve({ sample: adapter }, { name: 'risk <monitor>' });
  const response = await service.get('/');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).toContain('<html lang="en">');
  expect(page).toContain('risk &lt;monitor&gt;');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; is degraded: &quot;a&quot; &amp; &lt;b&gt;');
  expect(page).not.toMatch(/<script|<b>|src=|@import|url\(/);
  expect(page).toContain('<strong class="good">running</strong>');
  expect(page).toContain('0 calls waiting');
});

test.concurrent('what is not there, and what is not a read, is told', async ({ expect }) => {
  await using service = await serve({});
  expect(await service.status('/nothing')).toBe(404);
  expect(await service.status('/__proto__')).toBe(404);
  expect(await service.status('/constructor')).toBe(404);
  const posted = await service.get('/metrics', { method: 'POST' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await service.get('/livez?verbose=1', { method: 'HEAD' })).status).toBe(200);
  expect(await (await service.get('/livez')).text()).toBe('alive\n');
});
