import { type TestCoordinatorAdapter, shippedScenarios } from '@tse/test-coordinator';
import { STABLECOIN } from './ecosystem/ecosystem.ts';
import type { Plan } from './ecosystem/plan.ts';

/** What the demo can run, and the scenario of the test coordinator that it is. */
const scenarios = {
  depeg: 'stablecoin-depeg',
  crash: 'market-crash',
  'price-divergence': 'price-divergence',
  'strategy-malfunction': 'strategy-malfunction',
  'settlement-failure': 'settlement-failure',
} as const;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

/** Publishes a scenario as it ships, and answers what a run of it is started with. */
export async function publishScenario(
  coordinator: TestCoordinatorAdapter,
  name: ScenarioName,
  { survey: { symbol, base } }: Pick<Plan, 'survey'>,
): Promise<{ scenarioId: string; parameters: Record<string, string> }> {
  const scenarioId = scenarios[name];
  await coordinator.scenarios.publish({ text: shippedScenarios()[scenarioId]!, status: 'active' });
  const parameters: Record<ScenarioName, Record<string, string>> = {
    depeg: { symbol: STABLECOIN, asset: base },
    crash: { symbol },
    'price-divergence': { symbol },
    'strategy-malfunction': {},
    'settlement-failure': { asset: base },
  };
  return { scenarioId, parameters: parameters[name] };
}
