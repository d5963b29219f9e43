import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Listing,
  type Member,
  UnavailableError,
  arrayLiteral,
  isAdapterError,
  listing,
  operation,
  queryBuilder,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type Access, type AccessLog, type ListAccesses, listAccesses } from './access-log.ts';

const db = queryBuilder<Tables>();
const columns = ['id', 'at', 'actor', 'query_kind', 'filter_hash', 'rows', 'correlation_id'] as const;

interface Read {
  queryKind: string;
  filterHash: string;
  rows: number;
}

const statements = {
  write: statement(
    'audit.access-log.write',
    'write',
    (p: { actors: string; kinds: string; hashes: string; rows: string; correlations: string }) => ({
      compile: () =>
        sql`insert into access_log (actor, query_kind, filter_hash, rows, correlation_id)
          select * from unnest(${p.actors}::text[], ${p.kinds}::text[], ${p.hashes}::text[], ${p.rows}::integer[], ${p.correlations}::text[])`.compile(
          db,
        ),
    }),
  ),
};

const operations = { list: operation('audit.accessLog.list', listAccesses) };

export class AccessLogRepository implements AccessLog {
  readonly #context: AdapterContext;
  readonly #writing: Batcher<Read, void>;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#writing = new Batcher(
      { name: 'access-log.write', batch: (members) => this.#write(members) },
      context.telemetry,
    );
  }

  list(input: ListAccesses = {}, options?: CallOptions): Listing<Access> {
    return listing(input, (page) =>
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ actor, queryKind, from, to, cursor: after, limit }) => {
          let query = db
            .selectFrom('access_log')
            .select(columns)
            .orderBy('at')
            .orderBy('id')
            .limit(limit + 1);
          if (actor !== undefined) query = query.where('actor', '=', actor);
          if (queryKind !== undefined) query = query.where('query_kind', '=', queryKind);
          if (from !== undefined) query = query.where('at', '>=', from);
          if (to !== undefined) query = query.where('at', '<', to);
          if (after) query = query.where(sql<boolean>`(at, id) > (${after[0]}::timestamptz, ${after[1]}::bigint)`);
          const rows = await this.#context.pg.query('audit.accessLog.list', 'replica', query);
          return toPage(rows.map(toAccess), limit, (access) => [access.at, access.id]);
        },
      ),
    );
  }

  /** For the other ports: what a read found, once it is written down that it was looked at. */
  async logged<T>(queryKind: string, filter: unknown, found: T, rows: number): Promise<T> {
    try {
      await this.#writing.submit({ queryKind, filterHash: requestHash(filter), rows });
    } catch (error) {
      if (!isAdapterError(error) || error.kind !== 'outcome-unknown') throw error;
      // Nobody saw the answer: to read again is all that there is to do.
      throw new UnavailableError('access-not-logged', 'the read could not be written down', 200, error);
    }
    return found;
  }

  async #write(members: readonly Member<Read>[]): Promise<void[]> {
    await this.#context.pg.run(statements.write, {
      actors: arrayLiteral(members.map(({ context }) => context.actor)),
      kinds: arrayLiteral(members.map(({ input }) => input.queryKind)),
      hashes: arrayLiteral(members.map(({ input }) => input.filterHash)),
      rows: arrayLiteral(members.map(({ input }) => input.rows)),
      correlations: arrayLiteral(members.map(({ context }) => context.correlation_id)),
    });
    return members.map(() => undefined);
  }
}

type AccessRow = Pick<Tables['access_log'], 'actor' | 'query_kind' | 'filter_hash' | 'rows' | 'correlation_id'> & {
  id: number;
  at: Access['at'];
};
const toAccess = (row: AccessRow): Access => ({
  id: row.id,
  at: row.at,
  ...(row.actor !== null && { actor: row.actor }),
  queryKind: row.query_kind,
  filterHash: row.filter_hash,
  rows: row.rows,
  ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
});
