import { instant } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DefineLimit, DueNotification } from '../index.ts';
import { SYMBOL, type TestRisk, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: ['watch-limits', 'escalate-alerts', 'relay-events'] } });
});
afterAll(() => t[Symbol.asyncDispose]());

const limit = (account: string, over: Partial<DefineLimit> = {}) =>
  t.risk.limits.define({ limitId: `l-${account}`, metric: 'position', scope: { account }, ...over });
const fill = (account: string, over: Parameters<TestRisk['fillOf']>[0] = {}) =>
  t.risk.positions.applyFill(t.fillOf({ account, ...over }));
const breachOf = async (account: string) => (await t.risk.breaches.list({ limitId: `l-${account}` })).items[0];
const alertOf = async (account: string) => {
  const alertId = (await breachOf(account))?.alertId;
  return alertId === undefined ? undefined : t.risk.alerts.get(alertId, { fresh: true });
};

test('a breach opens with its alert, becomes worse and better, keeps its peak, and is over', async () => {
  const { breaches, alerts } = t.risk;
  await limit('life', { warn: '1', soft: '2', hard: '3', recover: '0.5' });
  await fill('life', { quantity: '1.5' });
  await expect
    .poll(() => breachOf('life'))
    .toMatchObject({ severity: 'medium', observed: '1.5', subject: SYMBOL, limitVersion: 1 });
  const { breachId, alertId } = (await breachOf('life'))!;
  await alerts.acknowledge({ alertId, by: 'ann' });
  await fill('life', { quantity: '2' });
  await expect.poll(() => breachOf('life')).toMatchObject({ severity: 'critical', peak: '3.5' });
  // What became more severe nobody has answered yet.
  expect(await alerts.get(alertId)).not.toHaveProperty('acknowledgedBy');
  await fill('life', { side: 'sell', quantity: '1' });
  await expect.poll(() => breachOf('life')).toMatchObject({ severity: 'high', observed: '2.5', peak: '3.5' });
  await fill('life', { side: 'sell', quantity: '1.7' });
  await expect.poll(() => breachOf('life')).toMatchObject({ observed: '0.8' });
  expect(await breachOf('life')).not.toHaveProperty('clearedAt');
  await fill('life', { side: 'sell', quantity: '0.3' });
  await expect.poll(() => breachOf('life')).toHaveProperty('clearedAt');
  expect((await breaches.listEvents(breachId)).map(({ type, severity }) => [type, severity])).toEqual([
    ['opened', 'medium'],
    ['worsened', 'critical'],
    ['improved', 'high'],
    ['cleared', 'high'],
  ]);
  expect((await alerts.listLog(alertId)).map(({ type }) => type).filter((type) => type !== 'escalated')).toEqual([
    'opened',
    'acknowledged',
    'severity-changed',
    'severity-changed',
    'closed',
  ]);
  expect(await breaches.get(breachId)).toEqual(await breachOf('life'));
  await fill('life', { quantity: '1' });
  await expect.poll(async () => (await breachOf('life'))?.breachId).not.toBe(breachId);
});

test('a limit that is edited goes on with what is open under its new version, and one that is disabled ends it', async () => {
  await limit('edited', { soft: '1' });
  await fill('edited', { quantity: '2' });
  await expect.poll(() => breachOf('edited')).toMatchObject({ limitVersion: 1, severity: 'high' });
  await limit('edited', { hard: '1.5' });
  await expect.poll(() => breachOf('edited')).toMatchObject({ limitVersion: 2, severity: 'critical', limit: '1.5' });
  await limit('edited', { hard: '1.5', enabled: false });
  await expect.poll(() => alertOf('edited')).toMatchObject({ state: 'closed', closeReason: 'limit-disabled' });
  expect(await breachOf('edited')).toHaveProperty('clearedAt');
});

test('it is pending for a while, and recovering for a while', async () => {
  await limit('slow', { soft: '1', for: 'PT1M', keepFiringFor: 'PT1M' });
  await fill('slow', { quantity: '2' });
  const alert = async () =>
    (await t.risk.alerts.listActive({ fresh: true })).find(({ labels }) => labels['scope'] === 'account:slow');
  await expect.poll(alert).toMatchObject({ state: 'pending' });
  expect(await breachOf('slow')).toBeUndefined();
  await t.box.clock.advance('PT61S');
  await expect.poll(alert).toMatchObject({ state: 'firing' });
  await fill('slow', { side: 'sell', quantity: '2' });
  await expect.poll(alert).toMatchObject({ state: 'recovering' });
  expect(await breachOf('slow')).not.toHaveProperty('clearedAt');
  await fill('slow', { quantity: '3' });
  await expect.poll(alert).toMatchObject({ state: 'firing' });
  await fill('slow', { side: 'sell', quantity: '3' });
  await expect.poll(alert).toMatchObject({ state: 'recovering' });
  await t.box.clock.advance('PT61S');
  await expect.poll(alert).toBeUndefined();
  expect(await breachOf('slow')).toMatchObject({ peak: '3', clearedAt: t.box.clock.now() });
});

test('what cannot be told is an alert of its own, and neither a breach nor its end', async () => {
  await t.risk.limits.define({
    limitId: 'l-blind',
    metric: 'gross-exposure',
    scope: { account: 'blind' },
    soft: '100',
    maxPriceAge: 'PT1M',
  });
  await fill('blind', { symbol: 'DARK-USD', quantity: '2' });
  const noData = async () =>
    (await t.risk.alerts.listActive({ fresh: true })).find(({ dedupKey }) => dedupKey === 'no-data/l-blind/');
  await expect.poll(noData).toMatchObject({ kind: 'no-data', summary: expect.stringContaining('price-missing') });
  await t.mark('DARK-USD', '100');
  await expect.poll(() => breachOf('blind')).toMatchObject({ observed: '200' });
  await expect.poll(noData).toBeUndefined();
  await t.box.clock.advance('PT2M');
  await expect.poll(noData).toMatchObject({ summary: expect.stringContaining('price-stale') });
  expect(await breachOf('blind')).not.toHaveProperty('clearedAt');
});

test('monitors that judge at once open one breach with one alert, and each step once', async () => {
  const others = [t.box.open('risk', { workers: false }), t.box.open('risk', { workers: false })];
  await limit('many', { soft: '1', hard: '5' });
  for (const quantity of ['2', '9']) {
    await fill('many', { quantity });
    await Promise.all([t.risk, ...others].flatMap((risk) => [risk.breaches.evaluate(), risk.breaches.evaluate()]));
  }
  await expect.poll(() => breachOf('many')).toMatchObject({ severity: 'critical' });
  const { breachId, alertId } = (await breachOf('many'))!;
  expect((await t.risk.breaches.listEvents(breachId)).map(({ type }) => type)).toEqual(['opened', 'worsened']);
  const log = (await t.risk.alerts.listLog(alertId)).map(({ type }) => type);
  expect(log.filter((type) => type !== 'escalated')).toEqual(['opened', 'severity-changed']);
  expect((await t.risk.breaches.list({ limitId: 'l-many' })).items).toHaveLength(1);
});

test('an unanswered page comes again, an answered one does not, until its answer runs out', async () => {
  const { alerts, escalations } = t.risk;
  const pages: DueNotification[] = [];
  await limit('paged', { soft: '1', escalateAfter: 'PT15M' });
  await fill('paged', { quantity: '2' });
  await using _ = alerts.onDue(async (page) => void pages.push(page));
  const own = () => pages.filter(({ text }) => text.includes('account:paged')).map(({ round }) => round);
  await expect.poll(own).toEqual([0]);
  expect(pages.find(({ text }) => text.includes('account:paged'))!.text).toBe(
    `high: position of account:paged in ${SYMBOL} is 2, limit 1`,
  );
  const { alertId } = (await breachOf('paged'))!;
  await t.box.clock.advance('PT16M');
  await expect.poll(own).toEqual([0, 1]);
  const until = instant.plusMillis(t.box.clock.now(), 3_600_000);
  await alerts.acknowledge({ alertId, by: 'ann', until });
  await t.box.clock.advance('PT30M');
  await t.risk.breaches.evaluate();
  expect(own()).toEqual([0, 1]);
  expect(await escalations.getState(alertId)).not.toHaveProperty('nextAt');
  await t.box.clock.advance('PT31M');
  await expect.poll(own).toEqual([0, 1, 3]);
  expect(await alerts.get(alertId, { fresh: true })).not.toHaveProperty('acknowledgedAt');
  expect((await alerts.listLog(alertId)).map(({ type }) => type)).toContain('acknowledgement-expired');
});
