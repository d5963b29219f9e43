import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Effect } from './attribution.ts';
import { metricColumns } from './metric-rows.ts';
import type { MetricOwner, PerformanceRefusal } from './performance.ts';

const db = queryBuilder<Tables>();

type Outcome = PerformanceRefusal | 'ok' | 'same';

export const statements = {
  record: functionCall(
    'trading.performance.record',
    'write',
    'record_metrics',
    ['ownerKind', 'ownerId', 'step', 'at', 'metrics'],
    answers<{ outcome: Outcome }>(),
  ),
  attribute: functionCall(
    'trading.performance.attribute',
    'write',
    'record_attribution',
    [
      'id',
      'ownerKind',
      'ownerId',
      'dimension',
      'linking',
      'portfolioReturn',
      'benchmarkReturn',
      'effects',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  ofStep: statement(
    'trading.performance.ofStep',
    'read',
    (p: { ownerKind: MetricOwner['kind']; ownerId: string; step: number }) =>
      db
        .selectFrom('metric_points')
        .select(metricColumns)
        .where('owner_kind', '=', p.ownerKind)
        .where('owner_id', '=', p.ownerId)
        .where('step', '=', p.step)
        .orderBy('name'),
  ),
  latest: statement('trading.performance.latest', 'read', (p: { ownerKind: MetricOwner['kind']; ownerId: string }) =>
    db
      .selectFrom('metric_latest')
      .select(metricColumns)
      .where('owner_kind', '=', p.ownerKind)
      .where('owner_id', '=', p.ownerId)
      .orderBy('name'),
  ),
  measured: statement(
    'trading.performance.measured',
    'read',
    (p: { deploymentId: string; from: Instant; to: Instant }) =>
      db
        .selectFrom('positions as p')
        .innerJoin('deployments as d', 'd.id', 'p.deployment_id')
        .leftJoin('marks as m', (join) =>
          join.on(sql<boolean>`m.symbol = split_part(p.symbol, '-', 2) || '-' || d.currency`),
        )
        .select([
          sql<string>`p.symbol`.as('symbol'),
          sql<number | null>`((p.realized - p.fees + p.adjustments) * r.rate)::float8`.as('pnl'),
          sql<number>`(case p.direction when 'long' then p.open_quote else p.close_quote end * r.rate)::float8`.as(
            'bought',
          ),
          sql<number>`(case p.direction when 'long' then p.close_quote else p.open_quote end * r.rate)::float8`.as(
            'sold',
          ),
          sql<number>`extract(epoch from p.opened_at)::float8 * 1000`.as('openedAt'),
          sql<number>`extract(epoch from p.closed_at)::float8 * 1000`.as('closedAt'),
          sql<boolean>`p.closed_at < ${p.from}::timestamptz`.as('isBefore'),
        ])
        .innerJoinLateral(
          sql<{
            rate: string;
          }>`(select case when split_part(p.symbol, '-', 2) = d.currency then 1 else m.price end as rate)`.as('r'),
          (join) => join.onTrue(),
        )
        .where('p.deployment_id', '=', p.deploymentId)
        .where('p.is_void', '=', false)
        .where(sql<boolean>`p.closed_at <= ${p.to}::timestamptz`)
        .orderBy('p.closed_at')
        .orderBy('p.id'),
  ),
  equity: statement('trading.performance.equity', 'read', (p: { deploymentId: string; to: Instant }) =>
    db
      .selectFrom('equity_points')
      .select([sql<number>`extract(epoch from at)::float8 * 1000`.as('at'), sql<number>`equity::float8`.as('equity')])
      .where('deployment_id', '=', p.deploymentId)
      .where(sql<boolean>`at <= ${p.to}::timestamptz`)
      .orderBy('equity_points.at'),
  ),
  deployment: statement('trading.performance.deployment', 'read', (p: { id: string }) =>
    db
      .selectFrom('deployments')
      .select(['created_at', sql<number>`starting_equity::float8`.as('starting_equity')])
      .where('id', '=', p.id),
  ),
  attribution: statement('trading.performance.getAttribution', 'read', (p: { id: string }) =>
    db
      .selectFrom('attribution_runs')
      .select([
        'id',
        'owner_kind',
        'owner_id',
        'dimension',
        'linking',
        'portfolio_return',
        'benchmark_return',
        'active_return',
        'attributed_at',
        sql<
          Effect[]
        >`(select coalesce(jsonb_agg(jsonb_build_object('period', a.period, 'segment', a.segment, 'allocation', a.allocation,
          'selection', a.selection, 'interaction', a.interaction) order by a.period, a.segment), '[]')
          from attributions as a where a.run_id = attribution_runs.id)`.as('effects'),
      ])
      .where('id', '=', p.id),
  ),
};
