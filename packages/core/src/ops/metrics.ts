import type { Telemetry } from '../pipe/telemetry.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { AdapterHealth, Store } from './health.ts';
import type { StoreHealth } from './store-watch.ts';
import type { Workers } from './worker.ts';

interface Parts {
  telemetry: Telemetry;
  pg: Postgres;
  workers: Workers;
  /** What the last check found: a scrape never asks a store. */
  lastHealth: () => AdapterHealth | undefined;
}

/** The gauges of one adapter. Ends with the answered function. */
export function observeAdapter({ telemetry, pg, workers, lastHealth }: Parts): () => void {
  const ends = [
    telemetry.observed('adapter_up', '1 healthy, 0.5 degraded, 0 unavailable, as last checked', [], () => {
      const status = lastHealth()?.status;
      return status ? [[{ healthy: 1, degraded: 0.5, unavailable: 0 }[status], {}]] : [];
    }),
    telemetry.observed('adapter_store_up', '1 while the store answers, as last checked', ['store'], () =>
      storesOf(lastHealth()).map(([store, { state }]) => [state === 'down' ? 0 : 1, { store }]),
    ),
    telemetry.observed('adapter_store_latency_seconds', 'Round trip of the last check', ['store'], () =>
      storesOf(lastHealth()).flatMap(([store, { latencyMs }]) =>
        latencyMs === undefined ? [] : [[latencyMs / 1000, { store }] as const],
      ),
    ),
    telemetry.observed(
      'adapter_postgres_connections',
      'Connections of the pool, and calls that wait for one',
      ['state'],
      () => {
        const { total, idle, waiting, max } = pg.stats();
        return Object.entries({ busy: total - idle, idle, waiting, max }).map(([state, value]) => [value, { state }]);
      },
    ),
    telemetry.observed('adapter_lag_seconds', 'How far a worker or a check is behind what it follows', ['of'], () => [
      ...workers.health().flatMap(({ name, lagSeconds }) => lagOf(name, lagSeconds)),
      ...Object.entries(lastHealth()?.checks ?? {}).flatMap(([name, { lagSeconds }]) => lagOf(name, lagSeconds)),
    ]),
    telemetry.observed(
      'adapter_worker_running',
      '1 while the worker runs, 0 while it waits after a failure',
      ['worker'],
      () =>
        workers
          .health()
          .flatMap(({ name, state }) => (state === 'off' ? [] : [[state === 'running' ? 1 : 0, { worker: name }]])),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

const storesOf = (health: AdapterHealth | undefined): [Store, StoreHealth][] =>
  health === undefined
    ? []
    : [
        ['postgres', health.postgres],
        ['redis', health.redis],
      ];

const lagOf = (of: string, seconds: number | undefined): [number, { of: string }][] =>
  seconds === undefined ? [] : [[seconds, { of }]];
