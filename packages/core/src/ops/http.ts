import type { IncomingMessage, ServerResponse } from 'node:http';
import { AggregatorRegistry, Registry } from 'prom-client';
import { type Adapters, Readiness } from './readiness.ts';
import { statusPage } from './status-page.ts';
import { within } from './within.ts';

/** What the operations port shows beside the adapters. */
export interface OpsOptions {
  /** What the status page is headed with. */
  name?: string;
  /** Metrics of the service itself, served with those of its adapters. */
  metrics?: Registry;
}

/** A handler for `node:http`, and what the service itself says about being ready. */
export interface OpsHandler extends Disposable {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Not ready for this reason, whatever the adapters say; `undefined` ends it. */
  hold(reason: string | undefined): void;
}

const SCRAPE_WITHIN_MS = 2000;

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * Serves `/livez` (the process runs: no store is asked), `/readyz`, `/metrics` and, at `/`, a page for people. For a port that
 * only operators reach: it has no login. Ends with `Symbol.dispose`.
 */
export function opsHandler(adapters: Adapters, { name = 'service', metrics }: OpsOptions = {}): OpsHandler {
  const readiness = new Readiness(adapters);
  const registries = new Set([
    ...(metrics ? [metrics] : []),
    ...Object.values(adapters).map((adapter) => adapter.metrics),
  ]);

  const routes: Readonly<Record<string, () => Promise<Answer>>> = {
    '/livez': async () => text(200, 'alive\n'),
    '/readyz': async () => {
      const { ready, reasons } = readiness.now;
      return { status: ready ? 200 : 503, type: 'application/json', body: `${JSON.stringify({ ready, reasons })}\n` };
    },
    '/metrics': async () => {
      const body = await within(SCRAPE_WITHIN_MS, render([...registries]), undefined);
      return body === undefined
        ? text(503, 'a collector did not answer in time\n')
        : { status: 200, type: Registry.PROMETHEUS_CONTENT_TYPE, body };
    },
    '/': async () => {
      const health = await Promise.all(Object.values(adapters).map((adapter) => adapter.health()));
      return { status: 200, type: 'text/html; charset=utf-8', body: statusPage(name, readiness.now, health) };
    },
  };

  const answer = async ({ method, url = '/' }: IncomingMessage): Promise<Answer> => {
    const route = routes[url.split('?', 1)[0]!];
    if (!route) return text(404, `there are ${Object.keys(routes).join(', ')}\n`);
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD\n');
    return route();
  };

  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request)
      .catch(() => text(500, 'internal error\n'))
      .then(({ status, type, body }) => {
        response.writeHead(status, {
          'content-type': type,
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
          ...(status === 405 && { allow: 'GET, HEAD' }),
        });
        response.end(body);
      });
  };
  return Object.assign(handler, {
    hold: (reason: string | undefined) => readiness.hold(reason),
    [Symbol.dispose]: () => readiness[Symbol.dispose](),
  });
}

const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });

/** One metric of one name, though each adapter has a registry of its own: twice the same name is no valid exposition. */
async function render(registries: readonly Registry[]): Promise<string> {
  if (registries.length === 1) return registries[0]!.metrics();
  const all = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  return AggregatorRegistry.aggregate(all).metrics();
}
