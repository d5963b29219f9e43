import { type Generated, sql } from 'kysely';
import { answers, functionCall, queryBuilder, statement } from '../postgres/statement.ts';
import type { OutboxRow } from './envelope.ts';

/** The one stream of a schema in `publications`. */
export const STREAM = 'events';

interface Tables {
  outbox: Omit<OutboxRow, 'publish_seq'> & { id: number; publish_seq: number | null };
  publications: {
    stream: string;
    last_publish_seq: number;
    fence: Generated<number>;
    replay_from: number | null;
    replay_until: string | null;
  };
}
const db = queryBuilder<Tables>();

export const numberEvents = functionCall(
  'events.number',
  'write',
  'number_events',
  ['stream', 'fence', 'limit'],
  answers<{ number_events: number | null }>(),
);

export const forgetMissing = functionCall(
  'events.forget-missing',
  'write',
  'forget_missing_events',
  ['stream'],
  answers<{ forget_missing_events: number }>(),
);

/** The number up to which numbers are given. */
export const lastNumber = statement('events.last-number', 'read', () =>
  db.selectFrom('publications').select('last_publish_seq').where('stream', '=', STREAM),
);

/** Whether committed events still wait for a number, and the last one that was given. */
export const numbering = statement('events.numbering', 'read', () =>
  db.selectNoFrom([
    sql<number>`coalesce((select last_publish_seq from publications where stream = ${sql.lit(STREAM)}), 0)`.as('last'),
    sql<boolean>`exists (select from outbox where id >
        coalesce((select numbered_id from publications where stream = ${sql.lit(STREAM)}), 0))
      or exists (select from publications, unnest(missing) as gap, lateral (
        select from outbox where id >= lower(gap) and id < upper(gap) limit 1) as came
        where stream = ${sql.lit(STREAM)})`.as('waiting'),
  ]),
);

export const numberedAfter = statement('events.numbered-after', 'read', (p: { after: number; limit: number }) =>
  db
    .selectFrom('outbox')
    .select([
      sql<number>`publish_seq`.as('publish_seq'),
      'event_id',
      'type',
      'schema_version',
      'aggregate',
      'aggregate_id',
      'aggregate_version',
      sql<string>`payload::text`.as('payload'),
      'occurred_at',
      'recorded_at',
      'trace_id',
      'span_id',
      'correlation_id',
      'causation_id',
      'actor',
      'run_id',
      'fence',
      'source',
      'source_seq',
    ])
    .where('publish_seq', '>', p.after)
    .orderBy('publish_seq')
    .limit(p.limit),
);

/** Where a stream that is not there begins: with what an operator wished to have again, else with the oldest that the outbox holds. */
export const firstToPublish = statement('events.first', 'read', () =>
  db.selectNoFrom(
    sql<number>`greatest(
      coalesce((select min(publish_seq) from outbox), (select last_publish_seq + 1 from publications where stream = ${sql.lit(STREAM)}), 1),
      (select replay_from from publications where stream = ${sql.lit(STREAM)} and replay_until > clock_timestamp()))`.as(
      'seq',
    ),
  ),
);

/** The number that the stream must keep for a reader that came too late, whatever its age. */
export const replayFloor = statement('events.replay-floor', 'read', () =>
  db
    .selectFrom('publications')
    .select(sql<number>`replay_from`.as('replay_from'))
    .where('stream', '=', STREAM)
    .where('replay_until', '>', sql<string>`clock_timestamp()`),
);

export const wishReplay = statement('events.wish-replay', 'write', (p: { from: number; days: number }) =>
  db
    .updateTable('publications')
    .set({ replay_from: p.from, replay_until: sql`clock_timestamp() + make_interval(days => ${p.days})` })
    .where('stream', '=', STREAM),
);

/** Numbers go on above those of a stream that is ahead of a restored database. */
export const skipNumbers = statement('events.skip-numbers', 'write', (p: { to: number }) =>
  db
    .insertInto('publications')
    .values({ stream: STREAM, last_publish_seq: p.to, replay_from: null, replay_until: null })
    .onConflict((c) =>
      c
        .column('stream')
        .doUpdateSet({ last_publish_seq: sql`greatest(publications.last_publish_seq, excluded.last_publish_seq)` }),
    ),
);

export const databaseTime = statement('events.database-time', 'read', () =>
  db.selectNoFrom(sql<string>`clock_timestamp()`.as('now')),
);

/** Of the oldest rows those that are published and too old; bounded, so that a round never takes long. */
export const pruneOutbox = statement(
  'events.prune-outbox',
  'write',
  (p: { published: number; days: number; limit: number }) =>
    db.deleteFrom('outbox').where('id', 'in', (e) =>
      e
        .selectFrom(
          e.selectFrom('outbox').select(['id', 'publish_seq', 'recorded_at']).orderBy('id').limit(p.limit).as('oldest'),
        )
        .select('oldest.id')
        .where('publish_seq', '<=', p.published)
        .where('recorded_at', '<', sql<string>`clock_timestamp() - make_interval(days => ${p.days})`),
    ),
);
