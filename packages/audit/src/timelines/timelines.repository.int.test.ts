import { instant, systemClock, withContext } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordSpan } from '../index.ts';
import { type TestAudit, asAdapter, event, testAudit } from '../test-audit.ts';
import { GROWTH } from './log-histogram.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit();
});
afterAll(() => t[Symbol.asyncDispose]());

const now = systemClock.now();
const minute = instant.of(`${now.slice(0, 16)}:00Z`);
const later = (ms: number) => instant.plusMillis(now, ms);
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const span = (trace: number, id: number, service: string, over: Partial<RecordSpan> = {}): RecordSpan => ({
  traceId: hex(trace, 32),
  spanId: hex(id, 16),
  service,
  name: 'work',
  startedAt: now,
  durationNs: 1_000_000,
  ...over,
});
const derived = async () => {
  await expect
    .poll(async () => {
      const [left] = await asAdapter<{ n: number }>(
        t.stores,
        sql`select (select count(*) from span_arrivals) + (select h.position - p.position from trail_head as h, projections as p where p.name = 'timelines') as n`,
      );
      return left!.n;
    })
    .toBe(0);
};
const wide = { from: '2026-01-01T00:00:00Z', to: later(86_400_000) };

test('services that worked: how often, how often in vain, and how fast, by minute and by day', async () => {
  const services = ['auth', 'order', 'risk', 'settlement', 'report'];
  await t.audit.telemetry.recordSpans(
    services.map((service, i) =>
      span(1, i + 1, service, { durationNs: (i + 1) * 1_000_000, status: service === 'report' ? 'error' : 'ok' }),
    ),
  );
  await derived();
  const { items } = await t.audit.timelines.listStats({ kind: 'span', ...wide });
  expect(items.map(({ service, count, errors, from }) => [service, count, errors, from])).toEqual(
    services.toSorted((a, b) => (a < b ? -1 : 1)).map((service) => [service, 1, service === 'report' ? 1 : 0, minute]),
  );
  for (const { service, p50Us, p99Us } of items) {
    const exact = (services.indexOf(service) + 1) * 1000;
    expect(Math.abs(p50Us! - exact) / exact).toBeLessThan(0.0101);
    expect(p99Us).toBe(p50Us);
  }
  // A hundred more of one of them: the steps add up.
  await t.audit.telemetry.recordSpans(
    Array.from({ length: 100 }, (_, i) =>
      span(2, i + 1, 'order', { startedAt: later(-60_000), durationNs: (i + 1) * 1_000_000 }),
    ),
  );
  await derived();
  const day = (
    await t.audit.timelines.listStats({
      kind: 'span',
      service: 'order',
      step: 'day',
      from: later(-3_600_000),
      to: wide.to,
    })
  ).items;
  expect(day.reduce((sum, { count }) => sum + count, 0)).toBe(101);
  const before = (
    await t.audit.timelines.listStats({ service: 'order', type: 'work', from: later(-60_000), to: minute })
  ).items[0]!;
  for (const [quantile, exact] of [
    [before.p50Us, 50_000],
    [before.p95Us, 95_000],
    [before.p99Us, 99_000],
  ] as const)
    expect(Math.abs(quantile! - exact) / exact).toBeLessThan(0.0101);
  const paged = await Array.fromAsync(t.audit.timelines.listStats({ kind: 'span', ...wide, limit: 2 }));
  expect(paged.map(({ service }) => service)).toEqual(['order', ...services.toSorted((a, b) => (a < b ? -1 : 1))]);
});

test('the buckets of the database are those that quantiles are read from', async () => {
  const values = Array.from({ length: 400 }, (_, i) => 1.07 ** i * 0.5);
  const [row] = await asAdapter<{ buckets: number[] }>(
    t.stores,
    sql`select array(select histogram_bucket(v) from unnest(${`{${values.join()}}`}::double precision[]) with ordinality as u (v, n) order by n) as buckets`,
  );
  for (const [i, bucket] of row!.buckets.entries()) {
    const value = values[i]!;
    if (value <= 1) expect(bucket).toBe(0);
    else {
      expect(value).toBeGreaterThan(GROWTH ** (bucket - 1) * (1 - 1e-9));
      expect(value).toBeLessThanOrEqual(GROWTH ** bucket * (1 + 1e-9));
    }
  }
});

test('events are counted by business time, with the time since their cause and who led to whom', async () => {
  const at = '2026-05-05T05:05:30Z';
  await t.audit.trail.record(event('placed', { source: 'exchange', type: 'order.placed', occurredAt: at }));
  await t.audit.trail.record(
    event('settled', { source: 'exchange', type: 'trade.settled', occurredAt: at, causationId: 'placed' }),
  );
  await t.audit.trail.record(
    event('failed', { source: 'custodian', type: 'settlement.failed', occurredAt: at, causationId: 'settled' }),
  );
  await t.audit.trail.record(
    event('status', {
      source: 'custodian',
      type: 'transfer.changed',
      occurredAt: at,
      causationId: 'settled',
      payload: { status: 'failed' },
    }),
  );
  await derived();
  const filter = { kind: 'event', from: '2026-05-05T05:05:00Z', to: '2026-05-05T05:06:00Z' } as const;
  const { items } = await t.audit.timelines.listStats(filter);
  expect(
    items.map(({ service, type, count, errors, p50Us }) => [service, type, count, errors, p50Us !== undefined]),
  ).toEqual([
    ['custodian', 'settlement.failed', 1, 1, true],
    ['custodian', 'transfer.changed', 1, 1, true],
    ['exchange', 'order.placed', 1, 0, false],
    ['exchange', 'trade.settled', 1, 0, true],
  ]);
  const dependencies = (await t.audit.timelines.listDependencies({ kind: 'event', from: now, to: later(1) })).items;
  expect(dependencies).toEqual([
    {
      kind: 'event',
      parent: 'exchange',
      child: 'custodian',
      calls: 2,
      errors: 2,
      p50Us: expect.any(Number),
      p95Us: expect.any(Number),
      p99Us: expect.any(Number),
    },
  ]);
});

test('a call of another service is a dependency, whichever side of it comes first, and once', async () => {
  const call = span(3, 1, 'engine', { kind: 'client', durationNs: 5_000_000 });
  const work = span(3, 2, 'ledger', {
    kind: 'server',
    parentSpanId: call.spanId,
    durationNs: 3_000_000,
    status: 'error',
  });
  const inner = span(3, 3, 'ledger', { parentSpanId: work.spanId });
  await t.audit.telemetry.recordSpans([inner, work]);
  await derived();
  await t.audit.telemetry.recordSpans([call, work, inner]);
  await derived();
  await t.audit.telemetry.recordSpans([call]);
  await derived();
  const { items } = await t.audit.timelines.listDependencies({
    kind: 'span',
    service: 'ledger',
    from: now,
    to: later(1),
  });
  expect(items).toMatchObject([{ parent: 'engine', child: 'ledger', calls: 1, errors: 1 }]);
  expect(Math.abs(items[0]!.p50Us! - 3000) / 3000).toBeLessThan(0.0101);
});

test('a clock that is ahead is found by a request seen on both sides; times stay, and beside them stands the corrected one', async () => {
  // The server's clock is 250 ms ahead; the request took 10 ms there and back. It says that it began after the answer was back.
  const call = span(4, 1, 'gateway', { kind: 'client', durationNs: 20_000_000 });
  const work = span(4, 2, 'matcher', {
    kind: 'server',
    instance: 'm-1',
    parentSpanId: call.spanId,
    startedAt: later(5 + 250),
    durationNs: 10_000_000,
  });
  const inner = span(4, 3, 'matcher', { instance: 'm-1', parentSpanId: work.spanId, startedAt: later(7 + 250) });
  const after = span(4, 4, 'gateway', { parentSpanId: call.spanId, startedAt: later(18) });
  await t.audit.telemetry.recordSpans([call, work, inner, after]);
  await derived();
  const { items } = await t.audit.timelines.listClockOffsets({ clock: 'matcher/m-1' });
  expect(items).toEqual([
    {
      parent: 'gateway',
      child: 'matcher/m-1',
      hour: expect.any(String),
      offsetUs: 250_000,
      uncertaintyUs: 5000,
      samples: 1,
    },
  ]);

  const timeline = await t.audit.timelines.get({ traceId: call.traceId });
  expect(timeline.items.map(({ spanId, at, adjustedAt }) => [spanId, at, adjustedAt])).toEqual([
    [call.spanId, call.startedAt, undefined],
    [work.spanId, work.startedAt, later(5)],
    [inner.spanId, inner.startedAt, later(7)],
    [after.spanId, after.startedAt, undefined],
  ]);
  expect(timeline.corrections).toEqual([
    { clock: 'matcher/m-1', reference: 'gateway', offsetUs: 250_000, uncertaintyUs: 5000 },
  ]);
  const raw = await t.audit.telemetry.listSpans({ traceId: call.traceId });
  expect(raw.items.find(({ spanId }) => spanId === work.spanId)!.startedAt).toBe(work.startedAt);

  // A better look at the same hour narrows it; a worse one only counts.
  for (const [id, ms, duration] of [
    [10, 1, 18],
    [20, 4, 12],
  ] as const) {
    const ask = span(5, id, 'gateway', { kind: 'client', durationNs: 20_000_000 });
    await t.audit.telemetry.recordSpans([
      ask,
      span(5, id + 1, 'matcher', {
        kind: 'server',
        instance: 'm-1',
        parentSpanId: ask.spanId,
        startedAt: later(ms + 250),
        durationNs: duration * 1_000_000,
      }),
    ]);
    await derived();
  }
  const [best] = (await t.audit.timelines.listClockOffsets({ clock: 'matcher/m-1' })).items;
  expect(best).toMatchObject({ offsetUs: 250_000, uncertaintyUs: 1000, samples: 3 });
});

test('what only follows another, as a consumer does, says nothing about clocks', async () => {
  const sent = span(6, 1, 'bus', { kind: 'producer' });
  await t.audit.telemetry.recordSpans([
    sent,
    span(6, 2, 'reader', { kind: 'consumer', parentSpanId: sent.spanId, startedAt: later(500), durationNs: 10 }),
  ]);
  await derived();
  expect((await t.audit.timelines.listClockOffsets({ clock: 'reader' })).items).toEqual([]);
});

test('events of a flow across services stand in the order of cause, between the spans that wrote them', async () => {
  const traceId = hex(7, 32);
  const steps = ['market-data', 'analysis', 'risk', 'execution', 'settlement'];
  await t.audit.telemetry.recordSpans([span(7, 1, 'engine', { startedAt: later(3_600_000) })]);
  await withContext({ traceId, correlationId: 'flow-7' }, async () => {
    for (const [i, source] of steps.entries())
      await t.audit.trail.record(
        event(`step-${i + 1}`, {
          source,
          ...(i > 0 && { causationId: `step-${i}` }),
          ...(i === 4 && { spanId: hex(1, 16) }),
        }),
      );
  });
  await derived();
  for (const of of [{ traceId }, { correlationId: 'flow-7' }]) {
    const { items } = await t.audit.timelines.get(of);
    // The engine's clock is an hour ahead; the last event was written within its span all the same.
    expect(items.map(({ service }) => service)).toEqual([...steps.slice(0, 4), 'engine', 'settlement']);
    expect(items.at(-1)!.causes).toHaveLength(2);
    expect(items[1]!.causes).toEqual([items[0]!.key]);
  }
  expect(await t.audit.timelines.get({ run: 'no-such-run' })).toEqual({ items: [], corrections: [], truncated: false });
  expect(await t.audit.timelines.get({ traceId, limit: 2 })).toMatchObject({ truncated: true });
});
