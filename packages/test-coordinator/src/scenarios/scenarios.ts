import { type CallOptions, type Instant, type Listing, idInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import type { ParameterSpecs, ParameterValue } from './parameters.ts';
import { type ScenarioSpec, type ScenarioType, scenarioTypes } from './scenario-spec.ts';
import { type ScenarioStatus, scenarioStatuses } from './scenario-states.ts';
import type { PlacedStep } from './step-tree.ts';

/** A scenario: what it is called and whether it is used. What it does is in its versions. */
export interface Scenario {
  scenarioId: string;
  name: string;
  type: ScenarioType;
  description?: string;
  tags: string[];
  status: ScenarioStatus;
  /** The one that runs where none is named: the newest, unless another was chosen. */
  activeVersion: number;
  lastVersion: number;
  createdBy?: string;
  /** Of this row: what a change may name. */
  version: number;
  createdAt: Instant;
}

/** What a scenario does, with its parameters at their defaults. It never changes. */
export interface ScenarioVersion {
  scenarioId: string;
  version: number;
  spec: ScenarioSpec;
  parameters: ParameterSpecs;
  steps: PlacedStep[];
  /** As the person wrote it. */
  text: string;
  /** Of the meaning: another layout of the same is the same. */
  hash: string;
  template?: { templateId: string; version: number; values: Record<string, ParameterValue> };
  createdAt: Instant;
}

/** A scenario with parameters, to be made scenarios of. */
export interface Template {
  templateId: string;
  version: number;
  parameters: ParameterSpecs;
  text: string;
  createdAt: Instant;
}

const text = z
  .string({ error: 'expected the text of a scenario file' })
  .max(262_144)
  .refine((given) => given.isWellFormed() && !given.includes('\0'), 'expected well-formed text without NUL');
export const publishScenario = z.strictObject({
  /** YAML, as in the files of `scenarios/`. */
  text,
  status: z.enum(['draft', 'active']).default('draft'),
  createdBy: textInput(64).optional(),
});
export type PublishScenario = z.input<typeof publishScenario>;

const version = z.int().min(1).max(2_147_483_647);
export const changeScenario = z.strictObject({
  scenarioId: idInput,
  /** The version of the scenario's row that the caller has seen; any where it says nothing. */
  version: z.int().min(1).optional(),
  status: z.enum(scenarioStatuses).optional(),
  activeVersion: version.optional(),
});
export type ChangeScenario = z.input<typeof changeScenario>;

export const getScenarioVersion = z.strictObject({ scenarioId: idInput, version: version.optional() });
export type GetScenarioVersion = z.input<typeof getScenarioVersion>;

const values = z.record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean()]));
export const resolveScenario = z.strictObject({
  scenarioId: idInput,
  version: version.optional(),
  parameters: values.default({}),
});
export type ResolveScenario = z.input<typeof resolveScenario>;

export const publishTemplate = z.strictObject({ text });
export type PublishTemplate = z.input<typeof publishTemplate>;

/** A scenario out of a template: `scenarioId` is what it is called from then on. */
export const instantiateTemplate = z.strictObject({
  templateId: idInput,
  version: version.optional(),
  scenarioId: idInput,
  parameters: values.default({}),
  status: z.enum(['draft', 'active']).default('draft'),
  createdBy: textInput(64).optional(),
});
export type InstantiateTemplate = z.input<typeof instantiateTemplate>;

/** In the order of their ids. */
export const listScenarios = z.strictObject({
  type: z.enum(scenarioTypes).optional(),
  status: z.enum(scenarioStatuses).optional(),
  tag: textInput(64).optional(),
  ...pageFields(idInput),
});
export type ListScenarios = z.input<typeof listScenarios>;

/** Codes with which scenarios refuse. */
export type ScenarioRefusal =
  | 'unknown-scenario'
  | 'unknown-version'
  | 'unknown-template'
  | 'scenario-archived'
  | 'stale-version'
  | 'illegal-transition';

/**
 * What can be tried: scenarios with immutable versions, and templates of them. A malformed text is refused as `invalid-input` with code
 * `malformed-scenario`, each issue with its line; others with a `ScenarioRefusal` as code.
 */
export interface Scenarios {
  /** The next version of the scenario that the text names, or its first. What means the same as an earlier version answers that one. */
  publish(input: PublishScenario, options?: CallOptions): Promise<ScenarioVersion>;
  /** Changes the status of a scenario. Refused with `illegal-transition`, `stale-version`. */
  change(input: ChangeScenario, options?: CallOptions): Promise<Scenario>;
  /** Nothing where there is none. */
  find(scenarioId: string, options?: CallOptions): Promise<Scenario | undefined>;
  /** Refused as `not-found` where there is none. */
  get(scenarioId: string, options?: CallOptions): Promise<Scenario>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListScenarios, options?: CallOptions): Listing<Scenario>;
  /** A version; the active one where none is named. */
  getVersion(input: GetScenarioVersion, options?: CallOptions): Promise<ScenarioVersion>;
  /** A version with these parameters filled in, and its steps: what a run carries out. */
  resolve(
    input: ResolveScenario,
    options?: CallOptions,
  ): Promise<{ scenarioId: string; version: number; spec: ScenarioSpec; steps: PlacedStep[] }>;
  /** Publishes the next version of a template. Refused with `malformed-scenario`, with line and column. */
  publishTemplate(input: PublishTemplate, options?: CallOptions): Promise<Template>;
  /** Refused as `not-found` where there is none. */
  getTemplate(input: { templateId: string; version?: number }, options?: CallOptions): Promise<Template>;
  /** Makes a scenario of a template and values for its parameters. Refused with `bad-parameters`. */
  instantiate(input: InstantiateTemplate, options?: CallOptions): Promise<ScenarioVersion>;
}
