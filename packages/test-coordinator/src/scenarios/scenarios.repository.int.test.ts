import { afterAll, beforeAll, expect, test } from 'vitest';
import { SAMPLE, type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';
import { shippedScenarios } from './shipped-scenarios.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const named = (id: string, more = '') => SAMPLE.replace('scenario: sample', `scenario: ${id}`) + more;

test('a scenario is published, read back with its steps, and is the same when it is published again', async () => {
  const { scenarios } = t.coordinator;
  const first = await scenarios.publish({ text: named('one'), createdBy: 'someone' });
  expect(first).toMatchObject({
    scenarioId: 'one',
    version: 1,
    spec: { name: 'A sample', lock: 'environment', rollback: 'default' },
  });
  expect(first.steps.map(({ path }) => path)).toEqual(['1', '2', '2.1', '2.2']);
  expect(await scenarios.get('one')).toMatchObject({
    status: 'draft',
    activeVersion: 1,
    type: 'combined',
    createdBy: 'someone',
    tags: [],
  });
  expect(await scenarios.publish({ text: `# another layout\n${named('one')}` })).toMatchObject({ version: 1 });
  const second = await scenarios.publish({ text: named('one', 'tags: [a, b]\n') });
  expect(second).toMatchObject({ version: 2, spec: { tags: ['a', 'b'] } });
  expect(await scenarios.get('one')).toMatchObject({ activeVersion: 2, lastVersion: 2, version: 2, tags: ['a', 'b'] });
  expect(await scenarios.getVersion({ scenarioId: 'one', version: 1 })).toEqual(first);
  expect(await scenarios.getVersion({ scenarioId: 'one' })).toEqual(second);
  expect(await scenarios.find('nobody')).toBeUndefined();
});

test('its status goes the ways it may, and an earlier version can be chosen', async () => {
  const { scenarios } = t.coordinator;
  await scenarios.publish({ text: named('two') });
  await scenarios.publish({ text: named('two', 'tags: [x]\n') });
  expect(await scenarios.change({ scenarioId: 'two', status: 'active', activeVersion: 1 })).toMatchObject({
    status: 'active',
    activeVersion: 1,
  });
  expect(await scenarios.change({ scenarioId: 'two', status: 'active' })).toMatchObject({ version: 3 });
  await scenarios.change({ scenarioId: 'two', status: 'archived' });
  expect(
    await errorsOf([
      scenarios.change({ scenarioId: 'two', status: 'active' }),
      scenarios.change({ scenarioId: 'two', status: 'draft', version: 1 }),
      scenarios.change({ scenarioId: 'two', activeVersion: 9 }),
      scenarios.change({ scenarioId: 'none', status: 'active' }),
      scenarios.publish({ text: named('two', 'tags: [y]\n') }),
      scenarios.getVersion({ scenarioId: 'two', version: 9 }),
      scenarios.get('none'),
    ]),
  ).toMatchObject([
    { code: 'illegal-transition' },
    { code: 'stale-version' },
    { code: 'unknown-version' },
    { code: 'unknown-scenario' },
    { code: 'scenario-archived' },
    { code: 'unknown-version' },
    { code: 'unknown-scenario' },
  ]);
});

test('scenarios are listed by what they are', async () => {
  const { scenarios } = t.coordinator;
  await scenarios.publish({ text: named('three', 'tags: [listed]\n').replace('type: combined', 'type: market-crash') });
  const ids = async (filter: object) =>
    (await Array.fromAsync(scenarios.list({ limit: 1, ...filter }))).map(({ scenarioId }) => scenarioId);
  expect(await ids({ type: 'market-crash' })).toEqual(['three']);
  expect(await ids({ tag: 'listed' })).toEqual(['three']);
  expect(await ids({ tag: 'none' })).toEqual([]);
  expect(await ids({ status: 'active', type: 'combined' })).toEqual(['sample']);
  expect((await ids({})).toSorted()).toEqual(await ids({}));
});

test('a template becomes a scenario with typed parameters, whose values may differ in a run', async () => {
  const { scenarios } = t.coordinator;
  const text = shippedScenarios()['price-shift.template']!;
  const template = await scenarios.publishTemplate({ text });
  expect(await scenarios.publishTemplate({ text })).toEqual(template);
  expect(await scenarios.publishTemplate({ text: `${text}# more\n` })).toMatchObject({ version: 2 });
  const made = await scenarios.instantiate({
    templateId: 'price-shift',
    version: 1,
    scenarioId: 'btc-up',
    parameters: { symbol: 'BTC-USD', by: '0.1' },
  });
  expect(made).toMatchObject({
    spec: { name: 'Shift of BTC-USD by 0.1' },
    template: { templateId: 'price-shift', version: 1, values: { symbol: 'BTC-USD', by: '0.1', lasts: 'PT10M' } },
  });
  const resolved = await scenarios.resolve({ scenarioId: 'btc-up', parameters: { by: '0.2' } });
  expect(resolved.spec.steps[0]).toMatchObject({ with: { symbol: 'BTC-USD', by: '0.2' } });
  expect(
    await errorsOf([
      scenarios.instantiate({ templateId: 'price-shift', scenarioId: 'x', parameters: { symbol: 'BTC-USD' } }),
      scenarios.instantiate({ templateId: 'price-shift', scenarioId: 'x', parameters: { symbol: 'btc', by: '0.1' } }),
      scenarios.instantiate({ templateId: 'none', scenarioId: 'x' }),
      scenarios.publish({ text }),
      scenarios.publishTemplate({ text: SAMPLE }),
    ]),
  ).toMatchObject([
    { code: 'bad-parameters', issues: [{ path: 'parameters.by' }] },
    { code: 'bad-parameters', issues: [{ path: 'parameters.symbol' }] },
    { code: 'unknown-template' },
    { code: 'malformed-scenario' },
    { code: 'malformed-scenario' },
  ]);
  expect(await scenarios.find('x')).toBeUndefined();
});

test('a dozen who publish at once get versions of their own, without a gap', async () => {
  const { scenarios } = t.coordinator;
  const versions = await Promise.all(
    Array.from({ length: 12 }, (_, i) => scenarios.publish({ text: named('many', `tags: [t${i % 6}]\n`) })),
  );
  expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  expect(await scenarios.get('many')).toMatchObject({ lastVersion: 6 });
});
