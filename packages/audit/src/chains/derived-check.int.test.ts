import { expect, test } from 'vitest';
import { event, testAudit } from '../test-audit.ts';
import { derivedCheck } from './derived-check.ts';

test('what nobody derives is told of by name once it is late, and no more when it is done', async () => {
  await using t = await testAudit({ options: { workers: false } });
  const check = derivedCheck(t.stores);
  expect(await check.check()).toEqual({
    state: 'up',
    lagSeconds: 0,
    facts: { 'chains behind': 0, 'timelines behind': 0 },
  });
  await t.audit.trail.record(event('a'));
  expect(await check.check()).toMatchObject({ state: 'up', facts: { 'chains behind': 1, 'timelines behind': 1 } });
  await t.tamper(
    `alter table events disable trigger user; update events set recorded_at = recorded_at - interval '2 minutes'; alter table events enable trigger user`,
  );
  expect(await check.check()).toMatchObject({
    state: 'degraded',
    reason: expect.stringMatching(/^chains are 12\d seconds behind/),
  });
  t.box.open('audit', { workers: ['project-chains', 'project-timelines'] });
  await expect
    .poll(() => check.check())
    .toMatchObject({ state: 'up', facts: { 'chains behind': 0, 'timelines behind': 0 } });
});
