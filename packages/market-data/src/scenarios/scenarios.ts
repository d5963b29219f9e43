import { type CallOptions, type Instant, type Listing, idInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type ScenarioSpec, scenarioSpec } from './scenario-spec.ts';

/** A price scenario: its active version is what runs start with that name none. */
export interface Scenario {
  scenarioId: string;
  name: string;
  activeVersion: number;
  lastVersion: number;
}

/** One version; it never changes. */
export interface ScenarioVersion {
  scenarioId: string;
  version: number;
  spec: ScenarioSpec;
  /** Of the spec with its defaults: equal for equal specs. */
  specHash: string;
  definedAt: Instant;
}

const version = z.int().min(1).max(1_000_000);

/** Version 1 defines the scenario and is active; each later one is the last plus one, and is activated by `activate`. */
export const defineScenario = z.strictObject({
  scenarioId: idInput,
  version: version.default(1),
  name: textInput(200),
  spec: scenarioSpec,
});
export type DefineScenario = z.input<typeof defineScenario>;

export const activateScenario = z.strictObject({ scenarioId: idInput, version });
export type ActivateScenario = z.input<typeof activateScenario>;

/** Without a version the active one. */
export const getScenarioVersion = z.strictObject({ scenarioId: idInput, version: version.optional() });
export type GetScenarioVersion = z.input<typeof getScenarioVersion>;

/** In the order of their ids. */
export const listScenarios = z.strictObject({ ...pageFields(idInput) });
export type ListScenarios = z.input<typeof listScenarios>;

/** Codes with which scenarios refuse. */
export type ScenarioRefusal =
  | 'unknown-scenario'
  | 'unknown-scenario-version'
  | 'unknown-instrument'
  | 'id-conflict'
  | 'version-gap';

/** Definitions of price scenarios, validated and versioned. Errors carry a `ScenarioRefusal` as code. */
export interface Scenarios {
  /** Publishes the next version of a scenario; a version never changes. Refused with `version-gap`. */
  define(input: DefineScenario, options?: CallOptions): Promise<ScenarioVersion>;
  /** Runs that start without a version take this one from now on. */
  activate(input: ActivateScenario, options?: CallOptions): Promise<Scenario>;
  /** Nothing where there is none. */
  find(scenarioId: string, options?: CallOptions): Promise<Scenario | undefined>;
  /** Refused as `not-found` where there is none. */
  get(scenarioId: string, options?: CallOptions): Promise<Scenario>;
  /** Refused as `not-found` where there is none. */
  getVersion(input: GetScenarioVersion, options?: CallOptions): Promise<ScenarioVersion>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListScenarios, options?: CallOptions): Listing<Scenario>;
}
