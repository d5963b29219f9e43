import { scopeOfKey } from '../limits/scopes.ts';
import type { statements } from './metric-statements.ts';
import type { RiskSummary, StoredRiskMetrics, StressResult, StressScenario, VarRun } from './metrics.ts';
import type { stressStatements } from './stress-statements.ts';

export const toMetrics = (row: NonNullable<(typeof statements.find)['row']>): StoredRiskMetrics => ({
  metricsId: row.id,
  scope: scopeOfKey(row.scope),
  summary: row.summary as RiskSummary,
  inputHash: row.input_hash,
  calculatedAt: row.calculated_at,
});

export const toRun = (row: NonNullable<(typeof statements.findRun)['row']>): VarRun => ({
  runId: row.id,
  scope: scopeOfKey(row.scope),
  method: row.method,
  confidence: row.confidence,
  horizon: row.horizon,
  periodMs: row.period_ms,
  observations: row.observations,
  ...(row.seed !== null && { seed: row.seed }),
  inputHash: row.input_hash,
  ...(row.value_at_risk !== null && { valueAtRisk: row.value_at_risk, expectedShortfall: row.expected_shortfall! }),
  ...(row.reason !== null && { reason: row.reason }),
  outcomes: row.outcomes,
  components: row.components as Record<string, number>,
  missing: row.missing,
  ranAt: row.ran_at,
});

export const toScenario = (row: NonNullable<(typeof stressStatements.findStress)['row']>): StressScenario => ({
  scenarioId: row.id,
  name: row.name,
  shocks: row.shocks as Record<string, number>,
  ...(row.price_scenario_id !== null && { priceScenarioId: row.price_scenario_id }),
  ...(row.price_scenario_version !== null && { priceScenarioVersion: row.price_scenario_version }),
});

export const toStressResult = (row: NonNullable<(typeof stressStatements.findStressResult)['row']>): StressResult => ({
  resultId: row.id,
  scenarioId: row.scenario_id,
  scope: scopeOfKey(row.scope),
  profit: row.profit,
  bySymbol: row.by_symbol as Record<string, number>,
  missing: row.missing,
  ranAt: row.ran_at,
});
