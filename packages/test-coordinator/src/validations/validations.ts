import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type RunWriteRefusal, pathInput, runFields } from '../runs/run-ref.ts';

export const assertionTypes = [
  'service-health',
  'response-time',
  'data-consistency',
  'audit-trail',
  'error-rate',
  'throughput',
  'latency',
  'availability',
  'recovery-time',
] as const;
export type AssertionType = (typeof assertionTypes)[number];
export const probeModes = ['start', 'end', 'edge', 'continuous', 'on-chaos'] as const;
/** When a probe looks: at the start, at the end, at both (`edge`), all the time, or while something is broken. */
export type ProbeMode = (typeof probeModes)[number];
export const verdicts = ['passed', 'failed', 'skipped', 'error'] as const;
/** What a probe says. */
export type Verdict = (typeof verdicts)[number];
export const phases = ['before', 'during', 'after'] as const;
/** When something was looked at: before, during or after the faults. */
export type Phase = (typeof phases)[number];

/** What one probe saw at one time. */
export interface ProbeResult {
  runId: string;
  path: string;
  probe: string;
  mode: ProbeMode;
  iteration: number;
  assertion: AssertionType;
  verdict: Verdict;
  expected?: string;
  actual?: string;
  error?: string;
  weight: number;
  attempts: number;
  latencyMs?: number;
  /** By which its trail is found in audit. */
  correlationId?: string;
  verifiedAt: Instant;
}

/** Whether the steady state held in a phase. */
export interface HypothesisResult {
  phase: Phase;
  met: boolean;
  /** What did not hold, for people. */
  deviations: string[];
  verifiedAt: Instant;
}

const result = z
  .strictObject({
    path: pathInput,
    probe: textInput(64),
    mode: z.enum(probeModes).default('end'),
    iteration: z.int().min(1).max(1_000_000).default(1),
    assertion: z.enum(assertionTypes),
    verdict: z.enum(verdicts),
    expected: textInput(1000).optional(),
    actual: textInput(1000).optional(),
    error: textInput(2000).optional(),
    weight: z.number().min(0).max(1000).default(1),
    attempts: z.int().min(1).max(1000).default(1),
    latencyMs: z.number().min(0).max(1e9).optional(),
    correlationId: idInput.optional(),
    at: instantInput.optional(),
  })
  .refine(({ verdict, error }) => verdict !== 'error' || error !== undefined, {
    path: ['error'],
    message: 'expected what went wrong',
  });
export const recordResults = z.strictObject({
  ...runFields,
  results: z
    .array(result)
    .min(1)
    .max(1000)
    .refine(
      (results) =>
        new Set(results.map(({ path, probe, mode, iteration }) => `${path} ${probe} ${mode} ${iteration}`)).size ===
        results.length,
      'expected no two results of one path, probe, mode and iteration',
    ),
});
export type RecordResults = z.input<typeof recordResults>;

export const recordHypothesis = z.strictObject({
  ...runFields,
  phase: z.enum(phases),
  /** Empty where the steady state held. */
  deviations: z.array(textInput(1000)).max(100).default([]),
});
export type RecordHypothesis = z.input<typeof recordHypothesis>;

/** By path, probe, mode and iteration. */
export const listResults = z.strictObject({
  runId: idInput,
  verdict: z.array(z.enum(verdicts)).min(1).optional(),
  assertion: z.enum(assertionTypes).optional(),
  ...pageFields(pathInput, textInput(64), z.enum(probeModes), z.int()),
});
export type ListResults = z.input<typeof listResults>;

/** How many came to which verdict. Skipped ones have no part in the pass rate; without any other there is none. */
export interface VerdictCounts {
  total: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  /** 0 to 1. */
  passRate?: number;
}

/** Codes with which validations refuse. */
export type ValidationRefusal = RunWriteRefusal | 'id-conflict';

/**
 * What probes saw, whether the steady state held, and how well the system withstood: the score. Errors are `not-found` or `conflict` with a
 * `ValidationRefusal` as code.
 */
export interface Validations {
  /** All or none: the first that is refused throws, and names itself. */
  record(input: RecordResults, options?: CallOptions): Promise<ProbeResult[]>;
  /** A steady state that did not hold marks the run as deviated. */
  recordHypothesis(input: RecordHypothesis, options?: CallOptions): Promise<HypothesisResult>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListResults, options?: CallOptions): Listing<ProbeResult>;
  /** Of all runs: what is known of one correlation in audit. */
  listOfCorrelation(correlationId: string, options?: CallOptions): Promise<ProbeResult[]>;
  /** All of them. */
  listHypotheses(runId: string, options?: CallOptions): Promise<HypothesisResult[]>;
  /** How many probes of a run passed and failed. */
  counts(runId: string, options?: CallOptions): Promise<VerdictCounts>;
  /** Over all runs, of one type of assertion. */
  statistics(assertion: AssertionType, options?: CallOptions): Promise<VerdictCounts>;
  /**
   * The resilience score of a run, 0 to 100: Σ weight × share of a probe's looks that passed / Σ weight, as LitmusChaos defines it.
   * Nothing where no probe with a weight was looked at.
   */
  score(runId: string, options?: CallOptions): Promise<number | undefined>;
}
