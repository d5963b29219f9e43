import { type AdapterError, type InvalidInputError } from '@tse/core';
import { expect, test } from 'vitest';
import { readScenarioFile } from './scenario-file.ts';
import { shippedScenarios } from './shipped-scenarios.ts';
import { placeSteps } from './step-tree.ts';

const file = `scenario: sample
name: A sample
type: combined
parameters:
  by: { type: decimal, default: '-0.1', min: '-0.5' }
steps:
  - { fault: shift, target: market-data, kind: depeg, with: { by: '\${by}' }, for: PT10M }
  - serial:
      - wait: PT1M
      - probe: up
        assertion: service-health
        target: exchange
        measure: healthy
        tolerance: { equals: true }
`;

const mistakesOf = (text: string): (readonly [path: string, message: string])[] => {
  try {
    readScenarioFile(text);
  } catch (error) {
    const { kind, code, issues } = error as AdapterError & InvalidInputError;
    expect([kind, code]).toEqual(['invalid-input', 'malformed-scenario']);
    return issues.map(({ path, message }) => [path, message] as const);
  }
  return [];
};
const edited = (from: string, to: string): string => {
  expect(file).toContain(from);
  return file.replace(from, to);
};

test.each([
  ['a word that YAML cannot read', edited('name: A sample', 'name: [A'), '', /^line \d+, column \d+: /],
  ['a key twice', edited('type: combined', 'type: combined\nname: Again'), '', /^line 4, column 1: .*unique/i],
  [
    'a key that is not known',
    edited('type: combined', 'type: combined\ncolour: red'),
    'colour',
    /^line 4, column 1: colour is not known here$/,
  ],
  ['a type that is not known', edited('type: combined', 'type: explosion'), 'type', /^line 3, column 7: /],
  ['a missing key', edited('name: A sample\n', ''), 'name', /^line 1, column 1: expected text/],
  ['no steps', edited(file.slice(file.indexOf('steps:')), 'steps: []\n'), 'steps', /^line 6, column 8: /],
  [
    'a step of no kind',
    edited('wait: PT1M', 'sleep: PT1M'),
    'steps.1.serial.0',
    /^line 9, column 9: expected a step: one of probe, fault/,
  ],
  ['a kind of fault that is not known', edited('kind: depeg', 'kind: flood'), 'steps.0.kind', /^line 7, column 48: /],
  [
    'a duration that is none',
    edited('wait: PT1M', 'wait: a minute'),
    'steps.1.serial.0.wait',
    /^line 9, column 15: expected an ISO-8601 duration above zero/,
  ],
  ['a duration of nothing', edited('for: PT10M', 'for: PT0S'), 'steps.0.for', /^line 7, .*above zero/],
  [
    'a tolerance of nothing',
    edited('{ equals: true }', '{}'),
    'steps.1.serial.1.tolerance',
    /^line 14, column 20: expected equals, min, max or matches/,
  ],
  [
    'a pattern that is none',
    edited('{ equals: true }', "{ matches: '(' }"),
    'steps.1.serial.1.tolerance.matches',
    /^line 14, column 31: expected a regular expression/,
  ],
  [
    'a deep key that is not known',
    edited('measure: healthy', 'measures: healthy'),
    'steps.1.serial.1.measures',
    /^line 13, column 9: measures is not known here$/,
  ],
  [
    'a hole without a parameter',
    edited("'${by}'", "'${of}'"),
    'steps.0.with.by',
    /^line 7, column \d+: \$\{of\} is no parameter/,
  ],
  ['a parameter of no type', edited('type: decimal', 'type: money'), 'parameters.by.type', /^line 5, column 15: /],
  [
    'a default that its bounds refuse',
    edited("default: '-0.1'", "default: '-0.9'"),
    'parameters.by.default',
    /^line 5, column 33: expected at least -0.5/,
  ],
  [
    'a default of another type',
    edited("default: '-0.1'", 'default: much'),
    'parameters.by.default',
    /^line 5, column 33: expected a decimal/,
  ],
  [
    'a parameter without a default',
    edited("default: '-0.1', ", ''),
    'parameters.by',
    /^line 5, column 7: expected a default/,
  ],
  [
    'a name that is none',
    edited('fault: shift', 'fault: The shift'),
    'steps.0.fault',
    /^line 7, column 14: expected 1 to 64 lower-case/,
  ],
  ['an id that is none', edited('scenario: sample', "scenario: 'a b'"), 'scenario', /^line 1, column 11: /],
  ['neither scenario nor template', edited('scenario: sample\n', ''), '', /expected either/],
  ['both of them', edited('scenario: sample', 'scenario: sample\ntemplate: sample'), '', /expected either/],
  ['an alias', edited('name: A sample', 'name: &a A sample\ndescription: *a'), '', /aliases .* are not taken/],
  ['a list instead of a scenario', '- a\n- b\n', '', /^line 1, column 1: /],
  ['nothing', '', '', /./],
  ['what is too large', `${file}# ${'x'.repeat(300_000)}`, '', /at most/],
])('%s is refused at its place', (_, text, path, message) => {
  const mistakes = mistakesOf(text);
  expect(mistakes.map(([at]) => at)).toContain(path);
  expect(mistakes.find(([at]) => at === path)?.[1]).toMatch(message);
});

test('several mistakes are told together', () => {
  const text = edited('type: combined', 'type: explosion')
    .replace('wait: PT1M', 'wait: soon')
    .replace('kind: depeg', 'kind: flood');
  expect(mistakesOf(text).map(([path]) => path)).toEqual(['type', 'steps.0.kind', 'steps.1.serial.0.wait']);
});

test('parameters are filled in where they are named, and refused by their names', () => {
  const { filled } = readScenarioFile(file);
  expect(filled().spec.steps[0]).toMatchObject({ with: { by: '-0.1' } });
  expect(filled({ by: '-0.25' }).spec.steps[0]).toMatchObject({ with: { by: '-0.25' } });
  for (const [given, path] of [
    [{ by: '-0.75' }, 'parameters.by'],
    [{ by: true }, 'parameters.by'],
    [{ to: '1' }, 'parameters.to'],
  ] as const)
    expect(() => filled(given as never)).toThrow(
      expect.objectContaining({ code: 'bad-parameters', issues: [expect.objectContaining({ path })] }),
    );
});

test('a template is read with holes that nothing fills yet', () => {
  const template = edited('scenario: sample', 'template: sample').replace("default: '-0.1', ", '');
  const read = readScenarioFile(template);
  expect(read.kind).toBe('template');
  expect(() => read.filled()).toThrow(/it has no default/);
  expect(read.filled({ by: '-0.2' }).spec.steps[0]).toMatchObject({ with: { by: '-0.2' } });
});

test('steps have their places in the tree', () => {
  const steps = placeSteps(readScenarioFile(file).filled().spec.steps);
  expect(steps.map(({ path, n, kind, name }) => [path, n, kind, name])).toEqual([
    ['1', 1, 'fault', 'shift'],
    ['2', 2, 'serial', 'serial'],
    ['2.1', 3, 'wait', 'wait PT1M'],
    ['2.2', 4, 'probe', 'up'],
  ]);
});

test.each(Object.entries(shippedScenarios()))('the shipped file %s can be read', (name, text) => {
  const read = readScenarioFile(text);
  expect(read.id).toBe(name.replace('.template', ''));
  const given = read.kind === 'template' ? { symbol: 'BTC-USD', by: '0.1' } : {};
  expect(placeSteps(read.filled(given).spec.steps).some(({ kind }) => kind === 'fault')).toBe(true);
});
