import { setTimeout as sleep } from 'node:timers/promises';
import { type Generated, sql } from 'kysely';
import { ConflictError } from '../pipe/errors.ts';
import type { Queries } from '../postgres/postgres.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import type { AdapterContext } from './adapter-context.ts';
import type { LeaseRepository } from './leases.ts';

/** Facts in Redis that are to be kept in PostgreSQL. Positions are opaque to the archiver. */
export interface ArchiveSource<Fact> {
  /**
   * The facts that follow a position (`''`: from the start), oldest first. `undefined` says that the source does not hold that
   * position any more: it was lost.
   */
  read(after: string, limit: number): Promise<readonly { position: string; fact: Fact }[] | undefined>;
  /** Lets go of what stands before a position, and keeps that one: it proves that nothing was lost. */
  trim(before: string): Promise<void>;
  /** How many facts it holds, the last archived one included. */
  size(): Promise<number>;
}

/** What an archiver moves from Redis to PostgreSQL, and how. */
export interface ArchiverOptions<Fact> {
  /** The name of the series: of its watermark, its lease and its metrics. */
  series: string;
  /** What its metrics call it, where there are many series of a kind. */
  label?: string;
  /** Told how many facts wait, in the place of the gauge: whoever has many series of a kind adds them up. */
  onBacklog?: (facts: number) => void;
  source: ArchiveSource<Fact>;
  /** Stores the facts, in the transaction that moves the watermark. */
  store(tx: Queries, facts: readonly Fact[]): Promise<void>;
  /** Facts of one batch at most. */
  batch?: number;
  /** Pause where there is nothing to archive. */
  everyMs?: number;
}

interface Tables {
  archive_watermarks: { series: string; position: string; version: number; updated_at: Generated<string> };
  archive_gaps: { series: string; after_position: string; version: number };
}
const db = queryBuilder<Tables>();
const findWatermark = statement('archive.find-watermark', 'read', (p: { series: string }) =>
  db.selectFrom('archive_watermarks').select(['position', 'version']).where('series', '=', p.series),
);
const beginSeries = statement('archive.begin', 'write', (p: { series: string }) =>
  db
    .insertInto('archive_watermarks')
    .values({ series: p.series, position: '', version: 1 })
    .onConflict((c) => c.doNothing()),
);
const moveWatermark = statement(
  'archive.move-watermark',
  'write',
  (p: { series: string; position: string; version: number }) =>
    db
      .updateTable('archive_watermarks')
      .set((e) => ({ position: p.position, version: e('version', '+', 1), updated_at: sql`clock_timestamp()` }))
      .where('series', '=', p.series)
      .where('version', '=', p.version),
);
const markGap = statement(
  'archive.mark-gap',
  'write',
  (p: { series: string; after_position: string; version: number }) =>
    db.insertInto('archive_gaps').values({ series: p.series, after_position: p.after_position, version: p.version }),
);

interface Watermark {
  position: string;
  version: number;
}

/** Moves facts that Redis acknowledged first to PostgreSQL, in batches, each once. */
export class Archiver<Fact> {
  readonly name: string;
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #options: ArchiverOptions<Fact>;
  readonly #label: string;
  readonly #backlog: (value: number, values: { series: string }) => void;
  readonly #archived: (values: { series: string }, by: number) => void;
  readonly #gaps: (values: { series: string }) => void;

  constructor(context: AdapterContext, leases: LeaseRepository, options: ArchiverOptions<Fact>) {
    this.name = `archive-${options.series}`;
    this.#context = context;
    this.#leases = leases;
    this.#options = options;
    this.#label = options.label ?? options.series;
    const { telemetry } = context;
    this.#backlog = telemetry.gauge('adapter_archive_backlog', 'Facts in Redis that are not yet archived', ['series']);
    this.#archived = telemetry.counter('adapter_archived_facts_total', 'Facts moved to PostgreSQL', ['series']);
    this.#gaps = telemetry.counter('adapter_archive_gaps_total', 'Times that a lost Redis took facts with it', [
      'series',
    ]);
  }

  /** A worker; one of all processes is active. */
  async run(signal: AbortSignal): Promise<void> {
    await using lease = await this.#leases.wait(this.name, { signal });
    const stop = AbortSignal.any([signal, lease.signal]);
    while (!stop.aborted) {
      const moved = await this.archiveNext();
      if (moved > 0) continue;
      await sleep(this.#options.everyMs ?? 200, undefined, { signal: stop, ref: false }).catch(() => {});
    }
    if (!signal.aborted) throw stop.reason;
  }

  /** One batch: how many facts were moved. Safe beside others that do the same: the watermark moves once from each position. */
  async archiveNext(): Promise<number> {
    const { series, source, batch = 1000 } = this.#options;
    const from = await this.#watermark();
    const entries = await source.read(from.position, batch);
    if (entries === undefined) {
      await this.#lost(from);
      return 0;
    }
    const last = entries.at(-1);
    if (last) {
      const facts = entries.map(({ fact }) => fact);
      await this.#context.pg.transaction(`archive.${series}`, async (tx) => {
        await this.#options.store(tx, facts);
        await this.#move(tx, from, last.position);
      });
      this.#archived({ series: this.#label }, entries.length);
    }
    const position = last?.position ?? from.position;
    if (position !== '') await source.trim(position);
    const waiting = Math.max(0, (await source.size()) - (position === '' ? 0 : 1));
    if (this.#options.onBacklog) this.#options.onBacklog(waiting);
    else this.#backlog(waiting, { series: this.#label });
    return entries.length;
  }

  /** What stood after the watermark is gone: the mark says so for good, and the series begins anew. */
  async #lost(from: Watermark): Promise<void> {
    const { series } = this.#options;
    await this.#context.pg.transaction(`archive.${series}.lost`, async (tx) => {
      await tx.run(markGap, { series, after_position: from.position, version: from.version });
      await this.#move(tx, from, '');
    });
    this.#gaps({ series: this.#label });
    this.#context.telemetry.log.error({ series, after: from.position }, 'Redis lost facts that were not yet archived');
  }

  async #move(tx: Queries, from: Watermark, position: string): Promise<void> {
    const { series } = this.#options;
    if ((await tx.run(moveWatermark, { series, position, version: from.version })) === 0)
      throw new ConflictError('watermark-moved', `another process archived ${series} meanwhile`);
  }

  async #watermark(): Promise<Watermark> {
    const { series } = this.#options;
    const { pg } = this.#context;
    const found = await pg.maybe(findWatermark, { series });
    if (found) return found;
    await pg.run(beginSeries, { series });
    return pg.one(findWatermark, { series });
  }
}
