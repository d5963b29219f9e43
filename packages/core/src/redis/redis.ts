import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Cluster, Redis as IoRedis, type RedisOptions } from 'ioredis';
import { Breaker, type BreakerState } from '../pipe/breaker.ts';
import type { AdapterConfig } from '../pipe/config.ts';
import { currentCall } from '../pipe/context.ts';
import { UnavailableError, isAdapterError } from '../pipe/errors.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import { mapRedisError } from './errors.ts';
import type { Script } from './script.ts';

export type RedisClient = IoRedis | Cluster;

/** The guarded Redis of one adapter: every method is one admitted unit of work. */
export class Redis {
  readonly #config: AdapterConfig['redis'];
  readonly #name: string;
  readonly #telemetry: Telemetry;
  readonly #breaker: Breaker;
  readonly #client: RedisClient;
  readonly #readers = new Set<IoRedis>();
  #connecting: Promise<void> | undefined;
  /** Why the connection is not there: a refused login shows nowhere else. */
  #lost: Error | undefined;

  constructor(config: AdapterConfig['redis'], connectionName: string, telemetry: Telemetry) {
    this.#config = config;
    this.#name = connectionName;
    this.#telemetry = telemetry;
    this.#breaker = new Breaker('redis', { resetMs: 500, volume: 20, threshold: 50 }, telemetry);
    this.#client = config.cluster
      ? new Cluster([{ host: config.host, port: config.port }], {
          lazyConnect: true,
          enableOfflineQueue: false,
          redisOptions: this.#options(),
        })
      : new IoRedis({ host: config.host, port: config.port, db: config.database, ...this.#options() });
    this.#guard(this.#client);
  }

  /** Plain commands as one unit: `redis.read('exchange.sessions.find', (r) => r.get(key))`. */
  read<T>(op: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#unit(op, 'read', work);
  }
  /** One unit of work that changes something: a lost reply is `outcome-unknown`. */
  write<T>(op: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#unit(op, 'write', work);
  }

  /** One call of a script by its hash; a server that does not know it (any more) is given the text. */
  script<T>(script: Script, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<T> {
    return this.#unit(script.op, script.mode, async (client) => {
      try {
        return (await client.evalsha(script.sha, keys.length, ...keys, ...args)) as T;
      } catch (error) {
        if (!(error as Error).message?.startsWith('NOSCRIPT')) throw error;
        return (await client.eval(script.text, keys.length, ...keys, ...args)) as T;
      }
    });
  }

  /** A connection of its own for blocking reads; it passes no breaker and waits for a returning server by itself. End it with `disconnect`. */
  blockingReader(): IoRedis {
    const reader = new IoRedis({
      host: this.#config.host,
      port: this.#config.port,
      db: this.#config.database,
      ...this.#options(),
      connectionName: `${this.#name}:reader`,
      commandTimeout: 30_000,
      socketTimeout: 30_000,
    });
    this.#guard(reader);
    this.#readers.add(reader);
    reader.once('end', () => this.#readers.delete(reader));
    return reader;
  }

  /** Round trip past the breaker; rejects with the mapped error. */
  async ping(withinMs: number): Promise<{ latencyMs: number }> {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Command timed out')), withinMs);
    });
    try {
      await Promise.race([this.#connected().then(() => this.#client.ping()), late]);
      return { latencyMs: performance.now() - started };
    } catch (error) {
      throw isAdapterError(error) ? error : mapRedisError(error, 'read');
    } finally {
      clearTimeout(timer);
    }
  }

  /** The state of the store's breaker. */
  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Ends the connections; what is still running has so many milliseconds. */
  async close(deadlineMs: number): Promise<void> {
    this.#breaker.shutdown();
    for (const reader of this.#readers) reader.disconnect();
    if (this.#client.status === 'ready') {
      const late = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs).unref());
      await Promise.race([this.#client.quit().catch(() => {}), late]);
    }
    this.#client.disconnect();
  }

  #unit<T>(op: string, mode: 'read' | 'write', work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#breaker.admit(async () => {
      const span = this.#telemetry.tracer.startSpan(op, { kind: SpanKind.CLIENT });
      if (span.isRecording()) span.setAttributes({ 'db.system.name': 'redis', 'db.query.summary': op });
      try {
        if (this.#client.status !== 'ready') await this.#connected();
        const call = currentCall();
        call?.signal?.throwIfAborted();
        if (call && mode === 'write') call.sent = true;
        return await work(this.#client);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw isAdapterError(error) || error === currentCall()?.signal?.reason ? error : mapRedisError(error, mode);
      } finally {
        span.end();
      }
    });
  }

  /** The first use connects. While the client reconnects by itself a call fails at once; the queue that ioredis offers has no bound. */
  async #connected(): Promise<void> {
    const { status } = this.#client;
    if (status === 'ready') return;
    if (status === 'end') throw new UnavailableError('redis-closed', 'the Redis connection was closed', 1000);
    if (status === 'wait' || status === 'connecting' || status === 'connect') {
      // While the password is read the status is still `wait`: a second `connect` would be an error.
      this.#connecting ??= this.#client.connect().then(
        () => {},
        (error: Error) => void (this.#lost ??= error),
      );
      await this.#connecting;
    }
    if (this.#client.status !== 'ready') throw mapRedisError(this.#lost ?? new Error('Connection is closed.'), 'read');
  }

  #options() {
    return {
      username: this.#config.user,
      connectionName: this.#name,
      ...(this.#config.tls && { tls: { ...this.#config.tls, servername: this.#config.host } }),
      lazyConnect: true,
      enableOfflineQueue: false, // a queued command would run later, when nobody waits for it
      maxRetriesPerRequest: 0, // a command whose reply was lost is not sent again behind our back
      commandTimeout: 1000,
      socketTimeout: 2000,
      connectTimeout: 2000,
      maxLoadingRetryTime: 250, // a server that loads its data says how long that takes, and is far off at first
      retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), 1000) * (0.5 + Math.random() / 2),
      reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (1 as const) : false),
      stringNumbers: true, // the decoder rounds integers near 2^53
    } satisfies RedisOptions;
  }

  #guard(client: RedisClient): void {
    client.on('error', (err: Error) => {
      if (client === this.#client) this.#lost = err;
      this.#telemetry.log.debug({ err }, 'Redis connection ended');
    });
    if (client === this.#client) client.on('ready', () => (this.#lost = undefined));
    const { password } = this.#config;
    if (!password) return;
    // Read at each connect, so that a rotated password is found without a restart.
    const connect = client.connect.bind(client);
    client.connect = async () => {
      const login = client instanceof Cluster ? nodeOptions(client) : client.options;
      try {
        login.password = await password();
      } catch (err) {
        // With the last one known: were this to reject, the client would never try to connect again.
        this.#telemetry.log.error({ err }, 'the Redis password could not be read');
      }
      return connect();
    };
  }
}

/** What a cluster's client opens its nodes with: a copy, made when it was constructed, of the options that it was given. */
const nodeOptions = (cluster: Cluster): RedisOptions =>
  (cluster as unknown as { connectionPool: { redisOptions: RedisOptions } }).connectionPool.redisOptions;
