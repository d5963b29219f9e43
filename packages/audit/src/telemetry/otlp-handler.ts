import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { isAdapterError } from '@tse/core';
import { OtlpError, logsOf, logsRequest, spansOf, tracesRequest } from './otlp.ts';
import {
  type RecordLog,
  type RecordSpan,
  type Telemetry,
  type TelemetryOutcome,
  recordLog,
  recordSpan,
} from './telemetry.ts';

const unzip = promisify(gunzip);

interface Answer {
  status: number;
  body: unknown;
  retryAfterSeconds?: number;
}

/** Bounds of the OTLP handler. */
export interface OtlpHandlerOptions {
  /** Of one request, unpacked: 8 MiB. */
  readonly maxBytes?: number;
}

/** Of the members of a request that are refused, so many are named. */
const NAMED = 5;

/**
 * A handler for `node:http` that takes OTLP over HTTP in its JSON form: `POST /v1/traces` and `POST /v1/logs`, plain or gzip. An
 * OpenTelemetry SDK is pointed at it with `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`. As the protocol
 * has it, spans that are refused are told of as a partial success, and 503 says to send again.
 */
export function otlpHandler(
  telemetry: Pick<Telemetry, 'recordSpans' | 'recordLogs'>,
  { maxBytes = 8 * 1024 * 1024 }: OtlpHandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const routes: Readonly<Record<string, (body: unknown) => Promise<Answer>>> = {
    '/v1/traces': async (body) => {
      const request = tracesRequest.safeParse(body);
      if (!request.success) return malformed(request.error.issues[0]?.path.join('.') ?? '');
      const spans = spansOf(request.data);
      return partly(
        'rejectedSpans',
        await taken(spans, recordSpan, (valid: RecordSpan[]) => telemetry.recordSpans(valid)),
      );
    },
    '/v1/logs': async (body) => {
      const request = logsRequest.safeParse(body);
      if (!request.success) return malformed(request.error.issues[0]?.path.join('.') ?? '');
      const logs = logsOf(request.data);
      return partly(
        'rejectedLogRecords',
        await taken(logs, recordLog, (valid: RecordLog[]) => telemetry.recordLogs(valid)),
      );
    },
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const route = routes[(request.url ?? '/').split('?', 1)[0]!];
    if (!route) return refused(404, `there are ${Object.keys(routes).join(' and ')}`);
    if (request.method !== 'POST') return refused(405, 'only POST');
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refused(415, 'only application/json: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json');
    const body = await read(request, maxBytes);
    if (body === 'too large') return refused(413, `more than ${maxBytes} bytes`);
    if (body === 'malformed') return malformed('');
    return route(body.json);
  }

  return (request, response) => {
    void answer(request)
      .catch(failed)
      .then(({ status, body, retryAfterSeconds }) => {
        const text = JSON.stringify(body);
        if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
        // What is left of a body that was not read to its end is not to be taken for the next request.
        if (status === 413) response.setHeader('connection', 'close');
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
        response.end(text);
      });
  };
}

interface Parsable<Output> {
  safeParse(
    input: unknown,
  ):
    | { success: true; data: Output }
    | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
}

/** Why each member was refused. What is malformed by itself harms no other. */
async function taken<Input>(
  members: readonly Input[],
  schema: Parsable<unknown>,
  record: (valid: Input[]) => Promise<TelemetryOutcome[]>,
): Promise<string[]> {
  const reasons: string[] = [];
  const valid = members.filter((member) => {
    const parsed = schema.safeParse(member);
    if (!parsed.success) reasons.push(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
    return parsed.success;
  });
  if (valid.length > 0) for (const outcome of await record(valid)) if (!outcome.ok) reasons.push(outcome.error.code);
  return reasons;
}

const partly = (field: string, reasons: readonly string[]): Answer => ({
  status: 200,
  body:
    reasons.length === 0
      ? {}
      : {
          partialSuccess: {
            [field]: String(reasons.length),
            errorMessage: [...new Set(reasons)].slice(0, NAMED).join(' | '),
          },
        },
});

/** As google.rpc.Status. */
const refused = (status: number, message: string): Answer => ({ status, body: { code: 3, message } });
const malformed = (path: string): Answer =>
  refused(400, path ? `not OTLP in its JSON form: ${path}` : 'not OTLP in its JSON form');

function failed(error: unknown): Answer {
  if (error instanceof OtlpError) return refused(400, error.message);
  if (!isAdapterError(error)) return { status: 500, body: { code: 13, message: 'internal error' } };
  if (error.kind === 'invalid-input') return refused(400, error.message);
  if (error.kind === 'unavailable' || error.kind === 'outcome-unknown') {
    const retryAfterSeconds = Math.max(1, Math.ceil((error.kind === 'unavailable' ? error.retryAfterMs : 1000) / 1000));
    return { status: 503, body: { code: 14, message: error.message }, retryAfterSeconds };
  }
  return { status: 500, body: { code: 13, message: 'internal error' } };
}

async function read(
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ json: unknown } | 'too large' | 'malformed'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return 'too large';
    chunks.push(chunk);
  }
  let body = Buffer.concat(chunks);
  try {
    if (/\bgzip\b/i.test(request.headers['content-encoding'] ?? ''))
      body = await unzip(body, { maxOutputLength: maxBytes });
    return { json: JSON.parse(body.toString()) as unknown };
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'malformed';
  }
}
