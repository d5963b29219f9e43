import type { z } from 'zod';
import { expect, test } from 'vitest';
import { testCoordinatorEvents } from './events.ts';
import { testCoordinator } from './test-run.ts';

const types = Object.keys(testCoordinatorEvents.types) as (keyof typeof testCoordinatorEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testCoordinator();
  const { runs, faults, validations, invariants, schedules } = t.coordinator;
  await schedules.define({ scheduleId: 'often', scenarioId: 'sample', cron: '* * * * *', overlap: 'skip' });
  const { of } = await t.started('r');
  await t.planned(of, 'f');
  await t.planned(of, 'g');
  await faults.inject({ faultId: 'f', fence: of.fence });
  await faults.confirm({ faultId: 'f', state: 'injected' });
  await faults.undo({ faultId: 'f', fence: of.fence, reason: 'done' });
  await runs.startStep({ ...of, path: '1' });
  await runs.endStep({ ...of, path: '1', attempt: 1, status: 'failed', error: 'no' });
  await validations.recordHypothesis({ ...of, phase: 'before', deviations: ['x'] });
  await invariants.record({
    ...of,
    name: 'ledger',
    phase: 'after',
    passed: true,
    compared: 1,
    watermark: { exchange: 1 },
  });
  await runs.end({ ...of, status: 'failed', exitCode: 1, error: 'because', score: 50.5 });
  await t.box.clock.advance('PT2M');
  await expect.poll(async () => (await schedules.listFires({ scheduleId: 'often' })).items.length).toBe(2);
  await schedules.pause({ scheduleId: 'often', paused: true });

  const written = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
  };
  const total = await written();
  await expect.poll(async () => (await t.box.events.all()).length).toBe(total);
  const published = await t.box.events.all();
  expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(types.toSorted());
  const last = new Map<string, number>();
  for (const { type, payload, aggregate, aggregateId, aggregateVersion } of published) {
    const schema = testCoordinatorEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const aggregateOf = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion, `${type} ${aggregateId}`).toBeGreaterThan(last.get(aggregateOf) ?? 0);
    last.set(aggregateOf, aggregateVersion);
  }
});

test.each(types)('the example of %s is one', (type) => {
  expect(testCoordinatorEvents.example(type)).toMatchObject({ type, source: 'test_coordination' });
});
