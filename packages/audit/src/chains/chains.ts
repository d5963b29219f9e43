import { type CallOptions, type Instant, idInput } from '@tse/core';
import { z } from 'zod';
import { type Span, traceId } from '../telemetry/telemetry.ts';
import { sourceName } from '../trail/trail.ts';
import type { CriticalStep } from './critical-path.ts';

/** `caused-by`: the event names its parent itself. The others are further parents that somebody named later. */
export const linkKinds = ['caused-by', 'follows-from', 'links'] as const;
/** How an effect was linked to its cause. */
export type LinkKind = (typeof linkKinds)[number];

/** An event's place in a causal chain. */
export interface ChainEvent {
  position: number;
  source: string;
  eventId: string;
  type: string;
  aggregate: string;
  aggregateId: string;
  /** Business time. */
  occurredAt: Instant;
  /** When its source wrote it; when the trail did, where it came directly. */
  writtenAt: Instant;
  correlationId?: string;
  run?: string;
  /** Its parent as it names it: an event that may not have come, or a command, which never will. */
  causationId?: string;
}

export interface ChainHop extends ChainEvent {
  /** Hops from the event in the middle: below zero what it follows from, above zero what follows from it. */
  depth: number;
  /** The event that this one was reached by; the cause where depth is above zero, the effect where it is below. */
  via: number;
  kind: LinkKind;
  /** Milliseconds from cause to effect, as their sources wrote them. Below zero where their clocks differ. */
  hopMs: number;
  /** The same in business time. */
  businessHopMs: number;
}

/** All that an event follows from, and all that follows from it. */
export interface CausalChain {
  event: ChainEvent;
  /** Nearest first. */
  causes: ChainHop[];
  /** Nearest first, each once. */
  effects: ChainHop[];
  /** It goes on further than was asked for, or into what is archived. */
  truncated: boolean;
}

/** What is known of a trace so far. */
export interface TraceSummary {
  traceId: string;
  events: number;
  spans: number;
  errors: number;
  /** Sources of its events and services of its spans. */
  services: string[];
  /** Its first and last moment on the clocks of those who told of it. */
  firstAt: Instant;
  lastAt: Instant;
  /** It has spans, one of them without a parent, and none waits for a parent that has not arrived. */
  complete: boolean;
  /** Grows with all that becomes known of it. */
  version: number;
}

export interface Trace extends TraceSummary {
  /** In the order of the trail; at most 1 000. */
  trail: ChainEvent[];
  /** By their start; at most 1 000. */
  tree: Span[];
  /** The spans that decided how long it took, and how much of it was their own. */
  criticalPath: CriticalStep[];
  /** It has more of either, or had: what is archived or dropped is counted all the same. */
  truncated: boolean;
}

export const getChain = z.strictObject({
  eventId: idInput,
  /** Where ids of two sources meet. */
  source: sourceName.optional(),
  maxDepth: z.int().min(1).max(1000).default(100),
  /** Of causes, and of effects. */
  limit: z.int().min(1).max(10_000).default(1000),
});
/** An event whose causes and effects are wanted, and how far to go: hops and events each way. */
export type GetChain = z.input<typeof getChain>;

export const linkEvents = z.strictObject({
  /** A position of the trail. */
  effect: z.int().min(1),
  cause: z.int().min(1),
  kind: z.enum(['follows-from', 'links']).default('links'),
});
export type LinkEvents = z.input<typeof linkEvents>;

export const getTrace = z.strictObject({ traceId });
/** A W3C trace id: 32 hexadecimal digits. */
export type GetTrace = z.input<typeof getTrace>;

/** How far links are derived: the position, and how many events the trail is ahead. */
export interface DerivedUpTo {
  position: number;
  behind: number;
}

/** Codes with which chains refuse. */
export type ChainRefusal = 'unknown-event' | 'self-caused';

/** Why something happened. Links are derived from the trail within moments; a cause that comes after its effect is linked when it comes. */
export interface Chains {
  /** `not-found` where the trail has no such event. */
  get(input: string | GetChain, options?: CallOptions): Promise<CausalChain>;
  /** Names a further parent; the same again changes nothing. */
  link(input: LinkEvents, options?: CallOptions): Promise<void>;
  /** How far links are derived, and how many events of the trail are left. */
  progress(options?: CallOptions): Promise<DerivedUpTo>;
  /** As of what is derived so far. */
  findTrace(input: string | GetTrace, options?: CallOptions): Promise<Trace | undefined>;
}
