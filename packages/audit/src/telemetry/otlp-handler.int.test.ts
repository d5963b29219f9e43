import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { instant, systemClock } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { otlpHandler } from '../index.ts';
import { type TestAudit, testAudit } from '../test-audit.ts';

let t: TestAudit;
let server: Server;
let url: string;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
  server = createServer(otlpHandler(t.audit.telemetry, { maxBytes: 100_000 }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await t[Symbol.asyncDispose]();
});

const now = instant.micros(systemClock.now()) * 1000n;
const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body: text as string,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, body: (await response.json()) as Record<string, never>, headers: response.headers };
};
const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'engine' } },
    { key: 'service.instance.id', value: { stringValue: 'engine-1' } },
  ],
};
const span = (spanId: string, over: object = {}) => ({
  traceId: '5B8EFFF798038103D269B633813FC60C',
  spanId,
  name: 'match',
  kind: 2,
  startTimeUnixNano: String(now),
  endTimeUnixNano: String(now + 1_234_567n),
  ...over,
});
const traces = (...spans: object[]) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'x' }, spans }] }],
});

test('spans come as an SDK sends them: ids in hex, long numbers as text or numbers, values of every kind, what is unknown passed by', async () => {
  const sent = span('EEE19B7EC3C1B174', {
    parentSpanId: '',
    flags: 257,
    droppedAttributesCount: 0,
    attributes: [
      { key: 'text', value: { stringValue: 'a' } },
      { key: 'whole', value: { intValue: '12' } },
      { key: 'long', value: { intValue: '9223372036854775807' } },
      { key: 'real', value: { doubleValue: 1.5 } },
      { key: 'flag', value: { boolValue: false } },
      { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, { stringValue: 'b' }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } } },
      { key: 'nothing' },
    ],
    status: { code: 2, message: 'no' },
    events: [
      {
        name: 'exception',
        timeUnixNano: String(now),
        attributes: [{ key: 'exception.message', value: { stringValue: 'no' } }],
        droppedAttributesCount: 0,
      },
    ],
    links: [{ traceId: 'a'.repeat(32), spanId: 'B'.repeat(16), attributes: [] }],
  });
  expect(await post('/v1/traces', traces(sent))).toMatchObject({ status: 200, body: {} });
  const { items } = await t.audit.telemetry.listSpans({ traceId: '5b8efff798038103d269b633813fc60c' });
  expect(items).toMatchObject([
    {
      spanId: 'eee19b7ec3c1b174',
      service: 'engine',
      instance: 'engine-1',
      kind: 'server',
      durationNs: 1_234_567,
      status: 'error',
      statusMessage: 'no',
      events: [{ name: 'exception', attributes: { 'exception.message': 'no' } }],
      attributes: {
        text: 'a',
        whole: 12,
        long: '9223372036854775807',
        real: 1.5,
        flag: false,
        list: [1, 'b'],
        map: { k: true },
        nothing: null,
      },
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
    },
  ]);
  expect(items[0]).not.toHaveProperty('parentSpanId');
});

test('logs come with their severity and their span, packed or not', async () => {
  const record = (body: object, over: object = {}) => ({
    timeUnixNano: String(now),
    severityNumber: 17,
    body,
    ...over,
  });
  const logs = {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              record({ stringValue: 'gone' }, { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }),
              record(
                { kvlistValue: { values: [{ key: 'a', value: { intValue: 1 } }] } },
                { timeUnixNano: '0', observedTimeUnixNano: String(now) },
              ),
            ],
          },
        ],
      },
    ],
  };
  const packed = gzipSync(JSON.stringify(logs));
  expect(await post('/v1/logs', packed, { 'content-encoding': 'gzip' })).toMatchObject({ status: 200, body: {} });
  expect(await post('/v1/logs', logs)).toMatchObject({ status: 200, body: {} });
  const { items } = await t.audit.telemetry.listLogs({ service: 'engine' });
  expect(new Set(items.map(({ body, severity, traceId }) => `${severity} ${body} ${traceId}`))).toEqual(
    new Set([`17 gone ${'c'.repeat(32)}`, '17 {"a":1} undefined']),
  );
  expect(items).toHaveLength(2);
});

test('a span that cannot be taken is told of as a partial success, and the others are kept', async () => {
  const { status, body } = await post(
    '/v1/traces',
    traces(
      span('1'.repeat(16)),
      span('0'.repeat(16)),
      span('2'.repeat(16), { startTimeUnixNano: '1', endTimeUnixNano: '2' }),
    ),
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({
    partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringMatching(/spanId.*too-old/) },
  });
  const { items } = await t.audit.telemetry.listSpans({ traceId: '5b8efff798038103d269b633813fc60c' });
  expect(items.map(({ spanId }) => spanId)).toContain('1'.repeat(16));
});

test('what is no OTLP is refused for good, and the next request is served', async () => {
  const json = { 'content-type': 'application/json' };
  expect(await post('/v1/traces', '{')).toMatchObject({ status: 400 });
  expect(await post('/v1/traces', { resourceSpans: 'none' })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('resourceSpans') },
  });
  expect(await post('/v1/traces', traces(span('3'.repeat(16), { startTimeUnixNano: -1 })))).toMatchObject({
    status: 400,
  });
  expect(await post('/v1/traces', traces(span('3'.repeat(16), { startTimeUnixNano: 1.5 })))).toMatchObject({
    status: 400,
  });
  expect(
    await post('/v1/traces', gzipSync('x'.repeat(1000)).subarray(5), { 'content-encoding': 'gzip' }),
  ).toMatchObject({ status: 400 });
  expect(await post('/v1/traces', 'x'.repeat(200_000))).toMatchObject({ status: 413 });
  expect(await post('/v1/traces', gzipSync('x'.repeat(200_000)), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 413,
  });
  expect(await post('/v1/metrics', {})).toMatchObject({ status: 404 });
  expect(await post('/v1/traces', 'x', { 'content-type': 'application/x-protobuf' })).toMatchObject({ status: 415 });
  expect((await fetch(`${url}/v1/traces`, { headers: json })).status).toBe(405);
  expect(await post('/v1/traces', {})).toMatchObject({ status: 200, body: {} });
});

test('while PostgreSQL is away the sender is told to come again, and then nothing is lost', async () => {
  const sent = traces(span('4'.repeat(16)));
  {
    await using _ = t.box.postgres.down();
    const { status, headers } = await post('/v1/traces', sent);
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await t.audit.ready();
  await expect.poll(async () => (await post('/v1/traces', sent)).status).toBe(200);
  const { items } = await t.audit.telemetry.listSpans({ traceId: '5b8efff798038103d269b633813fc60c' });
  expect(items.filter(({ spanId }) => spanId === '4'.repeat(16))).toHaveLength(1);
});
