import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ start: '2026-03-28T12:00:00Z' });
});
afterAll(() => t[Symbol.asyncDispose]());

const firesOf = async (scheduleId: string) => Array.fromAsync(t.coordinator.schedules.listFires({ scheduleId }));
const every = { scenarioId: 'sample', cron: '*/10 * * * *', catchup: 'P1D' } as const;

test('each nominal instant fires once, over a change of the clocks, however many coordinators there are', async () => {
  const { schedules, jobs } = t.coordinator;
  await using _second = t.box.open('coordinator');
  await using _third = t.box.open('coordinator');
  const schedule = await schedules.define({
    scheduleId: 'dst',
    scenarioId: 'sample',
    cron: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    overlap: 'allow',
    catchup: 'P7D',
  });
  expect(schedule.nextAt).toBe('2026-03-29T01:00:00.000000Z');
  for (let day = 0; day < 3; day += 1) {
    await t.box.clock.advance('P1D');
    await expect.poll(async () => (await firesOf('dst')).length).toBe(day + 1);
  }
  const fires = await firesOf('dst');
  expect(fires.map(({ nominalAt, outcome }) => [nominalAt.slice(0, 10), outcome])).toEqual([
    ['2026-03-29', 'late'],
    ['2026-03-30', 'late'],
    ['2026-03-31', 'late'],
  ]);
  expect((await jobs.list({ scheduleId: 'dst' })).items.map(({ jobId }) => jobId).toSorted()).toEqual(
    fires.map(({ jobId }) => jobId!).toSorted(),
  );
  await schedules.pause({ scheduleId: 'dst', paused: true });
});

test('what comes later than the catch-up is missed, and says so', async () => {
  const { schedules } = t.coordinator;
  await schedules.define({ ...every, scheduleId: 'missed', cron: '0 * * * *', catchup: 'PT30M', overlap: 'allow' });
  await t.box.clock.advance('PT3H');
  await expect.poll(async () => (await firesOf('missed')).length).toBe(3);
  expect((await firesOf('missed')).map(({ outcome, jobId }) => [outcome, jobId === undefined])).toEqual([
    ['missed', true],
    ['missed', true],
    ['on-time', false],
  ]);
  await schedules.pause({ scheduleId: 'missed', paused: true });
});

test.each([
  ['skip', ['on-time', 'skipped-overlap', 'skipped-overlap'], ['claimed']],
  ['buffer', ['on-time', 'on-time', 'skipped-overlap'], ['claimed', 'ready']],
  ['allow', ['on-time', 'on-time', 'on-time'], ['claimed', 'ready', 'ready']],
  ['cancel', ['on-time', 'on-time', 'on-time'], ['claimed', 'canceled', 'ready']],
] as const)('while an earlier tick runs, %s decides', async (overlap, outcomes, states) => {
  const { schedules, jobs } = t.coordinator;
  const scheduleId = `overlap-${overlap}`;
  const { nextAt } = await schedules.define({ ...every, scheduleId, overlap });
  await t.box.clock.advance(`PT${(Date.parse(nextAt!) - Date.parse(t.box.clock.now())) / 1000}S`);
  await expect.poll(async () => (await firesOf(scheduleId)).length).toBe(1);
  const [{ jobId }] = (await firesOf(scheduleId)) as unknown as [{ jobId: string }];
  let token = 0;
  for (const job of await jobs.claim({ holder: 'h', limit: 100 })) if (job.jobId === jobId) token = job.token!;
  for (let i = 2; i <= 3; i += 1) {
    await t.box.clock.advance('PT10M');
    await expect.poll(async () => (await firesOf(scheduleId)).length).toBe(i);
  }
  expect((await firesOf(scheduleId)).map(({ outcome }) => outcome)).toEqual(outcomes);
  expect((await jobs.list({ scheduleId })).items.toReversed().map(({ state }) => state)).toEqual(states);
  expect(await jobs.renew({ jobId, token })).toEqual({ cancelRequested: overlap === 'cancel' });
  await schedules.pause({ scheduleId, paused: true });
  await jobs.finish({ jobId, token, succeeded: true });
  for (const job of (await jobs.list({ scheduleId, state: ['ready'] })).items) await jobs.cancel(job.jobId);
});

test('what falls into a pause does not fire', async () => {
  const { schedules } = t.coordinator;
  await schedules.define({ ...every, scheduleId: 'paused', overlap: 'allow' });
  expect(await schedules.pause({ scheduleId: 'paused', paused: true })).not.toHaveProperty('nextAt');
  await t.box.clock.advance('PT1H');
  const { nextAt } = await schedules.pause({ scheduleId: 'paused', paused: false });
  expect(nextAt! > t.box.clock.now()).toBe(true);
  await t.box.clock.advance('PT10M');
  await expect.poll(async () => (await firesOf('paused')).length).toBe(1);
  await schedules.pause({ scheduleId: 'paused', paused: true });
});

test('what is no schedule is refused', async () => {
  const { schedules } = t.coordinator;
  await schedules.define({ ...every, scheduleId: 'same' });
  expect(
    await errorsOf([
      schedules.define({ ...every, scheduleId: 'x', cron: '99 * * * *' }),
      schedules.define({ ...every, scheduleId: 'x', timeZone: 'Mars/Olympus' }),
      schedules.define({ ...every, scheduleId: 'x', scenarioId: 'none' }),
      schedules.define({ ...every, scheduleId: 'same', cron: '0 0 * * *' }),
      schedules.pause({ scheduleId: 'none', paused: true }),
    ]),
  ).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'cron' }] },
    { kind: 'invalid-input', issues: [{ path: 'cron' }] },
    { code: 'unknown-scenario' },
    { code: 'id-conflict' },
    { code: 'unknown-schedule' },
  ]);
});
