import { type Instant, instant } from '@tse/core';
import { z } from 'zod';
import {
  type RecordLog,
  type RecordSpan,
  type SpanKind,
  type SpanStatus,
  spanKinds,
  spanStatuses,
} from './telemetry.ts';

/** A member of a request that is not what OTLP says. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
}

// OTLP/JSON (opentelemetry-proto 1.x): lower camel case, ids in hex, 64-bit integers as decimal strings or numbers, enums as numbers;
// members that a receiver does not know are passed by.
const int64 = z.union([z.string().regex(/^\d{1,20}$/), z.int().min(0)]).transform(BigInt);
type AnyValue = {
  stringValue?: string | undefined;
  boolValue?: boolean | undefined;
  intValue?: string | number | undefined;
  doubleValue?: number | string | undefined;
  bytesValue?: string | undefined;
  arrayValue?: { values?: AnyValue[] | undefined } | undefined;
  kvlistValue?: { values?: { key: string; value?: AnyValue | undefined }[] | undefined } | undefined;
};
const anyValue: z.ZodType<AnyValue> = z.lazy(() =>
  z.object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.union([z.number(), z.string()]).optional(),
    bytesValue: z.string().optional(),
    arrayValue: z.object({ values: z.array(anyValue).optional() }).optional(),
    kvlistValue: z.object({ values: z.array(keyValue).optional() }).optional(),
  }),
);
const keyValue = z.object({ key: z.string(), value: anyValue.optional() });
const attributes = z.array(keyValue).default([]);
const resource = z.object({ attributes }).default({ attributes: [] });

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.int().default(1),
  startTimeUnixNano: int64,
  endTimeUnixNano: int64,
  attributes,
  status: z.object({ code: z.int().default(0), message: z.string().optional() }).default({ code: 0 }),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  events: z.array(z.object({ name: z.string(), timeUnixNano: int64, attributes })).default([]),
});
export const tracesRequest = z.object({
  resourceSpans: z
    .array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]) }))
    .default([]),
});

const logRecord = z.object({
  timeUnixNano: int64.optional(),
  observedTimeUnixNano: int64.optional(),
  severityNumber: z.int().optional(),
  body: anyValue.optional(),
  attributes,
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});
export const logsRequest = z.object({
  resourceLogs: z
    .array(
      z.object({ resource, scopeLogs: z.array(z.object({ logRecords: z.array(logRecord).default([]) })).default([]) }),
    )
    .default([]),
});

/** The spans of an `ExportTraceServiceRequest`; what is wrong with a span by itself is left for the port to refuse. */
export function spansOf({ resourceSpans }: z.output<typeof tracesRequest>): RecordSpan[] {
  return resourceSpans.flatMap(({ resource: of, scopeSpans }) => {
    const sender = senderOf(of.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((each): RecordSpan => {
        const { startTimeUnixNano: start, endTimeUnixNano: end } = each;
        const parentSpanId = each.parentSpanId?.toLowerCase();
        return {
          ...sender,
          traceId: each.traceId.toLowerCase(),
          spanId: each.spanId.toLowerCase(),
          ...(parentSpanId && !/^0+$/.test(parentSpanId) && { parentSpanId }),
          name: each.name,
          kind: kindOf(each.kind),
          startedAt: instantOf(start),
          // A clock that was set back in between is no reason to lose the span.
          durationNs: Number(end > start ? end - start : 0n),
          status: statusOf(each.status.code),
          ...(each.status.message && { statusMessage: each.status.message }),
          attributes: objectOf(each.attributes),
          events: each.events.map((event) => ({
            name: event.name,
            at: instantOf(event.timeUnixNano),
            attributes: objectOf(event.attributes),
          })),
          links: each.links.map((link) => ({
            traceId: link.traceId.toLowerCase(),
            spanId: link.spanId.toLowerCase(),
          })),
        };
      }),
    );
  });
}

/** The records of an `ExportLogsServiceRequest`. */
export function logsOf({ resourceLogs }: z.output<typeof logsRequest>): RecordLog[] {
  return resourceLogs.flatMap(({ resource: of, scopeLogs }) => {
    const sender = senderOf(of.attributes);
    return scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record): RecordLog => {
        const { timeUnixNano, observedTimeUnixNano, severityNumber, body } = record;
        const at = timeUnixNano || observedTimeUnixNano;
        if (!at) throw new OtlpError('a log record without a time');
        const text = body === undefined ? '' : plain(body);
        return {
          ...sender,
          at: instantOf(at),
          ...(severityNumber && { severity: severityNumber }),
          body: (typeof text === 'string' ? text : JSON.stringify(text)) || '(empty)',
          attributes: objectOf(record.attributes),
          ...(record.traceId && { traceId: record.traceId.toLowerCase() }),
          ...(record.spanId && { spanId: record.spanId.toLowerCase() }),
        };
      }),
    );
  });
}

/** OpenTelemetry's resource conventions; a service that does not name itself is `unknown_service`. */
function senderOf(resourceAttributes: z.output<typeof attributes>): { service: string; instance?: string } {
  const { 'service.name': service, 'service.instance.id': instance } = objectOf(resourceAttributes);
  return {
    service: typeof service === 'string' && service ? service : 'unknown_service',
    ...(typeof instance === 'string' && instance && { instance }),
  };
}

const objectOf = (pairs: z.output<typeof attributes>): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value === undefined ? null : plain(value)]));

function plain(value: AnyValue): unknown {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value;
  if (intValue !== undefined) {
    // Beyond what a number holds the digits count.
    const number = Number(intValue);
    return Number.isSafeInteger(number) ? number : String(intValue);
  }
  if (doubleValue !== undefined)
    return Number.isFinite(Number(doubleValue)) ? Number(doubleValue) : String(doubleValue);
  if (arrayValue) return (arrayValue.values ?? []).map(plain);
  if (kvlistValue) return objectOf(kvlistValue.values ?? []);
  return stringValue ?? boolValue ?? bytesValue ?? null;
}

/** 1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 says nothing. */
const kindOf = (kind: number): SpanKind => spanKinds[kind - 1] ?? 'internal';
const statusOf = (code: number): SpanStatus => spanStatuses[code] ?? 'unset';

/** Twenty digits of nanoseconds end in the year 5138. */
const instantOf = (nanos: bigint): Instant => instant.fromMicros(nanos / 1000n);
