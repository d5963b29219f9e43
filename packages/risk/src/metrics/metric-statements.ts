import { type Decimal, type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { VarRun } from './metrics.ts';

const db = queryBuilder<Tables>();

export const metricsColumns = ['id', 'scope', 'summary', 'input_hash', 'request_hash', 'calculated_at'] as const;
const runColumns = [
  'id',
  'scope',
  'method',
  'confidence',
  'horizon',
  'period_ms',
  'observations',
  'seed',
  'input_hash',
  'value_at_risk',
  'expected_shortfall',
  'reason',
  'outcomes',
  'components',
  'missing',
  'request_hash',
  'ran_at',
] as const;

export const statements = {
  held: functionCall(
    'risk.metrics.held',
    'read',
    'held_of',
    ['scope', 'symbol'],
    answers<{ symbol: string; quantity: Decimal }>(),
  ),
  equity: statement('risk.metrics.equity', 'read', (p: { scope: string }) =>
    db.selectFrom('valuations').select(['equity', 'unpriced']).where('scope', '=', p.scope),
  ),
  store: statement(
    'risk.metrics.calculate',
    'write',
    (p: { id: string; scope: string; summary: string; inputHash: string; requestHash: string; at: Instant }) =>
      db
        .insertInto('risk_metrics')
        .values({
          id: p.id,
          scope: p.scope,
          summary: p.summary,
          input_hash: p.inputHash,
          request_hash: p.requestHash,
          calculated_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  find: statement('risk.metrics.find', 'read', (p: { id: string }) =>
    db.selectFrom('risk_metrics').select(metricsColumns).where('id', '=', p.id),
  ),
  latest: statement('risk.metrics.findLatest', 'read', (p: { scope: string }) =>
    db
      .selectFrom('risk_metrics')
      .select(metricsColumns)
      .where('scope', '=', p.scope)
      .orderBy('calculated_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1),
  ),
  findRun: statement('risk.metrics.getVarRun', 'read', (p: { id: string }) =>
    db.selectFrom('var_runs').select(runColumns).where('id', '=', p.id),
  ),
  storeRun: statement(
    'risk.metrics.runVar',
    'write',
    (p: {
      id: string;
      scope: string;
      method: VarRun['method'];
      confidence: number;
      horizon: number;
      periodMs: number;
      observations: number;
      seed: number | null;
      inputHash: string;
      valueAtRisk: number | null;
      expectedShortfall: number | null;
      reason: string | null;
      outcomes: string;
      components: string;
      missing: string;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('var_runs')
        .values({
          id: p.id,
          scope: p.scope,
          method: p.method,
          confidence: p.confidence,
          horizon: p.horizon,
          period_ms: p.periodMs,
          observations: p.observations,
          seed: p.seed,
          input_hash: p.inputHash,
          value_at_risk: p.valueAtRisk,
          expected_shortfall: p.expectedShortfall,
          reason: p.reason,
          outcomes: sql<number[]>`${p.outcomes}::double precision[]`,
          components: p.components,
          missing: sql<string[]>`${p.missing}::text[]`,
          request_hash: p.requestHash,
          ran_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  recordOutcome: statement(
    'risk.metrics.recordOutcome',
    'write',
    (p: { scope: string; day: string; confidence: number; valueAtRisk: number; actual: number; requestHash: string }) =>
      db
        .insertInto('var_outcomes')
        .values({
          scope: p.scope,
          day: p.day,
          confidence: p.confidence,
          value_at_risk: p.valueAtRisk,
          actual: p.actual,
          request_hash: p.requestHash,
        })
        .onConflict((c) => c.columns(['scope', 'confidence', 'day']).doNothing()),
  ),
  findOutcome: statement('risk.metrics.findOutcome', 'read', (p: { scope: string; confidence: number; day: string }) =>
    db
      .selectFrom('var_outcomes')
      .select(['exception', 'request_hash'])
      .where('scope', '=', p.scope)
      .where('confidence', '=', p.confidence)
      .where('day', '=', p.day),
  ),
  countOutcomes: statement(
    'risk.metrics.backtestVar',
    'read',
    (p: { scope: string; confidence: number; from: string | null; until: string | null }) =>
      db
        .selectFrom('var_outcomes')
        .select([sql<number>`count(*)`.as('days'), sql<number>`count(*) filter (where exception)`.as('exceptions')])
        .where('scope', '=', p.scope)
        .where('confidence', '=', p.confidence)
        .where(
          sql<boolean>`day >= coalesce(${p.from}::date, '-infinity') and day < coalesce(${p.until}::date, 'infinity')`,
        ),
  ),
};
