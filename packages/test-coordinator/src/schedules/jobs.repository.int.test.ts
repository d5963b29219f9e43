import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';
import { inDependencyOrder } from './dependency-order.ts';
import type { Job, NewJob } from './jobs.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const job = (jobId: string, more: object = {}) => ({ jobId, scenarioId: 'sample', ...more });
const stateOf = async (jobId: string) => (await t.coordinator.jobs.get(jobId)).state;
const claimAll = (holder = 'h') => t.coordinator.jobs.claim({ holder, limit: 100 });
const finish = ({ jobId, token }: Job, succeeded: boolean) =>
  t.coordinator.jobs.finish({ jobId, token: token!, succeeded, ...(!succeeded && { error: 'no' }) });

test('children wait for their parents, and what a parent that failed means each says itself', async () => {
  const { jobs } = t.coordinator;
  await jobs.enqueue({
    jobs: [
      job('c-run', { dependsOn: [{ jobId: 'p', onFailure: 'run' }] }),
      job('c-skip', { dependsOn: [{ jobId: 'p', onFailure: 'skip' }] }),
      job('c-block', { dependsOn: [{ jobId: 'p' }] }),
      job('grandchild', { dependsOn: [{ jobId: 'c-skip', onFailure: 'skip' }] }),
      job('p'),
    ],
  });
  const [parent, ...none] = await claimAll();
  expect([parent!.jobId, none]).toEqual(['p', []]);
  await finish(parent!, false);
  expect(await Promise.all(['p', 'c-run', 'c-skip', 'c-block', 'grandchild'].map(stateOf))).toEqual([
    'dead',
    'ready',
    'skipped',
    'blocked',
    'skipped',
  ]);
  // A person has it run once more: what is blocked goes on.
  await jobs.retry('p');
  const claimed = await claimAll();
  await Promise.all(claimed.map((each) => finish(each, true)));
  expect(await Promise.all(['p', 'c-run', 'c-block'].map(stateOf))).toEqual(['completed', 'completed', 'ready']);
  await Promise.all((await claimAll()).map((each) => finish(each, true)));
});

test('who comes after its parents ended finds them so', async () => {
  const { jobs } = t.coordinator;
  await jobs.enqueue({ jobs: [job('done'), job('failed')] });
  for (const claimed of await claimAll()) await finish(claimed, claimed.jobId === 'done');
  await jobs.enqueue({
    jobs: [
      job('after-done', { dependsOn: [{ jobId: 'done' }] }),
      job('after-failed', { dependsOn: [{ jobId: 'failed' }, { jobId: 'done' }] }),
      job('skips', { dependsOn: [{ jobId: 'failed', onFailure: 'skip' }] }),
      job('runs', { dependsOn: [{ jobId: 'failed', onFailure: 'run' }] }),
    ],
  });
  expect(await Promise.all(['after-done', 'after-failed', 'skips', 'runs'].map(stateOf))).toEqual([
    'ready',
    'blocked',
    'skipped',
    'ready',
  ]);
  await Promise.all((await claimAll()).map((each) => finish(each, true)));
});

test('all or none are enqueued; the same again is the same', async () => {
  const { jobs } = t.coordinator;
  const given = { jobs: [job('first'), job('second', { dependsOn: [{ jobId: 'first' }] })] };
  const made = await jobs.enqueue(given);
  expect(await jobs.enqueue(given)).toEqual(made);
  expect(
    await errorsOf([
      jobs.enqueue({ jobs: [job('x1'), job('x2', { dependsOn: [{ jobId: 'none' }] })] }),
      jobs.enqueue({
        jobs: [job('x1', { dependsOn: [{ jobId: 'x2' }] }), job('x2', { dependsOn: [{ jobId: 'x1' }] })],
      }),
      jobs.enqueue({ jobs: [job('x1'), job('first', { priority: 9 })] }),
      jobs.enqueue({ jobs: [job('x1', { scenarioId: 'none' })] }),
    ]),
  ).toMatchObject([
    { code: 'unknown-parent', details: { jobId: 'x2' } },
    { kind: 'invalid-input', code: 'circular-dependency' },
    { code: 'id-conflict', details: { jobId: 'first' } },
    { code: 'unknown-scenario' },
  ]);
  expect(await jobs.find('x1')).toBeUndefined();
  for (const { jobId } of made) await jobs.cancel(jobId);
});

test('of a dozen workers each gets jobs of its own, and of one key one at a time', async () => {
  const { jobs } = t.coordinator;
  await jobs.enqueue({
    jobs: Array.from({ length: 40 }, (_, i) => job(`w-${i}`, { exclusiveKey: i < 8 ? 'one' : undefined })),
  });
  const claims = await Promise.all(
    Array.from({ length: 12 }, (_, i) => jobs.claim({ holder: `worker-${i}`, limit: 10 })),
  );
  const claimed = claims.flat();
  expect(new Set(claimed.map(({ jobId }) => jobId)).size).toBe(claimed.length);
  expect(claimed.filter(({ exclusiveKey }) => exclusiveKey === 'one').length).toBeLessThanOrEqual(1);
  for (let done = claimed; done.length > 0; done = await claimAll()) {
    expect(done.filter(({ exclusiveKey }) => exclusiveKey === 'one').length).toBeLessThanOrEqual(1);
    await Promise.all(done.map((each) => finish(each, true)));
  }
  expect(
    (await Array.fromAsync(jobs.list({ state: ['completed'] }))).filter(({ jobId }) => jobId.startsWith('w-')),
  ).toHaveLength(40);
});

test('a claim that was lost ends nothing, and its job is tried again after its backoff', async () => {
  const { jobs } = t.coordinator;
  await jobs.enqueue({ jobs: [job('lost', { maxAttempts: 3, backoff: 'PT10S' })] });
  const [first] = await jobs.claim({ holder: 'dies', ttl: 'PT0.05S' });
  const released = async () => [await claimAll(), await stateOf('lost')];
  await expect.poll(released).toEqual([[], 'ready']);
  await expect(jobs.renew({ jobId: 'lost', token: first!.token! })).rejects.toMatchObject({ code: 'stale-token' });
  await t.box.clock.advance('PT10S');
  const [second] = await claimAll('lives');
  expect(second).toMatchObject({ jobId: 'lost', attempts: 2, error: 'lost' });
  await expect(finish(first!, true)).rejects.toMatchObject({ code: 'stale-token' });
  await finish(second!, false);
  expect(await jobs.get('lost')).toMatchObject({ state: 'ready', error: 'no' });
  await t.box.clock.advance('PT20S');
  const [third] = await claimAll();
  expect(await finish(third!, false)).toMatchObject({ state: 'dead', attempts: 3 });
  expect(await errorsOf([jobs.cancel('lost'), jobs.retry('none'), jobs.get('none')])).toMatchObject([
    { code: 'job-ended' },
    { code: 'unknown-job' },
    { code: 'unknown-job' },
  ]);
});

test('the more urgent and the earlier come first, none before its time', async () => {
  const { jobs } = t.coordinator;
  const later = new Date(Date.parse(t.box.clock.now()) + 60_000);
  await jobs.enqueue({
    jobs: [
      job('low', { priority: -1 }),
      job('plain'),
      job('high', { priority: 5 }),
      job('later', { priority: 9, startAfter: later }),
    ],
  });
  const order: string[] = [];
  for (let [next] = await jobs.claim({ holder: 'h' }); next; [next] = await jobs.claim({ holder: 'h' })) {
    order.push(next.jobId);
    await finish(next, true);
  }
  expect(order).toEqual(['high', 'plain', 'low']);
  await jobs.cancel('later');
});

test('whatever depends on whatever, parents come first or a circle is found', () => {
  const graph = fc
    .integer({ min: 1, max: 12 })
    .chain((size) =>
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }).map((edges) => ({ size, edges })),
    );
  fc.assert(
    fc.property(graph, ({ size, edges }) => {
      const given = Array.from({ length: size }, (_, i) => ({
        jobId: `${i}`,
        dependsOn: edges
          .filter(([child, parent]) => child === i && parent !== i)
          .map(([, parent]) => ({ jobId: `${parent}`, onFailure: 'block' as const })),
      })) as unknown as NewJob[];
      const ordered = inDependencyOrder(given);
      // By another way: a circle is there where no walk along the edges ends.
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        given
          .find(({ jobId }) => jobId === from)!
          .dependsOn.some(({ jobId }) => jobId === to || (!seen.has(jobId) && reaches(jobId, to, seen.add(jobId))));
      const isCircular = given.some(({ jobId }) => reaches(jobId, jobId));
      if (ordered === undefined) return isCircular;
      const place = new Map(ordered.map(({ jobId }, i) => [jobId, i]));
      return (
        !isCircular &&
        ordered.length === size &&
        ordered.every(({ jobId, dependsOn }) =>
          dependsOn.every((parent) => place.get(parent.jobId)! < place.get(jobId)!),
        )
      );
    }),
  );
});
