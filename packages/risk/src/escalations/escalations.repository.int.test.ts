import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DueNotification, RaiseAlert } from '../index.ts';
import { type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: ['escalate-alerts', 'relay-events'] } });
});
afterAll(() => t[Symbol.asyncDispose]());

const raise = (alertId: string, over: Partial<RaiseAlert> = {}) =>
  t.risk.alerts.raise({ alertId, dedupKey: alertId, severity: 'high', summary: `${alertId} happened`, ...over });
const notificationsOf = (alertId: string) =>
  Array.fromAsync(t.risk.escalations.listNotifications({ alertId, limit: 2 }));
const told = async (alertId: string) =>
  (await notificationsOf(alertId)).map(({ round, step, target, state }) => [round, step, target, state]);

test('each step tells its targets and waits for its delay, and it begins anew as often as the policy says', async () => {
  const { escalations } = t.risk;
  const input = {
    policyId: 'two-steps',
    steps: [
      { targets: ['ann', 'bob'], delay: 'PT5M' },
      { targets: ['chief'], delay: 'PT10M' },
    ],
    repeats: 1,
  };
  const policy = await escalations.definePolicy(input);
  expect(await escalations.definePolicy(input)).toEqual(policy);
  expect(await escalations.getPolicy('two-steps')).toEqual(policy);
  expect((await escalations.listPolicies()).items).toEqual([policy]);
  const [conflict] = await errorsOf([escalations.definePolicy({ ...input, repeats: 2 })]);
  expect(conflict).toMatchObject({ code: 'id-conflict' });

  await raise('steps', { policyId: 'two-steps' });
  await expect
    .poll(() => told('steps'))
    .toEqual([
      [0, 0, 'ann', 'due'],
      [0, 0, 'bob', 'due'],
    ]);
  const after = async (duration: string, count: number) => {
    await t.box.clock.advance(duration);
    await expect.poll(async () => (await told('steps')).length).toBe(count);
  };
  await after('PT5M', 3);
  await after('PT10M', 5);
  await after('PT5M', 6);
  await after('PT10M', 6);
  expect((await told('steps')).map(([round, step, target]) => [round, step, target])).toEqual([
    [0, 0, 'ann'],
    [0, 0, 'bob'],
    [0, 1, 'chief'],
    [1, 0, 'ann'],
    [1, 0, 'bob'],
    [1, 1, 'chief'],
  ]);
  expect(await escalations.getState('steps')).not.toHaveProperty('nextAt');
  expect(await t.risk.alerts.get('steps', { fresh: true })).toMatchObject({ escalated: 3 });
});

test('a worker that ended between the notification and telling of it has another one deliver it again, and it is kept once', async () => {
  await raise('killed');
  await expect.poll(() => told('killed')).toHaveLength(1);
  const process = t.box.open('risk', { workers: false });
  const first: DueNotification[] = [];
  process.alerts.onDue(
    (notification) => {
      if (notification.alertId === 'killed') first.push(notification);
      return notification.alertId === 'killed' ? new Promise(() => {}) : Promise.resolve();
    },
    { claimMs: 300 },
  );
  await expect.poll(() => first.length).toBe(1);
  await process.close({ deadlineMs: 50 });
  const again: DueNotification[] = [];
  await using _ = t.risk.alerts.onDue(async (notification) => {
    if (notification.alertId === 'killed') again.push(notification);
    return { providerId: 'sms-7' };
  });
  await expect.poll(() => notificationsOf('killed')).toMatchObject([{ state: 'delivered' }]);
  expect(again).toHaveLength(1);
  const all = await notificationsOf('killed');
  expect(all).toHaveLength(1);
  expect(all[0]!.attempts).toBe(2);
  for (const { notificationId } of [...first, ...again]) expect(notificationId).toBe(all[0]!.notificationId);
});

test('a claim that ran out settles nothing any more', async () => {
  await raise('fenced');
  await expect.poll(() => told('fenced')).toHaveLength(1);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let slow = 0;
  const process = t.box.open('risk', { workers: false });
  await using _slow = process.alerts.onDue(
    async ({ alertId }) => {
      if (alertId !== 'fenced') return undefined;
      slow += 1;
      if (slow === 1) await held;
      return { providerId: 'slow' };
    },
    { claimMs: 150 },
  );
  await expect.poll(() => slow).toBe(1);
  await using _ = t.risk.alerts.onDue(async () => ({ providerId: 'fast' }));
  await expect.poll(() => notificationsOf('fenced')).toMatchObject([{ state: 'delivered', providerId: 'fast' }]);
  release();
  await t.risk.alerts.listActive({ fresh: true });
  expect(await notificationsOf('fenced')).toMatchObject([{ state: 'delivered', providerId: 'fast' }]);
});

test('a delivery that fails is tried again, and its error is kept without its text', async () => {
  let tries = 0;
  await using _ = t.risk.alerts.onDue(
    async ({ alertId }) => {
      if (alertId === 'failing' && (tries += 1) < 3) throw new TypeError('secret');
    },
    { retryMs: 10 },
  );
  await raise('failing');
  await expect.poll(() => notificationsOf('failing')).toMatchObject([{ state: 'delivered', attempts: 3 }]);
  expect(tries).toBe(3);
  expect(JSON.stringify(await notificationsOf('failing'))).not.toContain('secret');
});

test('what a silence or another alert keeps quiet is logged, and told once that is over', async () => {
  const { alerts } = t.risk;
  await alerts.silence({
    silenceId: 'quiet',
    matchers: { kind: 'manual', team: 'fx' },
    reason: 'maintenance',
    until: '2027-01-01T00:00:00Z',
  });
  await alerts.inhibit({ ruleId: 'outage', source: { what: 'outage' }, target: { what: 'symptom' }, equal: ['site'] });
  await raise('silenced', { labels: { team: 'fx' } });
  await expect
    .poll(() => notificationsOf('silenced'))
    .toMatchObject([{ state: 'suppressed', suppressedBy: 'silence quiet' }]);
  await raise('outage', { labels: { what: 'outage', site: 'a' } });
  await raise('symptom-a', { labels: { what: 'symptom', site: 'a' } });
  await raise('symptom-b', { labels: { what: 'symptom', site: 'b' } });
  await expect.poll(() => notificationsOf('symptom-a')).toMatchObject([{ suppressedBy: 'rule outage' }]);
  await expect
    .poll(async () => (await notificationsOf('symptom-b')).map(({ suppressedBy }) => suppressedBy))
    .toEqual([undefined]);
  expect((await alerts.listLog('symptom-a')).map(({ type }) => type)).toEqual(['opened', 'notification-suppressed']);
  expect((await alerts.listSilences({ active: true })).items).toHaveLength(1);
  await alerts.endSilence({ silenceId: 'quiet' });
  await alerts.endInhibition({ ruleId: 'outage' });
  expect(await alerts.listInhibitRules()).toEqual([]);
  expect((await alerts.listSilences({ active: true })).items).toEqual([]);
  await t.box.clock.advance('PT16M');
  const states = async (alertId: string) => (await notificationsOf(alertId)).map(({ suppressedBy }) => suppressedBy);
  await expect.poll(() => states('silenced')).toEqual(['silence quiet', undefined]);
  await expect.poll(() => states('symptom-a')).toEqual(['rule outage', undefined]);
});

test('a clock that jumps an hour makes one step due, and one that goes back makes nobody wait longer than a step', async () => {
  const { escalations } = t.risk;
  await escalations.definePolicy({ policyId: 'often', steps: [{ targets: ['x'], delay: 'PT5M' }] });
  await raise('jump', { policyId: 'often' });
  await expect.poll(async () => (await told('jump')).length).toBe(1);
  await t.box.clock.advance('PT1H');
  await expect.poll(async () => (await told('jump')).length).toBe(2);
  const before = t.box.clock.now();
  await expect.poll(async () => (await escalations.getState('jump')).nextAt! > before).toBe(true);
  expect(await told('jump')).toHaveLength(2);
  await t.box.clock.set(new Date(Date.parse(before) - 3_600_000));
  const limit = new Date(Date.parse(before) - 3_600_000 + 300_001).toISOString();
  await expect.poll(async () => (await escalations.getState('jump')).nextAt! < limit).toBe(true);
  await t.box.clock.advance('PT5M');
  await expect.poll(async () => (await told('jump')).length).toBe(3);
});
