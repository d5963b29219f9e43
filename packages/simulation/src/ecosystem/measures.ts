import type { ScenarioWorld } from '../scenario-run.ts';
import { checkAdapters } from '../invariants.ts';
import type { DemoAdapters } from '../demo-adapters.ts';
import type { RiskTally } from '../risk-monitor.ts';

type Look = ScenarioWorld['look'];

/** The adapters whose books must agree at any time; the coordinator's and the trail are looked at once the run is over. */
export const BOOKS = ['marketData', 'exchange', 'custodian', 'risk', 'trading'] as const;

/** What a scenario's probes may measure, each read through the ports of the adapter that knows it. */
export function measuresOf(
  demo: DemoAdapters,
  { tally, runId, signal }: { tally: Readonly<RiskTally>; runId: string; signal: AbortSignal },
): Look {
  const { marketData, exchange, custodian, risk, testCoordinator } = demo;
  const measures: Record<string, (given: Readonly<Record<string, unknown>>) => Promise<number | undefined>> = {
    'broken-identities': async () => (await checkAdapters(demo, signal, BOOKS)).filter(({ ok }) => !ok).length,
    'unhealthy-services': async () => {
      const healths = await Promise.all(
        [...BOOKS, 'testCoordinator' as const, 'audit' as const].map((name) => demo[name].health()),
      );
      return healths.filter(({ status }) => status === 'unavailable').length;
    },
    'seconds-to-alert': async ({ symbol }) => {
      for await (const { params, detectionMs } of testCoordinator.faults.list({ runId }))
        if (params['symbol'] === symbol && detectionMs !== undefined) return detectionMs / 1000;
      return undefined;
    },
    'active-manipulations': async ({ symbol }) =>
      (await Array.fromAsync(marketData.manipulations.list({ state: 'active', limit: 1000 }))).filter(
        (each) => symbol === undefined || each.symbol === symbol,
      ).length,
    'accounts-below-zero': async () => {
      let below = 0;
      for await (const { accountId, kind } of exchange.accounts.list({ limit: 1000 })) {
        if (kind !== 'customer') continue;
        const balances = await exchange.balances.list(accountId, { fresh: true });
        below += balances.filter(({ available }) => available.startsWith('-')).length;
      }
      return below;
    },
    'refused-checks': () => Promise.resolve([...tally.denied.values()].reduce((sum, count) => sum + count, 0)),
    'open-breaches': async () => (await Array.fromAsync(risk.breaches.list({ state: 'open', limit: 1000 }))).length,
    'open-fails': async () => (await Array.fromAsync(custodian.settlements.listFails({ limit: 1000 }))).length,
  };
  return ({ measure, with: given = {} }) => measures[measure]?.(given) ?? Promise.resolve(undefined);
}
