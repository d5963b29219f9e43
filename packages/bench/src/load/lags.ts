import { Redis } from 'ioredis';
import pg from 'pg';
import type { AdapterName } from '@tse/simulation';
import { type Seven, adapterNames } from './adapters.ts';

/** How far behind one of those is who follow the outboxes. */
export interface Lag {
  /** Events that wait. */
  readonly events: number;
  /** Seconds since the oldest of them was written. */
  readonly age: number;
}

/** The worst of all sources at one moment. */
export interface Lags {
  /** In an outbox, not yet in its stream. */
  readonly relay: Lag;
  /** Published, not yet in the trail. */
  readonly audit: Lag;
  /** Published, not yet handled by the service that reads them. */
  readonly inbox: Lag;
}

export interface LagWatch extends AsyncDisposable {
  look(): Promise<Lags>;
}

interface Follower {
  readonly kind: keyof Lags;
  readonly source: string;
  readonly passed: number;
}

const NONE: Lag = { events: 0, age: 0 };

/** Looks from outside, as the administrator of both servers: the adapters have no part in it. */
export async function watchLags({ adapters, target }: Seven): Promise<LagWatch> {
  await using opening = new AsyncDisposableStack();
  const client = new pg.Client(target.admin.postgresUrl);
  await client.connect();
  opening.defer(() => client.end());
  const redis = new Redis(target.admin.redisUrl);
  opening.defer(() => redis.disconnect());
  const identities = adapterNames.map((name) => adapters[name].identity);
  const schemas = identities.map(({ schema }) => schema);
  const isSource = new Set(schemas);
  const checkpointsOf = (name: AdapterName) => {
    const { schema } = adapters[name].identity;
    return `select '${name}' as reader, source, publish_seq::int8 as passed from ${schema}.inbox_checkpoints`;
  };
  const checkpoints = adapterNames.map(checkpointsOf).join(' union all ');

  async function followers(): Promise<Follower[]> {
    const { rows } = await client.query<{ reader: AdapterName; source: string; passed: string }>(checkpoints);
    const read = rows
      .filter(({ source }) => isSource.has(source))
      .map(({ reader, source, passed }) => ({
        kind: reader === 'audit' ? ('audit' as const) : ('inbox' as const),
        source,
        passed: Number(passed),
      }));
    const ends = await Promise.all(
      identities.map(({ prefix }) => redis.xrevrange(`${prefix}:events:{all}`, '+', '-', 'COUNT', 1)),
    );
    const streams = schemas.flatMap((source, i) => {
      const [end] = ends[i]!;
      return end ? [{ kind: 'relay' as const, source, passed: Number(end[0].split('-')[0]) }] : [];
    });
    return [...read, ...streams];
  }

  /** What has no number yet waits for the relay; who reads waits for nothing that is not published. */
  const lagOf = ({ kind, source, passed }: Follower) =>
    kind === 'relay'
      ? `select '${kind}' as kind, (p.last_publish_seq - ${passed} + u.events)::int8 as events,
           extract(epoch from clock_timestamp() - coalesce((select recorded_at from ${source}.outbox where publish_seq = ${passed + 1}), u.oldest))::float8 as age
         from ${source}.publications p,
           lateral (select count(*) as events, min(recorded_at) as oldest from ${source}.outbox where id > p.numbered_id and publish_seq is null) u`
      : `select '${kind}' as kind, (p.last_publish_seq - ${passed})::int8 as events,
           extract(epoch from clock_timestamp() - (select recorded_at from ${source}.outbox where publish_seq = ${passed + 1}))::float8 as age
         from ${source}.publications p`;

  const opened = opening.move();
  return {
    async look() {
      const found = await followers();
      const lags: Record<keyof Lags, Lag> = { relay: NONE, audit: NONE, inbox: NONE };
      if (found.length === 0) return lags;
      const { rows } = await client.query<{ kind: keyof Lags; events: string; age: number | null }>(
        found.map(lagOf).join(' union all '),
      );
      for (const { kind, events, age } of rows)
        lags[kind] = {
          events: lags[kind].events + Math.max(0, Number(events)),
          age: Math.max(lags[kind].age, age ?? 0),
        };
      return lags;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
