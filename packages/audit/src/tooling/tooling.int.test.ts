import { expect, test } from 'vitest';
import { testAudit } from '../test-audit.ts';
import { tooling } from './tooling.ts';

test('seeding again changes nothing, and what is derived from it holds', async () => {
  await using t = await testAudit({ options: { workers: ['project-chains', 'project-timelines'] } });
  const context = {
    options: { ...t.box.options('audit'), workers: false },
    progress: () => {},
    signal: new AbortController().signal,
  };
  const seeded = await tooling.seed!(context);
  const { position } = await t.audit.trail.head();
  expect(await tooling.seed!(context)).toEqual(seeded);
  expect((await t.audit.trail.head()).position).toBe(position);
  await expect.poll(async () => (await t.audit.chains.progress()).behind).toBe(0);
  const chain = await t.audit.chains.get('seed-1');
  expect(chain.effects.map(({ source }) => source)).toEqual([
    'seed-trading',
    'seed-risk',
    'seed-exchange',
    'seed-custodian',
  ]);
  expect((await Array.fromAsync(t.audit.correlations.listRules())).map(({ kind }) => kind).toSorted()).toEqual([
    'same-id',
    'same-order',
    'sequence',
    'time-window',
  ]);
  await expect
    .poll(async () => {
      await using facts = await t.facts();
      return (await tooling.verify!({ ...context, facts, factsOf: () => Promise.resolve(undefined) })).map(
        ({ name, ok, compared }) => [name, ok, compared],
      );
    })
    .toEqual(
      expect.arrayContaining([
        ['chains', true, position],
        ['timelines', true, position],
      ]),
    );
});
