import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { outsideCalls } from '../pipe/context.ts';
import { UnavailableError, isAdapterError } from '../pipe/errors.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import { script } from '../redis/script.ts';
import type { AdapterContext } from './adapter-context.ts';
import type { LeaseRepository } from './leases.ts';

/** `unknown` until it was asked for, and while Redis cannot be asked. */
export type EpochState = 'unknown' | 'current' | 'mismatch' | 'rebuilding';

interface Tables {
  epoch: { epoch: string };
}
const db = queryBuilder<Tables>();
const findEpoch = statement('epoch.find', 'read', () => db.selectFrom('epoch').select('epoch'));
const beginEpoch = statement('epoch.begin', 'write', (p: { epoch: string }) =>
  db
    .insertInto('epoch')
    .values({ epoch: p.epoch })
    .onConflict((c) => c.doNothing()),
);
const renewEpoch = statement('epoch.renew', 'write', (p: { from: string; to: string }) =>
  db.updateTable('epoch').set({ epoch: p.to }).where('epoch', '=', p.from),
);

const endRebuild = script('epoch.end-rebuild', 'write', new URL('../../lua/end-rebuild.lua', import.meta.url));

const CHECK_EVERY_MS = 1000;

/**
 * The epoch of a schema is kept in PostgreSQL and under one Redis key. Where the key is missing or different, Redis was emptied or the
 * database restored: what Redis says first is not believed until the hooks have rebuilt it from PostgreSQL and the key is set.
 */
export class Epoch {
  /** A worker: checks, and rebuilds where it must. */
  readonly name = 'keep-epoch';
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #rebuilds = new Map<string, (signal: AbortSignal) => Promise<void>>();
  readonly #current: (value: number) => void;
  readonly #rebuildSeconds: (value: number, values: { part: string }) => void;
  #state: EpochState = 'unknown';
  #checking: Promise<void> | undefined;
  #checkedAt = -Infinity;
  /** PostgreSQL's, as last read. */
  #epoch: string | undefined;

  constructor(context: AdapterContext, leases: LeaseRepository) {
    this.#context = context;
    this.#leases = leases;
    this.#current = context.telemetry.gauge(
      'adapter_epoch_current',
      '1 while the epoch in Redis is that of PostgreSQL',
    );
    this.#rebuildSeconds = context.telemetry.gauge(
      'adapter_epoch_rebuild_seconds',
      'How long it last took to bring back a part of a Redis that was emptied',
      ['part'],
    );
  }

  /** Whether Redis may be believed, as last seen. */
  get state(): EpochState {
    return this.#state;
  }

  /** Named work that brings back one part of what Redis holds; all of it runs before the epoch counts as current again. */
  onMismatch(name: string, rebuild: (signal: AbortSignal) => Promise<void>): void {
    this.#rebuilds.set(name, rebuild);
  }

  /** Before a read that Redis answers first: refuses while what it holds is not to be believed. Asks Redis at most once a second. */
  async ensure(): Promise<void> {
    if (this.#state !== 'current' || performance.now() - this.#checkedAt > CHECK_EVERY_MS) await this.#check();
    this.#refuse();
  }

  /** After such a read found nothing: nothing is to be believed only where the epoch still stands. */
  async confirm(): Promise<void> {
    // One that is on its way may have been answered before the read.
    await this.#checking;
    await this.#check();
    this.#refuse();
  }

  /** Begins another epoch: what Redis holds is rebuilt. For an operator who brought back an older database. */
  async renew(): Promise<void> {
    const from = await this.#ofPostgres();
    await this.#context.pg.run(renewEpoch, { from, to: randomUUID() });
    this.#epoch = undefined;
  }

  /** The loop of the worker: looks once a second until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#epoch = await this.#ofPostgres();
      await this.#check();
      if (this.#state === 'mismatch') await this.#rebuild(signal);
      await sleep(CHECK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #rebuild(signal: AbortSignal): Promise<void> {
    await using lease = await this.#leases.wait('epoch', { signal });
    await this.#check();
    // Another process may have done it while this one waited.
    if (this.#state !== 'mismatch') return;
    const { log } = this.#context.telemetry;
    this.#become('rebuilding');
    let ended: EpochState = 'mismatch';
    try {
      const epoch = await this.#ofPostgres();
      log.warn({ rebuilds: [...this.#rebuilds.keys()] }, 'Redis is not of this epoch: rebuilding what it holds');
      const mark = `rebuilding:${randomUUID()}`;
      await this.#context.redis.write('epoch.mark', (client) => client.set(this.#key(), mark));
      const stop = AbortSignal.any([signal, lease.signal]);
      for (const [part, rebuild] of this.#rebuilds) {
        const began = performance.now();
        await rebuild(stop);
        stop.throwIfAborted();
        this.#rebuildSeconds((performance.now() - began) / 1000, { part });
      }
      if (Number(await this.#context.redis.script(endRebuild, [this.#key()], [mark, epoch])) !== 1) return;
      ended = 'current';
      log.info('Redis is rebuilt');
    } finally {
      this.#become(ended);
    }
  }

  #check(): Promise<void> {
    this.#checking ??= outsideCalls(() => this.#compare()).finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #compare(): Promise<void> {
    const inRedis = await this.#context.redis.read('epoch.find', (client) => client.get(this.#key()));
    // Without PostgreSQL a key that is there is believed: live reads go on, and an emptied Redis is still found.
    this.#epoch ??= await this.#ofPostgres().catch((error: unknown) => {
      if (isAdapterError(error) && error.kind === 'unavailable') return undefined;
      throw error;
    });
    const matches = inRedis !== null && (this.#epoch === undefined || inRedis === this.#epoch);
    this.#checkedAt = performance.now();
    if (matches) this.#become('current');
    else if (this.#state !== 'rebuilding') this.#become('mismatch');
  }

  async #ofPostgres(): Promise<string> {
    const { pg } = this.#context;
    const found = await pg.maybe(findEpoch, {});
    if (found) return found.epoch;
    await pg.run(beginEpoch, { epoch: randomUUID() });
    return (await pg.one(findEpoch, {})).epoch;
  }

  #refuse(): void {
    if (this.#state === 'current') return;
    throw new UnavailableError('epoch-mismatch', 'Redis was emptied or is of another epoch: it is being rebuilt', 1000);
  }

  #become(state: EpochState): void {
    this.#state = state;
    this.#current(state === 'current' ? 1 : 0);
  }

  #key(): string {
    return this.#context.coreKeys.epoch('all');
  }
}
