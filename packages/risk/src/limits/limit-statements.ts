import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import type { Tables } from '../schema.ts';
import { versionColumns } from './limit-rows.ts';
import type { LimitRefusal, RiskLock } from './limits.ts';
import { scopeOfKey } from './scopes.ts';

const db = queryBuilder<Tables>();

type Outcome = LimitRefusal | 'ok' | 'same';

export const current = () =>
  db
    .selectFrom('limits as l')
    .innerJoin('limit_versions as v', (join) =>
      join.onRef('v.limit_id', '=', 'l.id').onRef('v.version', '=', 'l.current_version'),
    )
    .select(['l.id', 'l.metric', 'l.scope'])
    .select(versionColumns);

export const lockColumns = [
  'id',
  'scope',
  'side',
  'reason',
  'run_id',
  'fence',
  'from_at',
  'until_at',
  'released_at',
] as const;

export const statements = {
  define: functionCall(
    'risk.limits.define',
    'write',
    'define_limit',
    [
      'id',
      'given',
      'metric',
      'scope',
      'version',
      'enabled',
      'warn',
      'soft',
      'hard',
      'recover',
      'windowMs',
      'timeZone',
      'currency',
      'maxPriceAgeMs',
      'forMs',
      'keepFiringMs',
      'escalateAfterMs',
      'policyId',
      'reason',
      'run',
      'fence',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; limit_id: string; version: number }>(),
  ),
  find: statement('risk.limits.find', 'read', (p: { id: string }) => current().where('l.id', '=', p.id)),
  versions: statement('risk.limits.listVersions', 'read', (p: { id: string }) =>
    db
      .selectFrom('limits as l')
      .innerJoin('limit_versions as v', 'v.limit_id', 'l.id')
      .select(['l.id', 'l.metric', 'l.scope'])
      .select(versionColumns)
      .where('l.id', '=', p.id)
      .orderBy('v.version'),
  ),
  setState: functionCall(
    'risk.limits.setTradingState',
    'write',
    'change_trading_state',
    ['scope', 'state', 'epoch', 'reason', 'run', 'fence', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; epoch: number; changed_at: Instant | null }>(),
  ),
  state: statement('risk.limits.getTradingState', 'read', (p: { scope: string }) =>
    db
      .selectFrom('trading_states')
      .select(['scope', 'state', 'epoch', 'reason', 'changed_at'])
      .where('scope', '=', p.scope),
  ),
  stateChanges: statement('risk.limits.listTradingStateChanges', 'read', (p: { scope: string }) =>
    db
      .selectFrom('trading_state_changes')
      .select(['epoch', 'from_state', 'to_state', 'reason', 'actor', 'run_id', 'fence', 'changed_at'])
      .where('scope', '=', p.scope)
      .orderBy('epoch'),
  ),
  lock: functionCall(
    'risk.limits.lock',
    'write',
    'place_risk_lock',
    ['id', 'scope', 'side', 'reason', 'from', 'until', 'run', 'fence', 'requestHash', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  unlock: functionCall(
    'risk.limits.unlock',
    'write',
    'release_risk_lock',
    ['id', 'run', 'fence', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  findLock: statement('risk.limits.findLock', 'read', (p: { id: string }) =>
    db.selectFrom('risk_locks').select(lockColumns).where('id', '=', p.id),
  ),
};

export const toLock = (row: NonNullable<(typeof statements.findLock)['row']>): RiskLock => ({
  lockId: row.id,
  scope: scopeOfKey(row.scope),
  ...(row.side !== null && { side: row.side }),
  reason: row.reason,
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.fence !== null && { fence: row.fence }),
  from: row.from_at,
  until: row.until_at,
  ...(row.released_at !== null && { releasedAt: row.released_at }),
});
