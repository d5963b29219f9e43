import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withContext } from '../pipe/context.ts';
import { ConflictError, InternalError, OutcomeUnknownError, UnavailableError } from '../pipe/errors.ts';
import { Pipe, operation } from '../pipe/run.ts';
import { Telemetry } from '../pipe/telemetry.ts';
import { Batcher, type BatcherOptions } from './batcher.ts';

const telemetry = new Telemetry(
  { adapter: 'sample', adapter_instance: 'sample' },
  { logger: pino({ level: 'silent' }) },
);

/** A ledger that takes whole batches or nothing, as a statement does. */
function ledger(
  more: Partial<BatcherOptions<string, string>> & { delayMs?: number; fails?: (inputs: string[]) => unknown } = {},
) {
  const sent: string[][] = [];
  const written: string[] = [];
  const write = async (inputs: string[]) => {
    sent.push(inputs);
    if (more.delayMs !== undefined) await sleep(more.delayMs);
    const error = more.fails?.(inputs);
    if (error !== undefined) throw error;
    written.push(...inputs);
    return inputs.map((input) => `${input}!`);
  };
  const { delayMs: _, fails: __, ...options } = more;
  const batcher = new Batcher<string, string>(
    {
      name: 'sample.write',
      batch: (members) => write(members.map(({ input }) => input)),
      one: async ({ input }) => (await write([input]))[0]!,
      ...options,
    },
    telemetry,
  );
  return { batcher, sent, written };
}

test('what waits while a batch is in flight is the next batch, in order, up to the maximum', async () => {
  const { batcher, sent } = ledger({ delayMs: 5, max: 3 });
  const first = batcher.submit('a');
  await sleep(1);
  const rest = ['b', 'c', 'd', 'e'].map((input) => batcher.submit(input));
  expect(await Promise.all([first, ...rest])).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
  expect(sent).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
});

test('what one caller submits together stays together and in order, even beyond the maximum', async () => {
  const { batcher, sent } = ledger({ max: 2 });
  const lone = batcher.submit('x');
  const outcomes = await batcher.submitAll(['a', 'b', 'c']);
  expect(outcomes.map((o) => (o.status === 'fulfilled' ? o.value : 'failed'))).toEqual(['a!', 'b!', 'c!']);
  expect(sent).toEqual([['x'], ['a', 'b', 'c']]);
  await lone;
  expect(await batcher.submitAll([])).toEqual([]);
});

test('each member carries the context of its own caller', async () => {
  const actors: (string | null)[] = [];
  const batcher = new Batcher<string, string>(
    {
      name: 'sample.write',
      batch: async (members) => members.map(({ input, context }) => (actors.push(context.actor), input)),
    },
    telemetry,
  );
  await Promise.all(['alice', 'bob'].map((actor) => withContext({ actor }, () => batcher.submit(actor))));
  expect(actors).toEqual(['alice', 'bob']);
});

test('past its deadline a waiting member is unavailable and never sent; one in flight is unknown and the batch goes on', async () => {
  const { batcher, sent, written } = ledger({ delayMs: 80 });
  const inFlight = withContext({ deadlineMs: 20 }, () => batcher.submit('a'));
  await sleep(2);
  const waiting = withContext({ deadlineMs: 20 }, () => batcher.submit('b'));
  const patient = batcher.submit('c');
  await expect(inFlight).rejects.toMatchObject({ kind: 'outcome-unknown', code: 'deadline-exceeded' });
  await expect(waiting).rejects.toMatchObject({ kind: 'unavailable', code: 'deadline-exceeded' });
  expect(await patient).toBe('c!');
  expect(sent).toEqual([['a'], ['c']]);
  expect(written).toEqual(['a', 'c']);
});

test('an aborted caller: the reason while it waits and never sent, unknown once it was sent', async () => {
  const { batcher, sent } = ledger({ delayMs: 40 });
  const pipe = new Pipe('sample', telemetry);
  const write = operation('sample.write', z.string(), (id) => id);
  const [now, later] = [new AbortController(), new AbortController()];
  const submit = (input: string, { signal }: AbortController) =>
    pipe.run(write, input, { signal }, (parsed) => batcher.submit(parsed));
  const inFlight = submit('a', now);
  await sleep(2);
  const waiting = submit('b', later);
  await sleep(2);
  now.abort(new Error('gone'));
  later.abort(new Error('left'));
  await expect(inFlight).rejects.toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'a' } });
  await expect(waiting).rejects.toThrow('left');
  await batcher.submit('c');
  expect(sent).toEqual([['a'], ['c']]);
});

test('one poisoned member harms no other', async () => {
  const { batcher, written } = ledger({
    fails: (inputs) => (inputs.includes('bad') ? new InternalError('postgres-error', 'refused') : undefined),
  });
  const results = await Promise.allSettled(['a', 'bad', 'c'].map((input) => batcher.submit(input)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(written).toEqual(['a', 'c']);
  const outcomes = await batcher.submitAll(['d', 'bad', 'e']);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a lost reply is unknown to every member and nothing runs again; a store that is down is unavailable to all', async () => {
  for (const error of [new OutcomeUnknownError('lost'), new UnavailableError('postgres-unavailable', 'down')]) {
    const { batcher, sent } = ledger({ fails: (inputs) => (inputs.length > 1 ? error : undefined) });
    const results = await Promise.allSettled(['a', 'b'].map((input) => batcher.submit(input)));
    expect(results.map((r) => r.status === 'rejected' && (r.reason as UnavailableError).kind)).toEqual([
      error.kind,
      error.kind,
    ]);
    expect(sent).toEqual([['a', 'b']]);
  }
});

test('a store lost while members run one by one leaves the rest unsent', async () => {
  const { batcher, sent } = ledger({
    fails: (inputs) =>
      inputs.length > 1
        ? new ConflictError('already-exists', 'no')
        : inputs[0] === 'b'
          ? new OutcomeUnknownError('lost')
          : undefined,
  });
  const kinds = (await batcher.submitAll(['a', 'b', 'c'])).map((o) =>
    o.status === 'fulfilled' ? 'ok' : o.reason.kind,
  );
  expect(kinds).toEqual(['ok', 'outcome-unknown', 'unavailable']);
  expect(sent).toEqual([['a', 'b', 'c'], ['a'], ['b']]);
});

test('more than may wait is refused at once', async () => {
  const { batcher } = ledger({ delayMs: 20, maxWaiting: 2 });
  const taken = ['a', 'b'].map((input) => batcher.submit(input));
  await expect(batcher.submit('c')).rejects.toMatchObject({ kind: 'unavailable', code: 'overloaded' });
  await Promise.all(taken);
});

test('whatever fails, every caller hears once, and hears the truth', async () => {
  const failure = fc.constantFrom('none', 'none', 'poison', 'unknown-before', 'unknown-after', 'down');
  const write = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    wait: fc.integer({ min: 0, max: 3 }),
    deadline: fc.option(fc.integer({ min: 1, max: 6 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { maxLength: 12 }),
      fc.array(failure, { maxLength: 10 }),
      fc.nat(40),
      async (writes, failures, poisoned) => {
        const committed = new Map<string, number>();
        let call = 0;
        const commit = async (inputs: string[]) => {
          const how = failures[call++] ?? 'none';
          await sleep(1);
          if (how === 'down') throw new UnavailableError('postgres-unavailable', 'down');
          if (how === 'unknown-before') throw new OutcomeUnknownError('lost');
          if (how === 'poison' || inputs.includes(String(poisoned)))
            throw new InternalError('postgres-error', 'refused');
          for (const input of inputs) committed.set(input, (committed.get(input) ?? 0) + 1);
          if (how === 'unknown-after') throw new OutcomeUnknownError('lost');
          return inputs;
        };
        const batcher = new Batcher<string, string>(
          { name: 'x', max: 5, batch: (ms) => commit(ms.map(({ input }) => input)) },
          telemetry,
        );
        let next = 0;
        await Promise.all(
          writes.map(async ({ size, wait, deadline }) => {
            await sleep(wait);
            const inputs = Array.from({ length: size }, () => String(next++));
            const submit = () => batcher.submitAll(inputs);
            const outcomes = await (deadline === null ? submit() : withContext({ deadlineMs: deadline }, submit)).catch(
              (reason: unknown) => inputs.map(() => ({ status: 'rejected' as const, reason })),
            );
            outcomes.forEach((outcome, i) => {
              const times = committed.get(inputs[i]!) ?? 0;
              if (outcome.status === 'fulfilled') expect([outcome.value, times]).toEqual([inputs[i], 1]);
              // What is said to have failed has not happened; only the unknown may have.
              else if ((outcome.reason as { kind: string }).kind !== 'outcome-unknown') expect(times).toBe(0);
            });
          }),
        );
        for (const times of committed.values()) expect(times).toBe(1);
      },
    ),
    { numRuns: 60 },
  );
});
