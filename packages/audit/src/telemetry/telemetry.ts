import {
  type CallOptions,
  type ConflictError,
  type Instant,
  type InvalidInputError,
  type Listing,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';

export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
/** The role of a span, as OpenTelemetry names it. */
export type SpanKind = (typeof spanKinds)[number];
export const spanStatuses = ['unset', 'ok', 'error'] as const;
/** How a span ended, as OpenTelemetry names it. */
export type SpanStatus = (typeof spanStatuses)[number];

/** One piece of work of a service, in the terms of OpenTelemetry. Its times are those of the service's own clock. */
export interface Span {
  traceId: string;
  spanId: string;
  /** The span that this one is a part of; it may never arrive. */
  parentSpanId?: string;
  service: string;
  instance?: string;
  name: string;
  kind: SpanKind;
  startedAt: Instant;
  durationNs: number;
  status: SpanStatus;
  statusMessage?: string;
  attributes: Record<string, unknown>;
  /** Spans that it follows from without being a part of them. */
  links: SpanLink[];
  /** What happened within it: an exception, a retry. */
  events: SpanEvent[];
  /** The database's time. */
  recordedAt: Instant;
}

/** A span that another one refers to, across traces. */
export interface SpanLink {
  traceId: string;
  spanId: string;
}

/** Something that happened within a span. */
export interface SpanEvent {
  name: string;
  at: Instant;
  attributes: Record<string, unknown>;
}

/** A log record of a service, in the terms of OpenTelemetry. */
export interface LogRecord {
  /** The hash of its content. */
  logId: string;
  service: string;
  instance?: string;
  at: Instant;
  /** 1 to 4 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal. */
  severity?: number;
  body: string;
  attributes: Record<string, unknown>;
  traceId?: string;
  spanId?: string;
  recordedAt: Instant;
}

export const traceId = z
  .string({ error: 'expected a trace id' })
  .regex(/^(?!0{32})[0-9a-f]{32}$/, 'expected a W3C trace id: 32 lower-case hex digits, not all zero');
export const spanId = z
  .string({ error: 'expected a span id' })
  .regex(/^(?!0{16})[0-9a-f]{16}$/, 'expected a W3C span id: 16 lower-case hex digits, not all zero');

const MOST_BYTES = 65_536;
/** Small and well-formed; never looked into. */
const attributes = jsonObjectInput(MOST_BYTES, 256).default({});

const service = textInput(128);

/** A span as a service ended it. */
export const recordSpan = z.strictObject({
  traceId,
  spanId,
  parentSpanId: spanId.optional(),
  service,
  instance: textInput(128).optional(),
  name: textInput(512),
  kind: z.enum(spanKinds).default('internal'),
  startedAt: instantInput,
  durationNs: z.int().min(0),
  status: z.enum(spanStatuses).default('unset'),
  statusMessage: textInput(4096).optional(),
  attributes,
  links: z.array(z.strictObject({ traceId, spanId })).max(128).default([]),
  events: z
    .array(z.strictObject({ name: textInput(512), at: instantInput, attributes }))
    .max(128)
    .default([]),
});
export type RecordSpan = z.input<typeof recordSpan>;

export const recordLog = z.strictObject({
  service,
  instance: textInput(128).optional(),
  at: instantInput,
  severity: z.int().min(1).max(24).optional(),
  body: textInput(MOST_BYTES),
  attributes,
  traceId: traceId.optional(),
  spanId: spanId.optional(),
});
/** A log line as OpenTelemetry has it; severities from 1 (trace) to 24 (fatal). */
export type RecordLog = z.input<typeof recordLog>;

const window = { from: instantInput.optional(), to: instantInput.optional() };
/** By start, oldest first. */
export const listSpans = z.strictObject({
  traceId: traceId.optional(),
  service: service.optional(),
  name: textInput(512).optional(),
  status: z.enum(spanStatuses).optional(),
  ...window,
  ...pageFields(instantInput, traceId, spanId),
});
export type ListSpans = z.input<typeof listSpans>;

/** By time, oldest first. */
export const listLogs = z.strictObject({
  traceId: traceId.optional(),
  service: service.optional(),
  /** This severe or more. */
  severity: z.int().min(1).max(24).optional(),
  ...window,
  ...pageFields(instantInput, textInput(64)),
});
export type ListLogs = z.input<typeof listLogs>;

/** `id-conflict`: another span has these ids. `too-old`: it would be dropped at once. `in-the-future`: by more than a day. */
export type TelemetryRefusal = 'id-conflict' | 'too-old' | 'in-the-future';
/** What became of one span or log of a batch. */
export type TelemetryOutcome = { ok: true } | { ok: false; error: ConflictError | InvalidInputError };

/**
 * Spans and logs beside the trail: kept for a month or two, never chained. `otlpHandler` takes them from an OpenTelemetry SDK. What is
 * sent again is kept once.
 */
export interface Telemetry {
  /** One outcome a span, in order. */
  recordSpans(spans: readonly RecordSpan[], options?: CallOptions): Promise<TelemetryOutcome[]>;
  /** One outcome a record, in order. Equal records of one call are kept as often as they are there. */
  recordLogs(logs: readonly RecordLog[], options?: CallOptions): Promise<TelemetryOutcome[]>;
  /** A page when awaited; all of them by `for await`. */
  listSpans(input?: ListSpans, options?: CallOptions): Listing<Span>;
  /** A page when awaited; all of them by `for await`. */
  listLogs(input?: ListLogs, options?: CallOptions): Listing<LogRecord>;
}
