import { type Generated, sql } from 'kysely';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { CallOptions } from '../pipe/context.ts';
import { operation } from '../pipe/run.ts';
import type { Queries } from '../postgres/postgres.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import type { Instant } from '../values/instant.ts';
import { type Listing, listing, toPage } from '../values/page.ts';
import {
  type DeadLetter,
  DeadLetterNotFoundError,
  type DeadLetters,
  type ListDeadLetters,
  type RetryDeadLetter,
  listDeadLetters,
  retryDeadLetter,
} from './dead-letters.ts';
import type { StreamedEvent } from './envelope.ts';

interface Row {
  consumer: string;
  source: string;
  publish_seq: number;
  event: StreamedEvent;
  error: string;
  attempts: number;
  failed_at: Generated<Instant>;
  retry_requested_at: Instant | null;
  resolved_at: Instant | null;
}
interface Letter {
  consumer: string;
  source: string;
  seq: number;
}
const db = queryBuilder<{ dead_letters: Row }>();

const letterColumns = [
  'consumer',
  'source',
  'publish_seq',
  'event',
  'error',
  'attempts',
  'failed_at',
  'retry_requested_at',
  'resolved_at',
] as const;

const writeLetter = statement(
  'inbox.write-dead-letter',
  'write',
  (p: Letter & { event: string; error: string; attempts: number }) =>
    db
      .insertInto('dead_letters')
      .values({
        consumer: p.consumer,
        source: p.source,
        publish_seq: p.seq,
        event: sql`${p.event}::jsonb`,
        error: p.error,
        attempts: p.attempts,
      } as never)
      .onConflict((c) => c.doNothing()),
);
const findRequested = statement('inbox.find-requested', 'read', (p: { consumer: string; source: string }) =>
  db
    .selectFrom('dead_letters')
    .select(['publish_seq', 'event'])
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source)
    .where('retry_requested_at', 'is not', null)
    .where('resolved_at', 'is', null)
    .orderBy('publish_seq')
    .limit(20),
);
const resolveLetter = statement('inbox.resolve-dead-letter', 'write', (p: Letter) =>
  db
    .updateTable('dead_letters')
    .set({ resolved_at: sql`clock_timestamp()`, retry_requested_at: null })
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source)
    .where('publish_seq', '=', p.seq),
);
const failLetter = statement('inbox.fail-dead-letter', 'write', (p: Letter & { error: string }) =>
  db
    .updateTable('dead_letters')
    .set((e) => ({
      error: p.error,
      attempts: e('attempts', '+', 1),
      failed_at: sql`clock_timestamp()`,
      retry_requested_at: null,
    }))
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source)
    .where('publish_seq', '=', p.seq),
);
const requestRetry = statement('inbox.request-retry', 'write', (p: Letter) =>
  db
    .updateTable('dead_letters')
    .set({ retry_requested_at: sql`clock_timestamp()` })
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source)
    .where('publish_seq', '=', p.seq)
    .where('resolved_at', 'is', null),
);

/** What a consumer does with its letters. */
export const letters = {
  write: async (pg: Queries, letter: Letter, event: StreamedEvent, error: string, attempts: number): Promise<void> =>
    void (await pg.run(writeLetter, { ...letter, event: JSON.stringify(event), error, attempts })),
  requested: (
    pg: Queries,
    reader: { consumer: string; source: string },
  ): Promise<{ publish_seq: number; event: StreamedEvent }[]> => pg.many(findRequested, reader),
  resolve: async (pg: Queries, letter: Letter): Promise<void> => void (await pg.run(resolveLetter, letter)),
  fail: async (pg: Queries, letter: Letter, error: string): Promise<void> =>
    void (await pg.run(failLetter, { ...letter, error })),
};

const operations = {
  list: operation('inbox.dead-letters.list', listDeadLetters),
  retry: operation(
    'inbox.dead-letters.retry',
    retryDeadLetter,
    ({ consumer, source, publishSeq }) => `${consumer}/${source}/${publishSeq}`,
  ),
};

export class DeadLetterRepository implements DeadLetters {
  readonly #context: AdapterContext;
  readonly #requested: (consumer: string) => void;

  constructor(context: AdapterContext, requested: (consumer: string) => void) {
    this.#context = context;
    this.#requested = requested;
  }

  list(input: ListDeadLetters = {}, options?: CallOptions): Listing<DeadLetter> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ consumer, resolved, cursor: after, limit }) => {
        let query = db
          .selectFrom('dead_letters')
          .select(letterColumns)
          .orderBy('consumer')
          .orderBy('source')
          .orderBy('publish_seq')
          .limit(limit + 1);
        if (consumer !== undefined) query = query.where('consumer', '=', consumer);
        if (!resolved) query = query.where('resolved_at', 'is', null);
        if (after)
          query = query.where(
            sql<boolean>`(consumer, source, publish_seq) > (${after[0]}, ${after[1]}, ${after[2]}::bigint)`,
          );
        const rows = await this.#context.pg.query('inbox.dead-letters.list', 'read', query);
        return toPage(rows.map(toLetter), limit, (letter) => [letter.consumer, letter.source, letter.publishSeq]);
      }),
    );
  }

  retry(input: RetryDeadLetter, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.retry, input, options, async (letter) => {
      const { consumer, source, publishSeq: seq } = letter;
      if ((await this.#context.pg.run(requestRetry, { consumer, source, seq })) === 0)
        throw new DeadLetterNotFoundError(letter);
      this.#requested(consumer);
    });
  }
}

const toLetter = (row: { [K in keyof Row]: Row[K] extends Generated<infer T> ? T : Row[K] }): DeadLetter => ({
  consumer: row.consumer,
  source: row.source,
  publishSeq: row.publish_seq,
  event: row.event,
  error: row.error,
  attempts: row.attempts,
  failedAt: row.failed_at,
  state: row.resolved_at !== null ? 'resolved' : row.retry_requested_at !== null ? 'retrying' : 'failed',
});
