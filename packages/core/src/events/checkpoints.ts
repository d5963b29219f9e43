import { type Generated, sql } from 'kysely';
import type { Queries } from '../postgres/postgres.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';

interface Tables {
  inbox_checkpoints: { consumer: string; source: string; publish_seq: number; updated_at: Generated<string> };
}
interface Reader {
  consumer: string;
  source: string;
}
const db = queryBuilder<Tables>();

const findCheckpoint = statement('inbox.find-checkpoint', 'read', (p: Reader) =>
  db
    .selectFrom('inbox_checkpoints')
    .select('publish_seq')
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source),
);
const beginCheckpoint = statement('inbox.begin-checkpoint', 'write', (p: Reader & { at: number }) =>
  db
    .insertInto('inbox_checkpoints')
    .values({ consumer: p.consumer, source: p.source, publish_seq: p.at })
    .onConflict((c) => c.doNothing()),
);
const moveCheckpoint = statement('inbox.move-checkpoint', 'write', (p: Reader & { from: number; to: number }) =>
  db
    .updateTable('inbox_checkpoints')
    .set({ publish_seq: p.to, updated_at: sql`clock_timestamp()` })
    .where('consumer', '=', p.consumer)
    .where('source', '=', p.source)
    .where('publish_seq', '=', p.from),
);

export const checkpoints = {
  find: async (pg: Queries, reader: Reader): Promise<number | undefined> =>
    (await pg.maybe(findCheckpoint, reader))?.publish_seq,
  begin: async (pg: Queries, reader: Reader, at: number): Promise<void> =>
    void (await pg.run(beginCheckpoint, { ...reader, at })),
  /** Answers whether it stood at `from`. */
  move: async (pg: Queries, reader: Reader, from: number, to: number): Promise<boolean> =>
    (await pg.run(moveCheckpoint, { ...reader, from, to })) === 1,
};
