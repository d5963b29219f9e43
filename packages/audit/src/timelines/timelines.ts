import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { traceId } from '../telemetry/telemetry.ts';
import type { ClockCorrection } from './clock-corrections.ts';

export const observedKinds = ['event', 'span'] as const;
/** What an item of a timeline is. */
export type ObservedKind = (typeof observedKinds)[number];

/** Something that happened at its place in a timeline. */
export interface TimelineItem {
  kind: ObservedKind;
  /** Unique in its timeline; `causes` of others name it. */
  key: string;
  /** Source of an event, service of a span. */
  service: string;
  /** Type of an event, name of a span. */
  type: string;
  /** As it was said, by the clock of whoever said it: when an event was written, when a span began. */
  at: Instant;
  /** Where its clock is known to differ: its time on the clock of the timeline. */
  adjustedAt?: Instant;
  /** Business time of an event. */
  occurredAt?: Instant;
  /** Of an event, in the trail. */
  position?: number;
  spanId?: string;
  durationNs?: number;
  /** Those of the timeline that it follows from. */
  causes: string[];
}

/** What was observed, in one order. */
export interface Timeline {
  /** No cause after its effect, and otherwise by time. */
  items: TimelineItem[];
  /** What `adjustedAt` comes from; raw times are never altered. */
  corrections: ClockCorrection[];
  /** There is more than was asked for. */
  truncated: boolean;
}

/** One of the three says what it is of. */
export const getTimeline = z
  .strictObject({
    traceId: traceId.optional(),
    correlationId: idInput.optional(),
    run: idInput.optional(),
    limit: z.int().min(1).max(10_000).default(1000),
  })
  .refine((input) => [input.traceId, input.correlationId, input.run].filter((id) => id !== undefined).length === 1, {
    message: 'expected one of traceId, correlationId and run',
    path: ['traceId'],
  });
export type GetTimeline = z.input<typeof getTimeline>;

/** Times in microseconds, right to 1 %; absent where none is known. */
export interface Quantiles {
  p50Us?: number;
  p95Us?: number;
  p99Us?: number;
}

/** What one service did in one step of time. */
export interface Stats extends Quantiles {
  from: Instant;
  kind: ObservedKind;
  service: string;
  type: string;
  count: number;
  errors: number;
}

export const listStats = z
  .strictObject({
    kind: z.enum(observedKinds).optional(),
    service: textInput(128).optional(),
    type: textInput(512).optional(),
    /** Inclusive, cut to its minute. */
    from: instantInput,
    to: instantInput,
    step: z.enum(['minute', 'hour', 'day']).default('minute'),
    ...pageFields(instantInput, z.enum(observedKinds), textInput(128), textInput(512)),
  })
  .refine(({ from, to }) => from < to, { message: 'expected a time after from', path: ['to'] });
export type ListStats = z.input<typeof listStats>;

/** That one service or source led to work of another. */
export interface Dependency extends Quantiles {
  kind: ObservedKind;
  parent: string;
  child: string;
  calls: number;
  errors: number;
}

export const listDependencies = z
  .strictObject({
    kind: z.enum(observedKinds).optional(),
    service: textInput(128).optional(),
    /** The days (UTC) that this touches. */
    from: instantInput,
    to: instantInput,
    ...pageFields(z.enum(observedKinds), textInput(128), textInput(128)),
  })
  .refine(({ from, to }) => from < to, { message: 'expected a time after from', path: ['to'] });
export type ListDependencies = z.input<typeof listDependencies>;

/** How far two clocks were apart, by the best request of an hour that both sides saw. */
export interface ClockOffset {
  /** A service, or service/instance. */
  parent: string;
  child: string;
  hour: Instant;
  /** How far the child's clock is ahead. */
  offsetUs: number;
  /** The offset is right to this. */
  uncertaintyUs: number;
  samples: number;
}

export const listClockOffsets = z.strictObject({
  clock: textInput(257).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, textInput(257), textInput(257)),
});
export type ListClockOffsets = z.input<typeof listClockOffsets>;

/** What happened when, how often and how fast: derived from the trail and from spans within moments. */
export interface Timelines {
  /** Refused as `not-found` where there is none. */
  get(input: GetTimeline, options?: CallOptions): Promise<Timeline>;
  /** Events by business time with the time since their cause, spans by their start with how long they took. Oldest first. */
  listStats(input: ListStats, options?: CallOptions): Listing<Stats>;
  /** A page when awaited; all of them by `for await`. */
  listDependencies(input: ListDependencies, options?: CallOptions): Listing<Dependency>;
  /** Oldest first. */
  listClockOffsets(input?: ListClockOffsets, options?: CallOptions): Listing<ClockOffset>;
}
