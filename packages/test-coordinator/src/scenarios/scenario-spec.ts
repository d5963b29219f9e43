import { durationInput, parseDuration, textInput } from '@tse/core';
import { z } from 'zod';
import { faultKinds } from '../faults/fault-states.ts';
import { assertionTypes, probeModes } from '../validations/validations.ts';

export const scenarioTypes = [
  'service-restart',
  'network-partition',
  'network-latency',
  'resource-exhaustion',
  'data-corruption',
  'strategy-malfunction',
  'price-divergence',
  'market-crash',
  'stablecoin-depeg',
  'settlement-failure',
  'combined',
] as const;
/** What a scenario is about. */
export type ScenarioType = (typeof scenarioTypes)[number];

export const rollbacks = ['always', 'never', 'default', 'deviated'] as const;
/** When what was broken is put right: always, never, unless the run failed (`default`), or only where the steady state did not hold. */
export type Rollback = (typeof rollbacks)[number];

const name = z
  .string({ error: 'expected a name' })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected 1 to 64 lower-case letters, digits and hyphens');
const duration = z
  .string({ error: 'expected an ISO-8601 duration such as PT15M' })
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'expected an ISO-8601 duration above zero such as PT15M');
const target = textInput(64);
const values = z.record(z.string(), z.json());

/** What a probe may find. A number compares as a decimal; text as a regular expression where it says so. */
export const tolerance = z
  .strictObject({
    equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
    min: z.union([z.string(), z.number()]).optional(),
    max: z.union([z.string(), z.number()]).optional(),
    matches: z
      .string()
      .max(500)
      .refine((text) => isPattern(text), 'expected a regular expression')
      .optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'expected equals, min, max or matches');
/** What a probe may find: a range, a value, or a pattern. */
export type Tolerance = z.output<typeof tolerance>;

const probeFields = {
  probe: name,
  assertion: z.enum(assertionTypes),
  target,
  measure: textInput(200),
  with: values.optional(),
  tolerance,
  mode: z.enum(probeModes).default('end'),
  /** Between two looks of a continuous probe. */
  every: duration.optional(),
  /** How often it is tried before it counts as failed. */
  attempts: z.int().min(1).max(100).default(1),
  weight: z.number().min(0).max(1000).default(1),
};
export const probeSpec = z.strictObject(probeFields);
/** What a probe looks at, and what it has to find. */
export type ProbeSpec = z.output<typeof probeSpec>;

const deadline = duration.optional();
const probeStep = z.strictObject({ ...probeFields, deadline });
const faultStep = z.strictObject({
  fault: name,
  target,
  kind: z.enum(faultKinds),
  with: values.default({}),
  /** How it is undone, where the target needs to be told more than that it is. */
  undo: values.default({}),
  /** It is over after that, whatever becomes of the run. */
  for: duration,
  deadline,
});
const waitStep = z.strictObject({ wait: duration });

/** A step of a scenario: a probe, a fault, a wait, or steps one after the other or beside each other. */
export type Step =
  | z.output<typeof probeStep>
  | z.output<typeof faultStep>
  | z.output<typeof waitStep>
  | { serial: Step[]; name?: string | undefined; deadline?: string | undefined }
  | { parallel: Step[]; name?: string | undefined; deadline?: string | undefined };

const kinds = ['probe', 'fault', 'wait', 'serial', 'parallel'] as const;
/** What a step does. */
export type StepKind = (typeof kinds)[number];

/** Of which kind a step is: by the one of these keys that it has. */
export const kindOf = (given: object): StepKind | undefined => kinds.find((kind) => kind in given);

const steps = (): z.ZodType<Step[]> => z.lazy(() => z.array(step).min(1).max(200));
const schemas: Record<StepKind, () => z.ZodType<Step>> = {
  probe: () => probeStep,
  fault: () => faultStep,
  wait: () => waitStep,
  serial: () => z.strictObject({ serial: steps(), name: name.optional(), deadline }),
  parallel: () => z.strictObject({ parallel: steps(), name: name.optional(), deadline }),
};

/** One step; what is wrong with it is said of the kind it is, not of all kinds that it is not. */
const step: z.ZodType<Step> = z.unknown().transform((given, context): Step => {
  const kind = typeof given === 'object' && given !== null ? kindOf(given) : undefined;
  if (kind === undefined) {
    context.issues.push({ code: 'custom', message: `expected a step: one of ${kinds.join(', ')}`, input: given });
    return z.NEVER;
  }
  const parsed = schemas[kind]().safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: given } as never);
  return z.NEVER;
});

/** What a scenario is, its parameters filled in. */
export const scenarioSpec = z.strictObject({
  name: textInput(200),
  type: z.enum(scenarioTypes),
  description: textInput(2000).optional(),
  tags: z.array(name).max(50).default([]),
  servicesUnderTest: z.array(target).max(50).default([]),
  expectedOutcomes: z.array(textInput(500)).max(50).default([]),
  /** The lease a run holds: of two scenarios with one lock, one runs at a time. */
  lock: textInput(150).default('environment'),
  deadline: duration.default('P1D'),
  rollback: z.enum(rollbacks).default('default'),
  /** What holds as long as all is well: looked at before, during and after. */
  hypothesis: z.array(probeSpec).max(50).default([]),
  steps: steps(),
});
/** A scenario as it is run, with its parameters filled in. */
export type ScenarioSpec = z.output<typeof scenarioSpec>;

/** Milliseconds of a duration that the schema has let pass. */
export const millisOf = (text: string): number => durationInput.parse(text);

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
