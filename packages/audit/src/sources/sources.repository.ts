import {
  type AdapterContext,
  type CallOptions,
  type EventCatalog,
  type EventInbox,
  type Instant,
  type Listing,
  answers,
  defineEvents,
  functionCall,
  identify,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import {
  type AddSource,
  type ChangeSource,
  type ListSources,
  type Source,
  type Sources,
  addSource,
  changeSource,
  findSource,
  listSources,
} from './sources.ts';

/** The consumer of the trail: its checkpoints are kept under this name. */
export const CONSUMER = 'trail';

const db = queryBuilder<Tables>();

const rows = () =>
  db
    .selectFrom('sources as s')
    .leftJoin('inbox_checkpoints as c', (join) =>
      join.onRef('c.source', '=', 's.id').on('c.consumer', '=', sql.lit(CONSUMER)),
    )
    .select(['s.id', 's.name', 's.prefix', 's.instance', 's.start_after', 's.state', 's.version', 's.added_at'])
    .select(sql<number>`coalesce(c.publish_seq, s.start_after)`.as('checkpoint'));

interface Row {
  id: string;
  name: string;
  prefix: string;
  instance: string | null;
  start_after: number;
  state: string;
  version: number;
  added_at: Instant;
  checkpoint: number;
}

const statements = {
  add: functionCall(
    'audit.sources.add',
    'write',
    'add_source',
    ['id', 'name', 'prefix', 'instance', 'startAfter'],
    answers<{ outcome: 'ok' | 'same' | 'source-conflict' }>(),
  ),
  change: statement(
    'audit.sources.change',
    'write',
    (p: { id: string; state: 'reading' | 'paused'; version: number | null }) =>
      db
        .updateTable('sources')
        .set((e) => ({ state: p.state, version: e('version', '+', 1) }))
        .where('id', '=', p.id)
        .where('state', '<>', p.state)
        .where('version', '=', sql<number>`coalesce(${p.version}::bigint, version)`)
        .returning('id'),
  ),
  find: statement('audit.sources.find', 'read', (p: { id: string }) => rows().where('s.id', '=', p.id)),
  all: statement('audit.sources.all', 'read', () => rows().orderBy('s.id')),
};

const operations = {
  add: operation('audit.sources.add', addSource, ({ schema }) => schema),
  pause: operation('audit.sources.pause', changeSource, (input) => input.sourceId),
  resume: operation('audit.sources.resume', changeSource, (input) => input.sourceId),
  find: operation('audit.sources.find', findSource),
  get: operation('audit.sources.get', findSource),
  list: operation('audit.sources.list', listSources),
};

/** A catalog without types, of which a consumer takes everything. */
export const catalogOf = ({ name, sourceId, prefix }: Pick<Source, 'name' | 'sourceId' | 'prefix'>): EventCatalog =>
  defineEvents({ name, schema: sourceId, prefix }, {});

export class SourceRepository implements Sources {
  readonly #context: AdapterContext;
  readonly #inbox: EventInbox;
  readonly #changed: () => void;

  constructor(context: AdapterContext, inbox: EventInbox, changed: () => void) {
    this.#context = context;
    this.#inbox = inbox;
    this.#changed = changed;
  }

  add(input: AddSource, options?: CallOptions): Promise<Source> {
    return this.#context.run(operations.add, input, options, async ({ instance, startAfter, ...identity }) => {
      const { schema: id, prefix } = identify(identity, instance);
      // It does not read itself: what it does is in the trail already.
      if (id === this.#context.identity.schema) throw refusal('source-conflict', { sourceId: id, prefix });
      const { outcome } = await this.#context.pg.one(statements.add, {
        id,
        name: identity.name,
        prefix,
        instance: instance ?? null,
        startAfter,
      });
      if (outcome === 'source-conflict') throw refusal('source-conflict', { sourceId: id, prefix });
      this.#changed();
      return this.#load(id);
    });
  }

  pause(input: ChangeSource, options?: CallOptions): Promise<Source> {
    return this.#context.run(operations.pause, input, options, (given) => this.#change(given, 'paused'));
  }

  resume(input: ChangeSource, options?: CallOptions): Promise<Source> {
    return this.#context.run(operations.resume, input, options, (given) => this.#change(given, 'reading'));
  }

  find(sourceId: string, options?: CallOptions): Promise<Source | undefined> {
    return this.#context.run(operations.find, { sourceId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, { id: input.sourceId });
      return row && this.#told(row);
    });
  }

  get(sourceId: string, options?: CallOptions): Promise<Source> {
    return this.#context.run(operations.get, { sourceId }, options, (input) => this.#load(input.sourceId));
  }

  list(input: ListSources = {}, options?: CallOptions): Listing<Source> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ state, cursor: after, limit }) => {
        let query = rows()
          .orderBy('s.id')
          .limit(limit + 1);
        if (state !== undefined) query = query.where('s.state', '=', state);
        if (after) query = query.where('s.id', '>', after[0]);
        const found = await this.#context.pg.query('audit.sources.list', 'read', query);
        const { items, ...next } = toPage(found, limit, ({ id }) => [id]);
        return { items: await Promise.all(items.map((row) => this.#told(row))), ...next };
      }),
    );
  }

  /** All of them with how far each has published: for the worker, health and metrics. */
  async all(): Promise<Source[]> {
    const found = await this.#context.pg.many(statements.all, undefined);
    return Promise.all(found.map((row) => this.#told(row)));
  }

  async #change(
    { sourceId: id, version }: { sourceId: string; version?: number | undefined },
    state: 'reading' | 'paused',
  ) {
    const changed = await this.#context.pg.maybe(statements.change, { id, state, version: version ?? null });
    const source = await this.#load(id);
    if (!changed && source.state !== state) throw refusal('stale-version', { sourceId: id, version: source.version });
    this.#changed();
    return source;
  }

  async #load(id: string): Promise<Source> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    if (!row) throw refusal('unknown-source', { sourceId: id });
    return this.#told(row);
  }

  async #told(row: Row): Promise<Source> {
    const source = toSource(row);
    const published = await this.#inbox.published(catalogOf(source)).catch(() => undefined);
    return { ...source, ...(published && { published: published.publishSeq }) };
  }
}

const toSource = (row: Row): Source => ({
  sourceId: row.id,
  name: row.name,
  prefix: row.prefix,
  ...(row.instance !== null && { instance: row.instance }),
  startAfter: row.start_after,
  state: row.state as Source['state'],
  version: row.version,
  checkpoint: row.checkpoint,
  addedAt: row.added_at,
});
