import { setTimeout as sleep } from 'node:timers/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { CompiledQuery } from 'kysely';
import type pg from 'pg';
import { Breaker, type BreakerState } from '../pipe/breaker.ts';
import type { AdapterConfig } from '../pipe/config.ts';
import { currentCall, remainingMs } from '../pipe/context.ts';
import { InternalError, UnavailableError, isAdapterError } from '../pipe/errors.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import { type Phase, isConnectionLost, isRetryable, mapPostgresError } from './errors.ts';
import { type GuardedPool, checkout, closePool, openPool } from './pool.ts';
import { queryArrays } from './array-query.ts';
import { copyInto, copyOutOf, longCopyOutOf } from './copy.ts';
import type { Mode, Statement } from './statement.ts';

/** What runs a statement: the database, or one transaction on it. Rows come back with our own types (see `codecs`). */
export interface Queries {
  /** Exactly one row. */
  one<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row>;
  /** One row or none. */
  maybe<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row | undefined>;
  /** All rows of a statement. */
  many<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row[]>;
  /** What `read` makes of each row, an array in the order of the columns: for long reads, whose rows become objects of another form anyway. */
  arrays<Input, T>(stmt: Statement<Input, unknown>, input: Input, read: (row: unknown[]) => T): Promise<T[]>;
  /** The number of rows touched. */
  run<Input>(stmt: Statement<Input, unknown>, input: Input): Promise<number>;
  /** A list whose text depends on its filters: unnamed, compiled each time. */
  query<Row>(op: string, mode: Mode, built: { compile(): CompiledQuery<Row> }): Promise<Row[]>;
  /** `COPY … FROM STDIN` of encoded chunks; answers the number of rows. */
  copyIn(op: string, copy: string, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<number>;
}

interface Sendable {
  op: string;
  mode: Mode;
  name?: string;
  text: string;
  values: unknown[];
}

/** How a statement is sent, and what is made of its answer. */
type Ask<T> = (client: pg.PoolClient, config: pg.QueryConfig & { query_timeout: number }) => Promise<T>;
const asDriver: Ask<pg.QueryResult> = (client, config) => client.query(config);

const POOL_WAIT_MS = 2000;
const MAX_ATTEMPTS = 30;

/** The guarded PostgreSQL of one adapter. Each method but `transaction`'s inner ones is one admitted unit of work. */
export class Postgres implements Queries {
  readonly #config: AdapterConfig;
  readonly #applicationName: string;
  readonly #telemetry: Telemetry;
  readonly #breaker: Breaker;
  readonly #retries: () => void;
  readonly #probe: GuardedPool;
  readonly #replica: GuardedPool | undefined;
  #pool: GuardedPool;

  constructor(config: AdapterConfig, applicationName: string, telemetry: Telemetry) {
    this.#config = config;
    this.#applicationName = applicationName;
    this.#telemetry = telemetry;
    this.#breaker = new Breaker('postgres', { resetMs: 1000, volume: 20, threshold: 50 }, telemetry);
    this.#retries = telemetry.counter(
      'adapter_postgres_retries_total',
      'Units run again after a serialization failure or deadlock',
    );
    this.#pool = this.#open(config.postgres.pool, config.postgres);
    // Health asks over a connection of its own, so that a drained pool shows as what it is and not as a dead server.
    this.#probe = this.#open(1, config.postgres);
    this.#replica =
      config.postgres.replica && this.#open(config.postgres.pool, { ...config.postgres, ...config.postgres.replica });
  }

  #open(max: number, target: AdapterConfig['postgres']): GuardedPool {
    return openPool(target, { max, applicationName: this.#applicationName, connectMs: POOL_WAIT_MS }, this.#telemetry);
  }

  async one<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row> {
    return exactlyOne(stmt.op, await this.#unit(sendable(stmt, input)));
  }
  async maybe<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row | undefined> {
    return (await this.#unit(sendable(stmt, input))).rows[0] as Row | undefined;
  }
  /** All rows of a statement. */
  async many<Input, Row>(stmt: Statement<Input, Row>, input: Input): Promise<Row[]> {
    return (await this.#unit(sendable(stmt, input))).rows as Row[];
  }
  arrays<Input, T>(stmt: Statement<Input, unknown>, input: Input, read: (row: unknown[]) => T): Promise<T[]> {
    return this.#unit(sendable(stmt, input), (client, config) => queryArrays(client, config, read));
  }
  async run<Input>(stmt: Statement<Input, unknown>, input: Input): Promise<number> {
    return (await this.#unit(sendable(stmt, input))).rowCount ?? 0;
  }
  async query<Row>(op: string, mode: Mode, built: { compile(): CompiledQuery<Row> }): Promise<Row[]> {
    const { sql: text, parameters } = built.compile();
    return (await this.#unit({ op, mode, text, values: [...parameters] })).rows as Row[];
  }

  copyIn(op: string, copy: string, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<number> {
    return this.#admitted(op, 'write', (client) =>
      this.#guarded(client, 'write', () => copyInto(client, copy, chunks)),
    );
  }

  /**
   * `COPY … TO STDOUT`, its chunks handed to `read` as they come: for what is too much for rows in memory. `long`: it may take as long as
   * its reader, where it would otherwise be bound by the time that any statement has.
   */
  copyOut<T>(
    op: string,
    copy: string,
    read: (chunks: AsyncIterable<Buffer>) => Promise<T>,
    { long = false }: { long?: boolean } = {},
  ): Promise<T> {
    const out = long ? longCopyOutOf : copyOutOf;
    return this.#admitted(op, 'read', (client) => this.#guarded(client, 'read', () => out(client, copy, read)));
  }

  /**
   * One transaction, admitted as one unit. It runs again from its start after a serialization failure or deadlock, so `fn` must
   * have no effect outside of it. A lost connection before COMMIT is `unavailable`, at COMMIT `outcome-unknown`.
   */
  transaction<T>(op: string, fn: (tx: Queries) => Promise<T>): Promise<T> {
    return this.#admitted(op, 'write', async (client) => {
      // Until COMMIT leaves, a lost connection means a rolled back transaction: the phase of a read.
      const guarded = <R>(work: () => Promise<R>) => this.#guarded(client, 'read', work);
      await guarded(() => client.query('begin'));
      let result: T;
      try {
        result = await fn(this.#transactional(client, guarded));
      } catch (error) {
        await client.query('rollback').catch(() => {});
        throw error;
      }
      const { command } = await this.#guarded(client, 'commit', () => client.query('commit'));
      if (command !== 'COMMIT')
        throw new InternalError('transaction-aborted', 'an aborted transaction was committed as a rollback');
      return result;
    });
  }

  /** Round trip and version over the probe's own connection, past the breaker; rejects with the mapped error. */
  async ping(withinMs: number): Promise<{ latencyMs: number; inRecovery: boolean }> {
    const started = performance.now();
    let client: pg.PoolClient | undefined;
    try {
      client = await checkout(this.#probe.pool, withinMs);
      const { rows } = await client.query({
        text: 'select pg_is_in_recovery() as r',
        query_timeout: withinMs,
      } as pg.QueryConfig);
      client.release();
      return { latencyMs: performance.now() - started, inRecovery: (rows[0] as { r: boolean }).r };
    } catch (error) {
      client?.release(error as Error);
      throw mapPostgresError(error, 'connect');
    }
  }

  /** Connections of the pool, and calls that wait for one. */
  stats(): { total: number; idle: number; waiting: number; max: number } {
    const { pool } = this.#pool;
    return {
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: this.#config.postgres.pool,
    };
  }

  /** The state of the store's breaker. */
  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Ends the pool; what is still running has so many milliseconds. */
  async close(deadlineMs: number): Promise<void> {
    this.#breaker.shutdown();
    const pools = [this.#pool, this.#probe, ...(this.#replica ? [this.#replica] : [])];
    await Promise.all(pools.map((guarded) => closePool(guarded, deadlineMs)));
  }

  async #unit<T = pg.QueryResult>(work: Sendable, ask: Ask<T> = asDriver as Ask<T>): Promise<T> {
    if (work.mode === 'replica' && this.#replica && !currentCall()?.fresh) {
      try {
        return await this.#onClient(this.#replica.pool, work.op, (client) => this.#send(client, work, ask));
      } catch (error) {
        if (!isAdapterError(error) || error.kind !== 'unavailable') throw error;
        this.#telemetry.log.debug({ err: error, op: work.op }, 'replica unavailable, reading from the primary');
      }
    }
    return this.#admitted(work.op, work.mode, (client) => this.#send(client, work, ask));
  }

  #admitted<T>(op: string, mode: Mode, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#breaker.admit(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#onClient(this.#pool.pool, op, (client) => {
            const call = currentCall();
            call?.signal?.throwIfAborted();
            if (call && mode === 'write') call.sent = true;
            return work(client);
          });
        } catch (error) {
          const cause = isAdapterError(error) ? error.cause : error;
          if (!cause || !isRetryable(cause) || attempt === MAX_ATTEMPTS || (remainingMs() ?? 1000) < 10) throw error;
          this.#retries();
          await sleep(Math.random() * Math.min(200, 5 * 2 ** attempt));
        }
      }
    });
  }

  async #onClient<T>(pool: pg.Pool, op: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const span = this.#telemetry.tracer.startSpan(op, { kind: SpanKind.CLIENT });
    if (span.isRecording())
      span.setAttributes({
        'db.system.name': 'postgresql',
        'db.namespace': this.#config.postgres.database,
        'db.query.summary': op,
      });
    let client: pg.PoolClient | undefined;
    let broken: Error | undefined;
    try {
      client = await this.#checkout(pool);
      return await work(client);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      const cause = isAdapterError(error) ? error.cause : error;
      if (cause instanceof Error && isConnectionLost(cause)) broken = cause;
      throw error;
    } finally {
      span.end();
      // A client inside a transaction would hand it to the next borrower.
      if (client && !broken && client.getTransactionStatus() !== 'I')
        broken = new Error('released inside a transaction');
      client?.release(broken);
    }
  }

  async #checkout(pool: pg.Pool): Promise<pg.PoolClient> {
    const remaining = remainingMs();
    if (remaining !== undefined && remaining <= 0) throw deadlineExceeded();
    try {
      return await (remaining === undefined ? pool.connect() : checkout(pool, remaining));
    } catch (error) {
      throw mapPostgresError(error, 'connect');
    }
  }

  #send<T>(client: pg.PoolClient, work: Sendable, ask: Ask<T>): Promise<T> {
    return this.#guarded(client, work.mode === 'write' ? 'write' : 'read', () => this.#query(client, work, ask));
  }

  #query<T>(client: pg.PoolClient, work: Sendable, ask: Ask<T>): Promise<T> {
    const remaining = remainingMs() ?? this.#config.deadlineMs;
    if (remaining <= 0) throw deadlineExceeded();
    const config = {
      text: work.text,
      values: work.values,
      query_timeout: Math.ceil(remaining),
    };
    return ask(
      client,
      work.name !== undefined && this.#config.postgres.namedStatements ? { ...config, name: work.name } : config,
    );
  }

  async #guarded<T>(_client: pg.PoolClient, phase: Phase, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isAdapterError(error)) throw error;
      if ((error as { code?: string }).code === '25006') this.#recycle();
      throw mapPostgresError(error, phase);
    }
  }

  /** After a failover the pool may sit on what is now a standby: new connections find the new primary. */
  #recycle(): void {
    const stale = this.#pool;
    this.#pool = this.#open(this.#config.postgres.pool, this.#config.postgres);
    void closePool(stale, 10_000);
  }

  #transactional(client: pg.PoolClient, guarded: <R>(work: () => Promise<R>) => Promise<R>): Queries {
    const send = (work: Sendable) => guarded(() => this.#query(client, work, asDriver));
    return {
      one: async <Input, Row>(stmt: Statement<Input, Row>, input: Input) =>
        exactlyOne<Row>(stmt.op, await send(sendable(stmt, input))),
      maybe: async <Input, Row>(stmt: Statement<Input, Row>, input: Input) =>
        (await send(sendable(stmt, input))).rows[0] as Row | undefined,
      many: async <Input, Row>(stmt: Statement<Input, Row>, input: Input) =>
        (await send(sendable(stmt, input))).rows as Row[],
      arrays: <Input, T>(stmt: Statement<Input, unknown>, input: Input, read: (row: unknown[]) => T) =>
        guarded(() => this.#query(client, sendable(stmt, input), (on, config) => queryArrays(on, config, read))),
      run: async <Input>(stmt: Statement<Input, unknown>, input: Input) =>
        (await send(sendable(stmt, input))).rowCount ?? 0,
      query: async <Row>(op: string, mode: Mode, built: { compile(): CompiledQuery<Row> }) => {
        const { sql: text, parameters } = built.compile();
        return (await send({ op, mode, text, values: [...parameters] })).rows as Row[];
      },
      copyIn: (_op, copy, chunks) => guarded(() => copyInto(client, copy, chunks)),
    };
  }
}

const deadlineExceeded = () =>
  new UnavailableError('deadline-exceeded', 'the deadline of the call passed before the work was sent', 0);

const sendable = <Input, Row>(stmt: Statement<Input, Row>, input: Input): Sendable => ({
  op: stmt.op,
  mode: stmt.mode,
  name: stmt.name,
  text: stmt.text,
  values: stmt.bind(input),
});

function exactlyOne<Row>(op: string, result: pg.QueryResult): Row {
  if (result.rows.length !== 1)
    throw new InternalError('row-count', `${op} answered ${result.rows.length} rows instead of one`);
  return result.rows[0] as Row;
}
