import { type Instant, arrayLiteral, queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Tables } from '../schema.ts';
import { alertOf, silenceColumns } from './alert-statements.ts';
import type { listAlerts, listSilences } from './alerts.ts';

const db = queryBuilder<Tables>();

/** One more than the page, the newest first. */
export function alertsOf({ state, severity, kind, from, until, cursor, limit }: z.output<typeof listAlerts>) {
  let query = db
    .selectFrom('alerts as a')
    .select(alertOf)
    .orderBy('a.opened_at', 'desc')
    .orderBy('a.id', 'desc')
    .limit(limit + 1);
  if (state !== undefined) query = query.where(sql<boolean>`a.state = any (${arrayLiteral(state)}::text[])`);
  if (severity !== undefined) query = query.where('a.severity', '=', severity);
  if (kind !== undefined) query = query.where('a.kind', '=', kind);
  if (from !== undefined) query = query.where('a.opened_at', '>=', from);
  if (until !== undefined) query = query.where('a.opened_at', '<', until);
  if (cursor) query = query.where(sql<boolean>`(a.opened_at, a.id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
  return query;
}

/** One more than the page, in the order of their ids; those in force at a moment, or those that are not any more. */
export function silencesOf({ active, cursor, limit }: z.output<typeof listSilences>, now: Instant) {
  let query = db
    .selectFrom('silences')
    .select(silenceColumns)
    .orderBy('id')
    .limit(limit + 1);
  if (active === true) query = query.where('ended_at', 'is', null).where('until_at', '>', now);
  if (active === false) query = query.where((e) => e.or([e('ended_at', 'is not', null), e('until_at', '<=', now)]));
  if (cursor) query = query.where('id', '>', cursor[0]);
  return query;
}
