import type { RiskAdapter } from '../adapter.ts';

const AT = '2026-01-01T00:00:00Z';
const accounts = ['alice', 'bob', 'carol'];
const prices = { 'BTC-USD': '30000', 'ETH-USD': '2000', 'USDT-USD': '1' };

/** Development data: an escalation policy, limits of the firm and of accounts, prices, capital and a fill each. Running it again changes nothing. */
export async function seedRisk(
  risk: RiskAdapter,
  progress: (text: string) => void = () => {},
): Promise<Record<string, number>> {
  progress('policies and limits');
  const policyId = 'desk';
  await risk.escalations.definePolicy({
    policyId,
    steps: [
      { targets: ['trader'], delay: 'PT5M' },
      { targets: ['trader', 'head-of-risk'], delay: 'PT15M' },
    ],
  });
  await risk.limits.define({
    limitId: 'firm-gross',
    metric: 'gross-exposure',
    scope: {},
    warn: '5000000',
    hard: '10000000',
    policyId,
  });
  for (const account of accounts) {
    await risk.limits.define({
      limitId: `${account}-position`,
      metric: 'position',
      scope: { account, symbol: 'BTC-USD' },
      soft: '5',
      hard: '10',
      policyId,
    });
    await risk.limits.define({
      limitId: `${account}-rate`,
      metric: 'order-rate',
      scope: { account },
      hard: '100',
      window: 'PT1S',
    });
  }
  await risk.riskMetrics.defineStress({
    scenarioId: 'crash',
    name: 'Market crash',
    shocks: { 'BTC-USD': -0.15, 'ETH-USD': -0.2, 'USDT-USD': -0.02 },
  });

  progress('prices, capital and positions');
  for (const [symbol, price] of Object.entries(prices))
    await risk.marks.record({ symbol, price, source: 'seed', sequence: 1, at: AT });
  for (const [i, account] of accounts.entries()) {
    const movementId = `seed-${account}`;
    await risk.pnl.moveFunds({ movementId, account, kind: 'deposit', asset: 'USD', amount: '1000000', at: AT });
    await risk.positions.applyFill({
      fillId: movementId,
      account,
      venue: 'exchange',
      sequence: i + 1,
      symbol: 'BTC-USD',
      side: 'buy',
      quantity: String(i + 1),
      price: '29900',
      at: AT,
    });
  }
  return {
    policies: 1,
    limits: 1 + 2 * accounts.length,
    prices: Object.keys(prices).length,
    accounts: accounts.length,
  };
}
