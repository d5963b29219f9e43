import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { VersionedCopy } from '../live-copy.ts';
import type { Tables } from '../schema.ts';
import type { ActiveManipulation, Manipulation, ManipulationRefusal, ManipulationTransition } from './manipulations.ts';
import type { Modifier } from './modifiers.ts';

export const db = queryBuilder<Tables>();

export const columns = [
  'id',
  'symbol',
  'kind',
  'modifier',
  'ends_at',
  'state',
  'run_id',
  'fence',
  'version',
  'planned_at',
  'changed_at',
] as const;

export type Outcome = ManipulationRefusal | 'ok' | 'same';
export interface Live {
  symbol: string;
  version: number;
  live: ActiveManipulation[];
}

export const statements = {
  plan: functionCall(
    'market-data.manipulations.plan',
    'write',
    'plan_manipulation',
    ['id', 'symbol', 'kind', 'modifier', 'endsAt', 'cause', 'run', 'fence', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  change: functionCall(
    'market-data.manipulations.change',
    'write',
    'change_manipulation',
    ['id', 'version', 'state', 'cause', 'run', 'fence', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome } & Live>(),
  ),
  end: functionCall(
    'market-data.manipulations.end',
    'write',
    'end_manipulations',
    ['at', 'eventIds', 'context'],
    answers<Live>(),
  ),
  live: functionCall('market-data.manipulations.live', 'read', 'live_manipulations', ['symbol'], answers<Live>()),
  symbols: statement('market-data.manipulations.symbols', 'read', () =>
    db.selectFrom('manipulated_symbols').select('symbol').orderBy('symbol'),
  ),
  find: statement('market-data.manipulations.find', 'read', (p: { id: string }) =>
    db.selectFrom('manipulations').select(columns).where('id', '=', p.id),
  ),
  listTransitions: statement('market-data.manipulations.listTransitions', 'read', (p: { id: string }) =>
    db
      .selectFrom('manipulation_transitions')
      .select(['version', 'from_state', 'to_state', 'cause', 'actor', 'fence', 'occurred_at'])
      .where('manipulation_id', '=', p.id)
      .orderBy('version'),
  ),
  effectAt: statement('market-data.manipulations.effectAt', 'read', (p: { symbol: string; at: string }) =>
    db
      .selectFrom('manipulations as m')
      .innerJoinLateral(
        (from) =>
          from
            .selectFrom('manipulation_transitions as t')
            .select(['t.to_state', 't.occurred_at'])
            .whereRef('t.manipulation_id', '=', 'm.id')
            .where(sql<boolean>`t.occurred_at <= ${p.at}::timestamptz`)
            .orderBy('t.version', 'desc')
            .limit(1)
            .as('last'),
        (join) => join.onTrue(),
      )
      .select(['m.id', 'm.kind', 'm.modifier', 'm.ends_at', 'last.occurred_at'])
      .where('m.symbol', '=', p.symbol)
      .where('last.to_state', '=', 'active')
      .where(sql<boolean>`(m.ends_at is null or m.ends_at > ${p.at}::timestamptz)`)
      .orderBy('m.kind')
      .orderBy('m.id'),
  ),
};

export const toCopy = ({ symbol, version, live }: Live): VersionedCopy<ActiveManipulation[]> => ({
  id: symbol,
  version,
  value: live,
});

export const toManipulation = (row: NonNullable<(typeof statements.find)['row']>): Manipulation => ({
  manipulationId: row.id,
  symbol: row.symbol,
  kind: row.kind,
  modifier: row.modifier as Modifier,
  ...(row.ends_at !== null && { endsAt: row.ends_at }),
  state: row.state,
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.fence !== null && { fence: row.fence }),
  version: row.version,
  plannedAt: row.planned_at,
  changedAt: row.changed_at,
});

export const toTransition = (row: NonNullable<(typeof statements.listTransitions)['row']>): ManipulationTransition => ({
  version: row.version,
  ...(row.from_state !== null && { from: row.from_state }),
  to: row.to_state,
  ...(row.cause !== null && { cause: row.cause }),
  ...(row.actor !== null && { actor: row.actor }),
  ...(row.fence !== null && { fence: row.fence }),
  at: row.occurred_at,
});
