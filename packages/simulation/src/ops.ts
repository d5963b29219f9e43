import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BaseAdapter, opsHandler } from '@tse/core';
import type { Registry } from 'prom-client';
import { InputError } from './input-error.ts';

export interface OpsPortOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** On which address it listens: on all, so that a Prometheus in a container reaches it. It has no login. */
  readonly host?: string;
  /** What the status page is headed with. */
  readonly name?: string;
  /** Metrics that no adapter has, served with theirs. */
  readonly metrics?: Registry;
}

export interface OpsPort extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
}

/** Serves `/livez`, `/readyz`, `/metrics` and the status page of several adapters on one port. */
export async function openOpsPort(
  adapters: Readonly<Record<string, BaseAdapter>>,
  { port, host, name = 'simulation', metrics }: OpsPortOptions,
): Promise<OpsPort> {
  const handler = opsHandler(adapters, { name, ...(metrics && { metrics }) });
  const server = createServer(handler);
  const close = async () => {
    handler[Symbol.dispose]();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    return { port: await listen(server, port, host), [Symbol.asyncDispose]: close };
  } catch (error) {
    handler[Symbol.dispose]();
    throw error;
  }
}

const listen = (server: Server, port: number, host: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new InputError(
          code === 'EADDRINUSE'
            ? `Port ${port} is taken: --ops-port needs one that is free.`
            : `Port ${port} cannot be opened (${code}).`,
        ),
      ),
    );
    server.listen({ port, ...(host !== undefined && { host }) }, () => resolve((server.address() as AddressInfo).port));
  });
