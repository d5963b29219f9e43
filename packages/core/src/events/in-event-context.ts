import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, context as otelContext, trace } from '@opentelemetry/api';
import { type ContextInput, withContext } from '../pipe/context.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import type { Envelope } from './event.ts';

/** Runs what handles an event as a part of the flow that the event belongs to: what it writes follows from the event. */
export function inEventContext<T>(
  telemetry: Telemetry,
  consumer: string,
  event: Envelope,
  handle: () => Promise<T>,
): Promise<T> {
  const { traceId, spanId, correlationId = traceId, actor, run, fence } = event;
  const input: ContextInput = {
    causationId: event.id,
    source: event.source,
    sourceSeq: event.publishSeq,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(correlationId !== undefined && { correlationId }),
    ...(actor !== undefined && { actor }),
    ...(run !== undefined && { run }),
    ...(fence !== undefined && { fence }),
  };
  const remote =
    traceId !== undefined && spanId !== undefined
      ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
      : ROOT_CONTEXT;
  const span = telemetry.tracer.startSpan(
    `inbox.${consumer}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.message.id': event.id, 'messaging.destination.name': event.source },
    },
    remote,
  );
  const handled = otelContext.with(trace.setSpan(remote, span), () => withContext(input, handle));
  return handled.then(
    (value) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      throw error;
    },
  );
}
