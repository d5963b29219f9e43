import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Segment } from './retention.ts';

const db = queryBuilder<Tables>();

export const statements = {
  /** The oldest partition, where all of it is sealed, and nothing is to be derived from it any more. */
  oldest: statement('audit.retention.oldest', 'read', () =>
    db
      .selectFrom('event_partitions as p')
      .innerJoin('blocks as b', (join) => join.on(sql<boolean>`b.last_position = p.upper_position - 1`))
      .leftJoin('segments as s', 's.partition_name', 'p.partition_name')
      .select(['b.last_position', 'b.n as last_block', 's.archive'])
      // Of a view nothing is known to be there.
      .select([sql<string>`p.partition_name`.as('partition_name'), sql<number>`p.lower_position`.as('lower_position')])
      .select(
        sql<number>`(select min(f.n) from blocks as f where f.last_position >= p.lower_position)`.as('first_block'),
      )
      .where('p.lower_position', '=', (e) =>
        e.selectFrom('event_partitions').select(sql<number>`min(lower_position)`.as('n')),
      )
      .where('b.last_position', '<=', (e) => e.selectFrom('derived_up_to').select(sql<number>`position`.as('n'))),
  ),
  lastSeqs: statement('audit.retention.last-seqs', 'read', () =>
    db.selectFrom('segments').select('source_seqs').orderBy('last_position', 'desc').limit(1),
  ),
  starts: statement('audit.retention.starts', 'read', () => db.selectFrom('sources').select(['id', 'start_after'])),
  insert: statement(
    'audit.retention.insert',
    'write',
    (p: Omit<Segment, 'archivedAt'> & { partition: string; sourceSeqs: string; at: Instant }) =>
      db
        .insertInto('segments')
        .values({
          first_position: p.firstPosition,
          last_position: p.lastPosition,
          first_block: p.firstBlock,
          last_block: p.lastBlock,
          partition_name: p.partition,
          archive: p.archive,
          archive_bytes: p.archiveBytes,
          archive_sha256: p.archiveSha256,
          source_seqs: sql`${p.sourceSeqs}::jsonb`,
          archived_at: p.at,
        })
        .onConflict((c) => c.doNothing()),
  ),
  retire: functionCall('audit.retention.retire', 'write', 'retire_event_partition', ['partition'], answers<object>()),
  newestPolicy: statement('audit.retention.policy', 'read', () =>
    db
      .selectFrom('retention_policies')
      .select(['version', 'keep_days', 'reason', 'actor', 'recorded_at'])
      .orderBy('version', 'desc')
      .limit(1),
  ),
  setPolicy: statement(
    'audit.retention.set-policy',
    'write',
    (p: { version: number; keepDays: number | null; reason: string; actor: string | null }) =>
      db
        .insertInto('retention_policies')
        .columns(['version', 'keep_days', 'reason', 'actor'])
        .expression(
          sql`select ${p.version}::integer + 1, ${p.keepDays}::integer, ${p.reason}, ${p.actor}
            where ${p.version}::integer = (select coalesce(max(version), 0) from retention_policies)`,
        )
        .onConflict((c) => c.doNothing()),
  ),
  /** The last position of the policy's days, on the database's clock. */
  due: statement('audit.retention.due', 'read', () =>
    db
      .selectFrom('blocks')
      .select(sql<number | null>`max(last_position)`.as('last_position'))
      .where(
        'last_recorded_at',
        '<',
        sql<Instant>`(select clock_timestamp() - make_interval(days => keep_days) from retention_policies order by version desc limit 1)`,
      ),
  ),
};
