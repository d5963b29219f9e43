import { systemClock, withContext } from '@tse/core';
import { expect, test } from 'vitest';
import { event, testAudit } from './test-audit.ts';

const traceId = 'a'.repeat(32);

test('a service registers, tells of an event and of what follows from it, and everything of it is read back and agrees', async () => {
  await using t = await testAudit();
  const { audit } = t;
  await using registration = await audit.services.register({
    name: 'order-service',
    version: '1.0.0',
    host: '127.0.0.1',
    ports: { http: 8080 },
    metrics: { requests: 1 },
  });
  const { parent, child } = await withContext(
    { traceId, correlationId: 'session-1', actor: 'order-service' },
    async () => ({
      parent: await audit.trail.record(event('parent', { source: 'order-service', payload: { status: 'processed' } })),
      child: await audit.trail.record(event('child', { source: 'order-service', causationId: 'parent' })),
    }),
  );
  await audit.telemetry.recordSpans([
    {
      traceId,
      spanId: 'b'.repeat(16),
      service: 'order-service',
      name: 'place',
      startedAt: systemClock.now(),
      durationNs: 250_000_000,
    },
  ]);
  const done = audit.cache.group('workflow');
  await done.set('session-1', { completed: true });
  await audit.correlations.defineRule({ ruleId: 'sessions', version: 1, kind: 'same-id', settle: 'PT2S' });

  expect((await audit.services.list({ name: 'order-service' })).items).toMatchObject([
    { id: registration.id, version: '1.0.0', metrics: { requests: 1 } },
  ]);
  await expect.poll(async () => (await audit.chains.findTrace(traceId))?.events).toBe(2);
  const chain = await audit.chains.get('parent');
  expect(chain.effects).toMatchObject([{ eventId: 'child', position: child.position, via: parent.position }]);
  await expect
    .poll(async () => (await audit.correlations.ofKey('session-1')).map(({ positions }) => positions), {
      timeout: 15_000,
    })
    .toEqual([[parent.position, child.position]]);
  await expect
    .poll(
      async () =>
        (await audit.timelines.listStats({ kind: 'span', from: '2026-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }))
          .items,
    )
    .toMatchObject([{ service: 'order-service', type: 'place', count: 1, errors: 0 }]);
  expect(await done.find('session-1')).toEqual({ completed: true });
  await expect.poll(async () => (await audit.health()).reasons, { timeout: 10_000 }).toEqual([]);
});

test('five services of one session: five sources and five types, one event each; what each did adds up', async () => {
  await using t = await testAudit();
  const { audit } = t;
  const services = ['market-data', 'analysis', 'risk', 'execution', 'settlement'];
  await withContext({ traceId, correlationId: 'session-5' }, async () => {
    for (const [i, source] of services.entries())
      await audit.trail.record(
        event(`s${i}`, {
          source,
          type: `${source}.${i === 4 ? 'failed' : 'processed'}`,
          ...(i > 0 && { causationId: `s${i - 1}` }),
        }),
      );
  });
  const { items } = await audit.trail.list({ correlationId: 'session-5' });
  expect(items.map(({ source, type }) => [source, type])).toEqual(
    services.map((source, i) => [source, `${source}.${i === 4 ? 'failed' : 'processed'}`]),
  );
  const stats = () =>
    audit.timelines.listStats({ kind: 'event', from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:01:00Z' });
  await expect.poll(async () => (await stats()).items.length).toBe(5);
  const counted = (await stats()).items;
  expect(counted.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1]);
  expect(counted.filter(({ errors }) => errors > 0).map(({ service }) => service)).toEqual(['settlement']);
  expect((await audit.chains.get('s0')).effects.map(({ source }) => source)).toEqual(services.slice(1));
  const { items: led } = await audit.timelines.listDependencies({
    kind: 'event',
    from: '2026-01-01T00:00:00Z',
    to: '2100-01-01T00:00:00Z',
  });
  expect(led.map(({ parent, child }) => `${parent} ${child}`).toSorted()).toEqual(
    services
      .slice(1)
      .map((child, i) => `${services[i]} ${child}`)
      .toSorted(),
  );
});

test('a malformed event among good ones fails by itself; what was there, and the health, are as before', async () => {
  await using t = await testAudit();
  const { audit } = t;
  await audit.trail.record(event('before'));
  const outcomes = await audit.trail.ingest([event('good'), event('', {}), event('also-good')]);
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
  await expect(audit.trail.record(event(''))).rejects.toMatchObject({ kind: 'invalid-input' });
  await expect(audit.chains.get('never-recorded')).rejects.toMatchObject({ kind: 'not-found' });
  expect(await audit.trail.findEvent({ eventId: 'before' })).toBeDefined();
  await expect.poll(async () => (await audit.health()).reasons, { timeout: 10_000 }).toEqual([]);
});
