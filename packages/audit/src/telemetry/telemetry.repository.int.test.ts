import { instant, systemClock } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordLog, type RecordSpan } from '../index.ts';
import { type TestAudit, asAdapter, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const now = systemClock.now();
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const span = (trace: number, id: number, over: Partial<RecordSpan> = {}): RecordSpan => ({
  traceId: hex(trace, 32),
  spanId: hex(id, 16),
  service: 'orders',
  name: 'POST /orders',
  startedAt: now,
  durationNs: 1_500_250,
  ...over,
});
const log = (body: string, over: Partial<RecordLog> = {}): RecordLog => ({
  service: 'orders',
  at: now,
  body,
  ...over,
});
const outcomes = (of: readonly { ok: boolean; error?: { code: string } }[]) =>
  of.map((o) => (o.ok ? 'ok' : o.error!.code));

test('a span is found as it was sent, to the nanosecond of how long it took', async () => {
  const { telemetry } = t.audit;
  const sent = span(1, 1, {
    parentSpanId: hex(9, 16),
    instance: 'orders-1',
    kind: 'server',
    status: 'error',
    statusMessage: 'späti',
    attributes: { 'http.request.method': 'POST', nested: { list: [1, '2', null, true] } },
    links: [{ traceId: hex(7, 32), spanId: hex(7, 16) }],
    events: [{ name: 'exception', at: now, attributes: { 'exception.type': 'Error' } }],
  });
  expect(await telemetry.recordSpans([sent])).toEqual([{ ok: true }]);
  const { items } = await telemetry.listSpans({ traceId: sent.traceId });
  expect(items).toEqual([{ ...sent, recordedAt: expect.stringMatching(/^20.*Z$/) }]);
});

test('sent again it is kept once; another span under its ids is refused, and the first stays', async () => {
  const { telemetry } = t.audit;
  const batch = [span(2, 1), span(2, 2), span(2, 1)];
  expect(outcomes(await telemetry.recordSpans(batch))).toEqual(['ok', 'ok', 'ok']);
  expect(outcomes(await telemetry.recordSpans(batch))).toEqual(['ok', 'ok', 'ok']);
  expect(outcomes(await telemetry.recordSpans([span(2, 3), span(2, 2, { name: 'other' })]))).toEqual([
    'ok',
    'id-conflict',
  ]);
  const { items } = await telemetry.listSpans({ traceId: hex(2, 32) });
  expect(items.map(({ spanId, name }) => [spanId, name])).toEqual([1, 2, 3].map((n) => [hex(n, 16), 'POST /orders']));
});

test('what would be dropped at once, or comes from the future, is refused by its name; a day of a wrong clock is not', async () => {
  const days = (n: number) => instant.plusMillis(now, n * 86_400_000);
  const sent = [
    span(3, 1, { startedAt: days(-31) }),
    span(3, 2, { startedAt: days(1.1) }),
    span(3, 3, { startedAt: days(0.9) }),
  ];
  const refused = await t.audit.telemetry.recordSpans(sent);
  expect(outcomes(refused)).toEqual(['too-old', 'in-the-future', 'ok']);
  expect(refused[0]).toMatchObject({ error: { kind: 'invalid-input', issues: [{ path: 'startedAt' }] } });
  expect(outcomes(await t.audit.telemetry.recordLogs([log('old', { at: days(-31) }), log('new')]))).toEqual([
    'too-old',
    'ok',
  ]);
});

test('spans and logs are listed by service, name, status, severity and time, page by page', async () => {
  const { telemetry } = t.audit;
  const at = (seconds: number) => instant.plusMillis(now, seconds * 1000);
  await telemetry.recordSpans(
    [0, 1, 2, 3, 4].map((n) =>
      span(4, n + 1, { service: n % 2 ? 'risk' : 'engine', startedAt: at(n), status: n === 4 ? 'error' : 'ok' }),
    ),
  );
  const ids = async (filter: object) =>
    (await Array.fromAsync(telemetry.listSpans({ traceId: hex(4, 32), limit: 2, ...filter }))).map(({ spanId }) =>
      Number(`0x${spanId}`),
    );
  expect(await ids({})).toEqual([1, 2, 3, 4, 5]);
  expect(await ids({ service: 'engine' })).toEqual([1, 3, 5]);
  expect(await ids({ status: 'error' })).toEqual([5]);
  expect(await ids({ from: at(1), to: at(3) })).toEqual([2, 3]);
  expect(await ids({ name: 'GET /' })).toEqual([]);

  await telemetry.recordLogs(
    [9, 13, 17].map((severity, n) =>
      log(`line ${n}`, { service: 'custodian', severity, at: at(n), traceId: hex(4, 32) }),
    ),
  );
  const lines = async (filter: object) =>
    (await Array.fromAsync(telemetry.listLogs({ service: 'custodian', limit: 1, ...filter }))).map(({ body }) => body);
  expect(await lines({})).toEqual(['line 0', 'line 1', 'line 2']);
  expect(await lines({ severity: 13 })).toEqual(['line 1', 'line 2']);
  expect(await lines({ traceId: hex(4, 32), to: at(1) })).toEqual(['line 0']);
});

test('equal log lines of one request are as many as there are; the request sent again adds none', async () => {
  const { telemetry } = t.audit;
  const twice = [log('tick', { service: 'clock' }), log('tick', { service: 'clock' })];
  for (let i = 0; i < 2; i += 1) expect(outcomes(await telemetry.recordLogs(twice))).toEqual(['ok', 'ok']);
  expect((await telemetry.listLogs({ service: 'clock' })).items).toHaveLength(2);
});

test('nobody changes what was sent, and only whole months of the past are dropped', async () => {
  for (const query of [sql`delete from spans`, sql`update logs set body = ''`])
    await expect(asAdapter(t.stores, query)).rejects.toMatchObject({
      code: expect.stringMatching(/permission|privilege|denied/),
    });
  const [before] = await asAdapter<{ n: number }>(t.stores, sql`select count(*) as n from spans`);
  const [{ forget_telemetry: dropped }] = (await asAdapter<{ forget_telemetry: number }>(
    t.stores,
    sql`select forget_telemetry(clock_timestamp() + interval '10 years')`,
  )) as [{ forget_telemetry: number }];
  // The two partitions for all before this month, and nothing else: no month that is under way goes, whoever asks.
  expect(dropped).toBe(2);
  const [after] = await asAdapter<{ n: number }>(t.stores, sql`select count(*) as n from spans`);
  expect(after!.n).toBe(before!.n);
});
