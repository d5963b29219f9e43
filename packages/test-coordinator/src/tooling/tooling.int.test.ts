import { queryBuilder } from '@tse/core';
import { snapshotFacts } from '@tse/core/admin';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { type TestCoordinator, testCoordinator } from '../test-run.ts';
import { tooling } from './tooling.ts';

const signal = new AbortController().signal;
const progress = () => {};

async function verify(t: TestCoordinator) {
  await using facts = await t.facts();
  const found = await tooling.verify!({
    facts,
    factsOf: () => Promise.resolve(undefined),
    options: t.box.options('coordinator'),
    progress,
    signal,
  });
  return Object.fromEntries(found.map(({ name, ok, differences }) => [name, ok ? 'ok' : differences?.join('; ')]));
}

async function used(): Promise<TestCoordinator> {
  const t = await testCoordinator();
  const { of } = await t.started('r');
  await t.planned(of, 'f');
  await t.coordinator.runs.startStep({ ...of, path: '1' });
  await t.coordinator.validations.recordHypothesis({ ...of, phase: 'before' });
  await t.coordinator.jobs.enqueue({
    jobs: [
      { jobId: 'p', scenarioId: 'sample' },
      { jobId: 'c', scenarioId: 'sample', dependsOn: [{ jobId: 'p' }] },
    ],
  });
  return t;
}

test('seeding again changes nothing', async () => {
  await using t = await testCoordinator();
  const seed = () => tooling.seed!({ options: t.box.options('coordinator'), progress, signal });
  const first = await seed();
  expect(first).toEqual({ scenarios: 5, templates: 1, schedules: 1 });
  expect(await seed()).toEqual(first);
  expect((await t.coordinator.scenarios.list({ status: 'active' })).items).toHaveLength(6);
  expect((await t.coordinator.schedules.get('nightly-depeg')).paused).toBe(true);
});

test('what agrees is found to agree', async () => {
  await using t = await used();
  expect(await verify(t)).toEqual({ runs: 'ok', faults: 'ok', fence: 'ok', jobs: 'ok' });
});

test.each([
  ['runs', sql`update runs set status = 'interrupted' where id = 'r'`, /run r is interrupted, its last event running/],
  [
    'faults',
    sql`update faults set state = 'undone', ended_at = planned_at where id = 'f'`,
    /fault f is undone, its last event planned/,
  ],
  [
    'fence',
    sql`insert into hypothesis_results (run_id, phase, met, deviations, fence, verified_at) values ('r', 'after', true, '[]', 9, now())`,
    /hypothesis after of run r has fence 9, its run 1/,
  ],
  ['jobs', sql`update jobs set pending_dependencies = 2 where id = 'c'`, /job c waits for 2 jobs, of which 1 are open/],
])('a row of %s that somebody changed by hand is named', async (name, change, difference) => {
  await using t = await used();
  await t.stores.pg.query('test', 'write', { compile: () => change.compile(queryBuilder<Tables>()) });
  expect((await verify(t))[name]).toMatch(difference);
});

test('what the facts of a schema hold is read, kept for a run, and differs once something happened', async () => {
  await using t = await used();
  const { of } = await t.started('snapped');
  const take = async (snapshotId: string, phase: 'before' | 'after') => {
    await using facts = await t.facts();
    return await tooling.recordSnapshot!({
      options: { ...t.box.options('coordinator'), workers: false },
      progress,
      signal,
      snapshotId,
      ...of,
      phase,
      snapshots: { [t.coordinator.identity.schema]: await snapshotFacts(facts) },
    });
  };
  expect(await take('one', 'before')).toBe('one');
  await t.planned(of, 'new-fault');
  await take('two', 'after');
  const differences = await t.coordinator.snapshots.diff({ before: 'one', after: 'two' });
  expect(differences.find(({ object }) => object === 'facts_faults')).toMatchObject({
    change: 'changed',
    rowsBefore: 1,
    rowsAfter: 2,
  });
  expect(differences.map(({ object }) => object)).not.toContain('facts_jobs');
});
