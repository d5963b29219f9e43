import { type Tracer, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export interface Tracing extends AsyncDisposable {
  /** The tracer of a service, to hand to its adapter: `createExchangeAdapter({ tracer: tracing.of('exchange') })`. */
  of(service: string): Tracer;
}

const MOST_WAITING = 20_000;
/** Of one request, its repetitions included. */
const SEND_WITHIN_MS = 2_000;

/**
 * Sends the spans of services by OTLP over HTTP to where `url` is (`http://127.0.0.1:4318`: Jaeger), each under its own name. What an
 * event leads to is in the trace of what wrote it, so a trace goes through all services. Spans that nobody takes are lost, the work goes on.
 */
export function openTracing(url: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: new URL('/v1/traces', url).href, timeoutMillis: SEND_WITHIN_MS });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING });
  // Without one no span knows the span that it is a part of.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  return {
    of(service) {
      const resource = resourceFromAttributes({ 'service.name': service });
      return new TracerProvider({ resource, spanProcessors: [processor] }).getTracer('@tse/core');
    },
    async [Symbol.asyncDispose]() {
      context.disable();
      await processor.shutdown().catch(() => {});
    },
  };
}
