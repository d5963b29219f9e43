import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { InvalidInputError } from '../pipe/errors.ts';
import { defaultLogger, describeError } from '../pipe/telemetry.ts';
import { opsHandler } from './http.ts';
import type { Adapters } from './readiness.ts';
import { settledWithin } from './within.ts';

/** How a service is run. */
export interface ServiceOptions<A extends Adapters> {
  name: string;
  /** Where `/livez`, `/readyz`, `/metrics` and the status page are; 0 takes a free port. */
  opsPort: number;
  /** What it works with, closed at the end. */
  adapters: A;
  /** Milliseconds between `not ready` and the stop, for balancers to notice: 3 000 by default. */
  settleMs?: number;
  /** Milliseconds from the signal to the end of the process, whatever hangs: 20 000 by default, below the usual grace of 30 s. */
  deadlineMs?: number;
  logger?: Logger;
  /** Metrics of the service itself, served with those of its adapters. */
  metrics?: Registry;
  /** Ends the process. A test hands in its own. */
  exit?: (code: number) => void;
}

/** A running service, as its `main` sees it. */
export interface Service<A extends Adapters> {
  readonly name: string;
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal;
  readonly adapters: A;
  readonly log: Logger;
  /** Where its operations port listens. */
  readonly opsPort: number;
  /** Disposed of when the service stops, the last one first. Answers what it was given. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T;
}

/**
 * Runs a service: waits for what its adapters cannot do without, calls `main`, which sets it up and returns, and is ready from
 * then on. SIGTERM and SIGINT stop it in order: not ready, a pause, the signal, what it uses, its adapters, exit code 0. A second
 * signal ends it at once. A `main` that fails and an uncaught error stop it in order with exit code 1. Resolves with that code.
 */
export async function runService<A extends Adapters>(
  options: ServiceOptions<A>,
  main: (service: Service<A>) => Promise<void> | void,
): Promise<number> {
  const { name, adapters, settleMs = 3000, deadlineMs = 20_000, exit = (code: number) => process.exit(code) } = options;
  const log = (options.logger ?? defaultLogger()).child({ service: name }, { serializers: { err: describeError } });
  const abort = new AbortController();
  const used: (Disposable | AsyncDisposable)[] = [];
  const ended = Promise.withResolvers<number>();
  const ops = opsHandler(adapters, { name, ...(options.metrics && { metrics: options.metrics }) });
  const server = createServer(ops);
  let running: Promise<void> = Promise.resolve();
  let state: 'starting' | 'started' | 'stopping' = 'starting';
  let code = 0;

  const end = (): void => {
    if (listeners.length === 0) return;
    for (const off of listeners.splice(0)) off();
    ops[Symbol.dispose]();
    server.close();
    server.closeAllConnections();
    log.flush?.();
    ended.resolve(code);
    exit(code);
  };
  const endAtOnce = (): void => {
    code = 1;
    end();
  };

  const stop = async (settle: number): Promise<void> => {
    if (state === 'stopping') return;
    state = 'stopping';
    const ends = performance.now() + deadlineMs;
    const left = () => Math.max(0, ends - performance.now());
    const overdue = setTimeout(() => {
      log.error({ deadlineMs }, 'the service did not stop in time');
      endAtOnce();
    }, deadlineMs);
    ops.hold('stopping');
    await sleep(Math.min(settle, deadlineMs / 2));
    abort.abort(new Error('the service is stopping'));
    if (!(await settledWithin(left() / 3, [running]))) log.warn('main goes on though its signal has aborted');
    if (!(await settledWithin(left() / 2, [disposeAll(used, log)]))) log.warn('a resource was not disposed of in time');
    await Promise.all(Object.values(adapters).map((adapter) => adapter.close({ deadlineMs: left() * 0.8 })));
    clearTimeout(overdue);
    log.info({ code }, 'stopped');
    end();
  };

  const onSignal = (signal: NodeJS.Signals): void => {
    if (state === 'stopping') {
      log.warn({ signal }, 'second signal: stopping at once');
      return endAtOnce();
    }
    log.info({ signal }, 'stopping');
    void stop(state === 'started' ? settleMs : 0);
  };
  const onFault = (err: unknown): void => {
    log.fatal({ err }, 'uncaught error: stopping');
    code = 1;
    void stop(0);
  };
  const listeners = [
    listenTo('SIGTERM', onSignal),
    listenTo('SIGINT', onSignal),
    listenTo('uncaughtException', onFault),
    listenTo('unhandledRejection', onFault),
  ];

  ops.hold('starting');
  try {
    const opsPort = await listen(server, options.opsPort);
    log.info({ opsPort }, 'operations port is open');
    const waiting = { signal: abort.signal, degraded: true };
    await Promise.all(Object.values(adapters).map((adapter) => adapter.ready(waiting)));
    const use: Service<A>['use'] = (resource) => {
      used.push(resource);
      return resource;
    };
    running = (async () => main({ name, signal: abort.signal, adapters, log, opsPort, use }))();
    await running;
    if (state === 'starting') {
      state = 'started';
      ops.hold(undefined);
      log.info('started');
    }
  } catch (err) {
    if (state === 'starting') {
      log.fatal({ err }, 'the service could not start');
      code = 1;
      void stop(0);
    }
  }
  return ended.promise;
}

function listenTo(event: string, listener: (value: never) => void): () => void {
  const attached = listener as (value: unknown) => void;
  process.on(event, attached);
  return () => process.off(event, attached);
}

/** The last one first, and all of them even where one fails. */
async function disposeAll(used: readonly (Disposable | AsyncDisposable)[], log: Logger): Promise<void> {
  for (const resource of [...used].reverse()) {
    try {
      await (Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose]());
    } catch (err) {
      log.error({ err }, 'a resource was not disposed of');
    }
  }
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message =
        error.code === 'EADDRINUSE' ? `port ${port} is taken` : `port ${port} cannot be opened (${error.code})`;
      reject(new InvalidInputError([{ path: 'opsPort', message }], 'invalid-configuration'));
    });
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });
