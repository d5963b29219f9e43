import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { CorrelationKind } from './correlation-rules.ts';

export const correlationKinds = [
  'same-id',
  'same-order',
  'time-window',
  'sequence',
] as const satisfies CorrelationKind[];

/** What events are grouped by before a rule looks at them. An `orderId` is looked for anywhere in the payload. */
export const correlationKeys = ['correlationId', 'traceId', 'run', 'aggregateId', 'orderId', 'everything'] as const;
/** The fields that events may have in common. */
export type CorrelationBy = (typeof correlationKeys)[number];

/** One version of a rule. */
export interface CorrelationRule {
  ruleId: string;
  version: number;
  kind: CorrelationKind;
  by: CorrelationBy;
  /** In their order, for a sequence. */
  types?: string[];
  minEvents: number;
  minSources: number;
  /** Milliseconds of business time. */
  withinMs: number;
  /** Milliseconds without a further event of its key after which a group is judged. */
  settleMs: number;
  enabled: boolean;
  definedAt: Instant;
  actor?: string;
}

/** Events that a version of a rule found to belong together. */
export interface Correlation {
  ruleId: string;
  ruleVersion: number;
  /** Of the rule and the events: what makes it the same finding. */
  inputHash: string;
  /** The value that they share. */
  key: string;
  /** 1 where nothing is left to doubt. */
  confidence: number;
  /** In the trail. */
  positions: number[];
  /** Sources, types, how far apart, and what the rule asked for. */
  evidence: Record<string, unknown>;
  /** Business time. */
  firstAt: Instant;
  lastAt: Instant;
  recordedAt: Instant;
}

const type = z
  .string({ error: 'expected a type such as order.placed' })
  .max(100)
  .regex(/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/, 'expected a type such as order.placed');

export const defineRule = z
  .strictObject({
    ruleId: idInput,
    /** The first is 1, and each follows the last. */
    version: z.int().min(1).max(1_000_000),
    kind: z.enum(correlationKinds),
    by: z.enum(correlationKeys).default('correlationId'),
    types: z.array(type).min(1).max(20).optional(),
    minEvents: z.int().min(2).max(500).default(2),
    minSources: z.int().min(1).max(100).default(1),
    within: durationInput.default(60_000),
    settle: durationInput.default(5_000),
    /** A version that is not stops the rule. */
    enabled: z.boolean().default(true),
  })
  .refine(({ kind, types }) => (kind !== 'time-window' && kind !== 'sequence') || (types?.length ?? 0) > 1, {
    message: 'expected two types at least',
    path: ['types'],
  })
  .refine(({ kind, by }) => kind !== 'same-id' || by !== 'everything', {
    message: 'expected what the id is',
    path: ['by'],
  })
  .transform((rule) => (rule.kind === 'same-order' ? { ...rule, by: 'orderId' as const } : rule));
export type DefineRule = z.input<typeof defineRule>;

export const listRules = z.strictObject({
  ruleId: idInput.optional(),
  ...pageFields(idInput, z.int().min(0).max(1_000_000)),
});
export type ListRules = z.input<typeof listRules>;

const seq = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
export const runRule = z.strictObject({
  ruleId: idInput,
  /** The last one where it is not given. */
  version: z.int().min(1).max(1_000_000).optional(),
  firstPosition: seq.default(1),
  /** The end of the trail where it is not given. */
  lastPosition: seq.optional(),
});
export type RunRule = z.input<typeof runRule>;

/** By the business time of their last event, oldest first. */
export const listCorrelations = z.strictObject({
  ruleId: idInput.optional(),
  version: z.int().min(1).max(1_000_000).optional(),
  key: textInput(256).optional(),
  /** Findings that an event is a part of. */
  position: seq.optional(),
  minConfidence: z.number().min(0).max(1).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput, z.int().min(1).max(1_000_000), textInput(64)),
});
export type ListCorrelations = z.input<typeof listCorrelations>;

/** What one run of a rule did. */
export interface RuleRun {
  ruleId: string;
  version: number;
  /** Events that it looked at. */
  events: number;
  found: number;
  /** Of those found, what was not known yet. */
  added: number;
}

/** `version-gap`: a version must follow the last one. `id-conflict`: this version says something else. */
export type CorrelationRefusal = 'unknown-rule' | 'version-gap' | 'id-conflict';

/**
 * What belongs together, by rules. A rule follows the trail by itself, a new version from its beginning, and may be run again over any
 * part of it: what it finds is known by the events that it is made of, and is there once.
 */
export interface Correlations {
  /** The same version with the same content answers the one that stands. */
  defineRule(input: DefineRule, options?: CallOptions): Promise<CorrelationRule>;
  /** All versions, by their rule. */
  listRules(input?: ListRules, options?: CallOptions): Listing<CorrelationRule>;
  /** Looks at a part of the trail now; groups that its ends cut are taken as they are. */
  run(input: RunRule, options?: CallOptions): Promise<RuleRun>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListCorrelations, options?: CallOptions): Listing<Correlation>;
  /** All findings of one key, the newest 1 000, oldest first. */
  ofKey(key: string, options?: CallOptions): Promise<Correlation[]>;
}
