import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { positiveAmount } from '../values/decimal.ts';
import { currentCall, currentContext, withContext, writeContext } from './context.ts';
import { ConflictError, InternalError, InvalidInputError, OutcomeUnknownError, isAdapterError } from './errors.ts';
import { toProblem } from './problem.ts';
import { Pipe, operation } from './run.ts';
import { Telemetry } from './telemetry.ts';

const place = operation(
  'exchange.orders.place',
  z.strictObject({ id: z.string(), quantity: positiveAmount }),
  (input) => input.id,
);
const good = { id: 'a1', quantity: '1.50' };

function open() {
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
  const registry = new Registry();
  const telemetry = new Telemetry(
    { adapter: 'exchange', adapter_instance: 'exchange' },
    { metrics: registry, logger: pino(sink) },
  );
  return { pipe: new Pipe('exchange', telemetry), registry, lines };
}

const caught = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('the task gets the parsed input; every field that is wrong is named and the task never runs', async () => {
  const { pipe } = open();
  expect(await pipe.run(place, good, undefined, async (input) => input.quantity)).toBe('1.5');
  let ran = false;
  const error = await caught(
    pipe.run(place, { id: 7, quantity: '-1', more: true }, undefined, async () => (ran = true)),
  );
  expect(error).toBeInstanceOf(InvalidInputError);
  expect((error as InvalidInputError).issues.map(({ path }) => path)).toEqual(['id', 'quantity', '']);
  expect(ran).toBe(false);
});

test('an unforeseen error becomes internal, and neither its text nor its fields reach the caller or the log', async () => {
  const { pipe, lines } = open();
  const driver = Object.assign(new Error('password=hunter2'), {
    detail: 'hunter2',
    command: { args: ['hunter2'] },
    code: 'XX000',
  });
  const error = await caught(pipe.run(place, good, undefined, () => Promise.reject(driver)));
  expect(error).toBeInstanceOf(InternalError);
  expect(JSON.stringify([error, toProblem(error), lines])).not.toContain('hunter2');
  expect(lines.join('')).toContain((error as InternalError).errorId);
});

test('a lost write carries the id to repeat with', async () => {
  const { pipe } = open();
  const error = await caught(pipe.run(place, good, undefined, () => Promise.reject(new OutcomeUnknownError('lost'))));
  expect(error).toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'a1' } });
});

describe('abort', () => {
  test('before the work is sent it rejects with its reason', async () => {
    const { pipe } = open();
    const reason = new Error('enough');
    expect(await caught(pipe.run(place, good, { signal: AbortSignal.abort(reason) }, async () => 1))).toBe(reason);
    const controller = new AbortController();
    const waiting = caught(pipe.run(place, good, { signal: controller.signal }, () => new Promise(() => {})));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
  });

  test('after a write was sent the outcome is unknown', async () => {
    const { pipe } = open();
    const controller = new AbortController();
    const waiting = caught(
      pipe.run(place, good, { signal: controller.signal }, () => {
        currentCall()!.sent = true;
        return new Promise(() => {});
      }),
    );
    controller.abort();
    expect(await waiting).toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'a1' } });
  });
});

test('outcomes are counted by kind under the operation, with the labels of the instance', async () => {
  const { pipe, registry } = open();
  await pipe.run(place, good, undefined, async () => 1);
  await caught(pipe.run(place, {}, undefined, async () => 1));
  await caught(pipe.run(place, good, undefined, () => Promise.reject(new ConflictError('insufficient-funds', 'no'))));
  const metric = await registry.getSingleMetric('adapter_operation_seconds')!.get();
  const counts = metric.values.filter((v) => (v as { metricName?: string }).metricName?.endsWith('_count'));
  expect(Object.fromEntries(counts.map((v) => [v.labels['outcome'], v.value]))).toEqual({
    ok: 1,
    'invalid-input': 1,
    conflict: 1,
  });
  expect(counts[0]!.labels).toMatchObject({ adapter: 'exchange', op: 'exchange.orders.place' });
});

test('draining waits for what is in flight and refuses what comes later', async () => {
  const { pipe } = open();
  let finish = () => {};
  const running = pipe.run(place, good, undefined, () => new Promise<void>((resolve) => (finish = resolve)));
  let drained = false;
  const draining = pipe.drain().then(() => (drained = true));
  expect(await caught(pipe.run(place, good, undefined, async () => 1))).toMatchObject({
    kind: 'unavailable',
    code: 'adapter-closed',
  });
  expect(drained).toBe(false);
  finish();
  await running;
  await draining;
});

test('context is inherited, laid over, and complete on what is written', () => {
  expect(currentContext()).toEqual({});
  withContext({ correlationId: 'req-1', actor: 'alice' }, () => {
    withContext({ causationId: 'event-1', run: 'run-1', fence: 3 }, () => {
      const written = writeContext();
      expect(written).toMatchObject({
        correlation_id: 'req-1',
        actor: 'alice',
        causation_id: 'event-1',
        run_id: 'run-1',
        fence: 3,
      });
      expect(written.trace_id).toMatch(/^[0-9a-f]{32}$/);
      expect(written.span_id).toMatch(/^[0-9a-f]{16}$/);
    });
  });
  const bare = writeContext();
  expect(bare.correlation_id).toBe(bare.trace_id);
});

test('problems carry status, code and what the kind calls for', () => {
  expect(toProblem(new InvalidInputError([{ path: 'side', message: 'unknown' }]))).toMatchObject({
    status: 400,
    body: { issues: [{ path: 'side' }] },
  });
  expect(toProblem(new ConflictError('insufficient-funds', 'not enough', { asset: 'USD' }))).toMatchObject({
    status: 409,
    body: { code: 'insufficient-funds', details: { asset: 'USD' } },
  });
  expect(toProblem(new OutcomeUnknownError('lost', 'a1'))).toMatchObject({
    status: 504,
    body: { repeatWith: { id: 'a1' } },
  });
  expect(toProblem(new TypeError('secret'))).toMatchObject({ status: 500, body: { detail: 'internal error' } });
  expect(isAdapterError({})).toBe(false);
});

test('an error that is printed shows what happened and not what its cause holds', () => {
  const driver = Object.assign(new Error('row (hunter2)'), { code: '23514', detail: 'hunter2' });
  const printed = inspect(
    new InternalError('postgres-error', 'PostgreSQL refused a statement', { sqlstate: '23514' }, driver),
  );
  expect(printed).toContain('PostgreSQL refused a statement');
  expect(printed).toContain('[Error 23514]');
  expect(printed).not.toContain('hunter2');
});
