import { type Instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';

const db = queryBuilder<Tables>();

const scenarioColumns = [
  'id',
  'name',
  'shocks',
  'price_scenario_id',
  'price_scenario_version',
  'request_hash',
] as const;
const stressColumns = [
  'id',
  'scenario_id',
  'scope',
  'profit',
  'by_symbol',
  'missing',
  'request_hash',
  'ran_at',
] as const;

export const stressStatements = {
  defineStress: statement(
    'risk.metrics.defineStress',
    'write',
    (p: {
      id: string;
      name: string;
      shocks: string;
      scenarioId: string | null;
      scenarioVersion: number | null;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('stress_scenarios')
        .values({
          id: p.id,
          name: p.name,
          shocks: p.shocks,
          price_scenario_id: p.scenarioId,
          price_scenario_version: p.scenarioVersion,
          request_hash: p.requestHash,
          defined_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findStress: statement('risk.metrics.getStress', 'read', (p: { id: string }) =>
    db.selectFrom('stress_scenarios').select(scenarioColumns).where('id', '=', p.id),
  ),
  storeStress: statement(
    'risk.metrics.runStress',
    'write',
    (p: {
      id: string;
      scenarioId: string;
      scope: string;
      profit: number;
      bySymbol: string;
      missing: string;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('stress_results')
        .values({
          id: p.id,
          scenario_id: p.scenarioId,
          scope: p.scope,
          profit: p.profit,
          by_symbol: p.bySymbol,
          missing: sql<string[]>`${p.missing}::text[]`,
          request_hash: p.requestHash,
          ran_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findStressResult: statement('risk.metrics.getStressResult', 'read', (p: { id: string }) =>
    db.selectFrom('stress_results').select(stressColumns).where('id', '=', p.id),
  ),
};
