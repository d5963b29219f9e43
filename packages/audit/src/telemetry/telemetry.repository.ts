import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type ListLogs,
  type ListSpans,
  type LogRecord,
  type RecordLog,
  type RecordSpan,
  type Span,
  type SpanEvent,
  type SpanLink,
  type Telemetry,
  type TelemetryOutcome,
  type TelemetryRefusal,
  listLogs,
  listSpans,
  recordLog,
  recordSpan,
} from './telemetry.ts';

/** Whole months are dropped once their last day is this old: what is older than it is not taken any more. */
export const KEPT = '30 days';
const MOST_AT_ONCE = 10_000;

const db = queryBuilder<Tables>();

export const spanColumns = [
  'trace_id',
  'span_id',
  'parent_span_id',
  'service',
  'instance',
  'name',
  'kind',
  'started_at',
  'duration_ns',
  'status',
  'status_message',
  'attributes',
  'links',
  'events',
  'recorded_at',
] as const;
const logColumns = [
  'log_id',
  'service',
  'instance',
  'at',
  'severity',
  'body',
  'attributes',
  'trace_id',
  'span_id',
  'recorded_at',
] as const;

const statements = {
  recordSpans: functionCall(
    'audit.telemetry.recordSpans',
    'write',
    'record_spans',
    ['spans', 'kept'],
    answers<{ outcome: TelemetryRefusal | 'ok' }>(),
  ),
  recordLogs: functionCall(
    'audit.telemetry.recordLogs',
    'write',
    'record_logs',
    ['logs', 'kept'],
    answers<{ outcome: TelemetryRefusal | 'ok' }>(),
  ),
};

const operations = {
  recordSpans: operation(
    'audit.telemetry.recordSpans',
    z.array(recordSpan).max(MOST_AT_ONCE),
    ([first]) => first?.spanId,
  ),
  recordLogs: operation('audit.telemetry.recordLogs', z.array(recordLog).max(MOST_AT_ONCE)),
  listSpans: operation('audit.telemetry.listSpans', listSpans),
  listLogs: operation('audit.telemetry.listLogs', listLogs),
};

export class TelemetryRepository implements Telemetry {
  readonly #context: AdapterContext;
  readonly #onSpans: () => void;

  /** `onSpans` is told after each batch of spans. */
  constructor(context: AdapterContext, onSpans: () => void = () => {}) {
    this.#context = context;
    this.#onSpans = onSpans;
  }

  recordSpans(spans: readonly RecordSpan[], options?: CallOptions): Promise<TelemetryOutcome[]> {
    return this.#context.run(operations.recordSpans, spans, options, async (parsed) => {
      const rows = JSON.stringify(parsed.map(spanRow));
      const outcomes = await this.#context.pg.many(statements.recordSpans, { spans: rows, kept: KEPT });
      this.#onSpans();
      return outcomes.map(({ outcome }, i) =>
        toOutcome(outcome, { traceId: parsed[i]!.traceId, spanId: parsed[i]!.spanId }, 'startedAt'),
      );
    });
  }

  recordLogs(logs: readonly RecordLog[], options?: CallOptions): Promise<TelemetryOutcome[]> {
    return this.#context.run(operations.recordLogs, logs, options, async (parsed) => {
      const rows = JSON.stringify(logRows(parsed));
      const outcomes = await this.#context.pg.many(statements.recordLogs, { logs: rows, kept: KEPT });
      return outcomes.map(({ outcome }) => toOutcome(outcome, {}, 'at'));
    });
  }

  listSpans(input: ListSpans = {}, options?: CallOptions): Listing<Span> {
    return listing(input, (page) =>
      this.#context.run(operations.listSpans, page, options, async (given) => {
        const { traceId, service, name, status, from, to, cursor: after, limit } = given;
        let query = db
          .selectFrom('spans')
          .select(spanColumns)
          .orderBy('started_at')
          .orderBy('trace_id')
          .orderBy('span_id')
          .limit(limit + 1);
        if (traceId !== undefined) query = query.where('trace_id', '=', traceId);
        if (service !== undefined) query = query.where('service', '=', service);
        if (name !== undefined) query = query.where('name', '=', name);
        if (status !== undefined) query = query.where('status', '=', status);
        // The month beside the time, so that only its partitions are looked at.
        if (from !== undefined) query = query.where('started_at', '>=', from).where('month', '>=', monthOf(from));
        if (to !== undefined) query = query.where('started_at', '<', to).where('month', '<', to);
        if (after)
          query = query.where(
            sql<boolean>`(started_at, trace_id, span_id) > (${after[0]}::timestamptz, ${after[1]}, ${after[2]})`,
          );
        const rows = await this.#context.pg.query('audit.telemetry.listSpans', 'replica', query);
        return toPage(rows.map(toSpan), limit, (span) => [span.startedAt, span.traceId, span.spanId]);
      }),
    );
  }

  listLogs(input: ListLogs = {}, options?: CallOptions): Listing<LogRecord> {
    return listing(input, (page) =>
      this.#context.run(operations.listLogs, page, options, async (given) => {
        const { traceId, service, severity, from, to, cursor: after, limit } = given;
        let query = db
          .selectFrom('logs')
          .select(logColumns)
          .orderBy('at')
          .orderBy('log_id')
          .limit(limit + 1);
        if (traceId !== undefined) query = query.where('trace_id', '=', traceId);
        if (service !== undefined) query = query.where('service', '=', service);
        if (severity !== undefined) query = query.where('severity', '>=', severity);
        if (from !== undefined) query = query.where('at', '>=', from).where('month', '>=', monthOf(from));
        if (to !== undefined) query = query.where('at', '<', to).where('month', '<', to);
        if (after) query = query.where(sql<boolean>`(at, log_id) > (${after[0]}::timestamptz, ${after[1]})`);
        const rows = await this.#context.pg.query('audit.telemetry.listLogs', 'replica', query);
        return toPage(rows.map(toLog), limit, (record) => [record.at, record.logId]);
      }),
    );
  }
}

const monthOf = (at: Instant): Instant => `${at.slice(0, 7)}-01T00:00:00.000000Z` as Instant;

const toOutcome = (
  outcome: TelemetryRefusal | 'ok',
  details: Record<string, string>,
  time: string,
): TelemetryOutcome => {
  if (outcome === 'ok') return { ok: true };
  const fields = { 'too-old': time, 'in-the-future': time };
  return { ok: false, error: refusal(outcome, details, fields) as ConflictOrInvalid };
};
type ConflictOrInvalid = Extract<TelemetryOutcome, { ok: false }>['error'];

function spanRow(span: z.output<typeof recordSpan>) {
  const { traceId, spanId, parentSpanId, service, instance, name, kind, startedAt, durationNs } = span;
  const { status, statusMessage, attributes, links, events } = span;
  const content = [parentSpanId, service, instance, name, kind, startedAt, durationNs, status, statusMessage];
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: parentSpanId,
    service,
    instance,
    name,
    kind,
    started_at: startedAt,
    duration_ns: durationNs,
    status,
    status_message: statusMessage,
    attributes,
    links,
    events,
    content_hash: requestHash(...content, attributes, links, events),
  };
}

function logRows(logs: readonly z.output<typeof recordLog>[]) {
  const equals = new Map<string, number>();
  return logs.map(({ service, instance, at, severity, body, attributes, traceId, spanId }) => {
    const content = requestHash(service, instance, at, severity, body, attributes, traceId, spanId);
    const place = equals.get(content) ?? 0;
    equals.set(content, place + 1);
    return {
      log_id: place === 0 ? content : requestHash(content, place),
      service,
      instance,
      at,
      severity,
      body,
      attributes,
      trace_id: traceId,
      span_id: spanId,
    };
  });
}

type SpanRow = Pick<Tables['spans'], Exclude<(typeof spanColumns)[number], 'attributes' | 'links' | 'events'>> & {
  attributes: unknown;
  links: unknown;
  events: unknown;
};
export const toSpan = (row: SpanRow): Span => ({
  traceId: row.trace_id,
  spanId: row.span_id,
  ...(row.parent_span_id !== null && { parentSpanId: row.parent_span_id }),
  service: row.service,
  ...(row.instance !== null && { instance: row.instance }),
  name: row.name,
  kind: row.kind,
  startedAt: row.started_at,
  durationNs: row.duration_ns,
  status: row.status,
  ...(row.status_message !== null && { statusMessage: row.status_message }),
  attributes: row.attributes as Record<string, unknown>,
  links: row.links as SpanLink[],
  events: row.events as SpanEvent[],
  recordedAt: row.recorded_at,
});

type LogRow = Pick<Tables['logs'], Exclude<(typeof logColumns)[number], 'attributes'>> & { attributes: unknown };
const toLog = (row: LogRow): LogRecord => ({
  logId: row.log_id,
  service: row.service,
  ...(row.instance !== null && { instance: row.instance }),
  at: row.at,
  ...(row.severity !== null && { severity: row.severity }),
  body: row.body,
  attributes: row.attributes as Record<string, unknown>,
  ...(row.trace_id !== null && { traceId: row.trace_id }),
  ...(row.span_id !== null && { spanId: row.span_id }),
  recordedAt: row.recorded_at,
});
