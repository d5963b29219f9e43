import { createRiskAdapter } from '@tse/risk';

/** A monitor's part: it asks before an order is placed, tells what was filled, and says whom to wake. Everything else is the adapter's. */
export async function firstBreach(risk = createRiskAdapter(), page = async (text: string) => console.log(text)) {
  const { limits, marks, checks, positions, breaches, alerts } = risk;
  await limits.define({
    limitId: 'alice-btc',
    metric: 'position',
    scope: { account: 'alice' },
    soft: '0.5',
    hard: '1',
  });
  await marks.record({ symbol: 'BTC-USD', price: '30000', sequence: 1, at: new Date() });

  // Allowed and reserved in one step: two orders never share the last of a limit.
  const order = { orderId: 'o1', account: 'alice', symbol: 'BTC-USD', side: 'buy', price: '30000' } as const;
  const allowed = await checks.check({ ...order, quantity: '0.8' });
  const refused = await checks.check({ ...order, orderId: 'o2', quantity: '0.3' });

  // Of each fill once, in whatever order they come.
  const position = await positions.applyFill({
    fillId: 't1/buy',
    account: 'alice',
    venue: 'exchange',
    sequence: 1,
    symbol: 'BTC-USD',
    side: 'buy',
    quantity: '0.8',
    price: '29900',
    orderId: allowed.orderId,
    at: new Date(),
  });

  // Again and again until somebody acknowledges it. The workers do the comparing too.
  await using _ = alerts.onDue(({ text }) => page(text));
  await breaches.evaluate();
  const [breach] = (await breaches.list({ limitId: 'alice-btc', state: 'open' })).items;
  const summary = await risk.calculateRiskMetrics([{ symbol: 'BTC-USD', quantity: position.quantity }]);
  return { allowed, refused, position, breach, summary };
}
