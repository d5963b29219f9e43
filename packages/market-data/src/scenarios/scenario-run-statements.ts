import { type Decimal, type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { VersionedCopy } from '../live-copy.ts';
import type { Tables } from '../schema.ts';
import type { PriceCause, PriceMove, ScenarioRun, ScenarioRunRefusal } from './scenario-runs.ts';

export const db = queryBuilder<Tables>();

const pricesOfRun = sql<Record<string, string>>`(
  select jsonb_object_agg(p.symbol, trim_scale(p.price)::text) from scenario_run_prices as p where p.run_id = r.id)`;
export const runs = () =>
  db
    .selectFrom('scenario_runs as r')
    .select([
      'r.id',
      'r.scenario_id',
      'r.scenario_version',
      'r.seed',
      'r.parent_id',
      'r.fork_seq',
      'r.state',
      'r.reason',
      'r.last_seq',
      sql<string>`encode(r.price_hash, 'hex')`.as('price_hash'),
      pricesOfRun.as('prices'),
      'r.run_id',
      'r.fence',
      'r.version',
      'r.started_at',
      'r.changed_at',
    ]);

export type Outcome = ScenarioRunRefusal | 'ok' | 'same';

export const statements = {
  start: functionCall(
    'market-data.scenarioRuns.start',
    'write',
    'start_scenario_run',
    [
      'id',
      'scenarioId',
      'version',
      'seed',
      'parentId',
      'forkSequence',
      'run',
      'fence',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  change: functionCall(
    'market-data.scenarioRuns.change',
    'write',
    'change_scenario_run',
    ['id', 'version', 'state', 'reason', 'run', 'fence', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  record: functionCall(
    'market-data.scenarioRuns.record',
    'write',
    'record_price_moves',
    [
      'id',
      'firstSequence',
      'symbols',
      'ats',
      'froms',
      'tos',
      'causeOf',
      'kinds',
      'causeIds',
      'deltas',
      'randomState',
      'run',
      'fence',
      'at',
    ],
    answers<{ outcome: Outcome; at_move: number | null }>(),
  ),
  find: statement('market-data.scenarioRuns.find', 'read', (p: { id: string }) => runs().where('r.id', '=', p.id)),
  findCheckpoint: statement(
    'market-data.scenarioRuns.findCheckpoint',
    'read',
    (p: { id: string; sequence: number | undefined }) =>
      db
        .selectFrom(
          sql<{
            run_id: string;
            from_seq: number;
            to_seq: number;
          }>`scenario_lineage(${p.id}, ${p.sequence}::bigint)`.as('l'),
        )
        .innerJoin('scenario_checkpoints as c', 'c.run_id', 'l.run_id')
        .select(['c.seq', 'c.random_state'])
        .where(sql<boolean>`c.seq > l.from_seq and c.seq <= l.to_seq`)
        .orderBy('c.seq', 'desc')
        .limit(1),
  ),
};

type RunRow = NonNullable<(typeof statements.find)['row']>;

export const toCopy = (row: RunRow): VersionedCopy<ScenarioRun> => ({
  id: row.id,
  version: row.version,
  value: toRun(row),
});

export const toRun = (row: RunRow): ScenarioRun => ({
  scenarioRunId: row.id,
  scenarioId: row.scenario_id,
  scenarioVersion: row.scenario_version,
  seed: row.seed,
  ...(row.parent_id !== null && { parentRunId: row.parent_id }),
  ...(row.fork_seq !== null && { forkSequence: row.fork_seq }),
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  lastSequence: row.last_seq,
  priceHash: row.price_hash,
  prices: row.prices as Record<string, Decimal>,
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.fence !== null && { fence: row.fence }),
  version: row.version,
  startedAt: row.started_at,
  changedAt: row.changed_at,
});

export const toMove = (row: {
  seq: number;
  symbol: string;
  price_before: Decimal;
  price: Decimal;
  event_at: Instant;
  causes: PriceCause[];
}): PriceMove => ({
  sequence: row.seq,
  symbol: row.symbol,
  from: row.price_before,
  to: row.price,
  causes: row.causes,
  at: row.event_at,
});
