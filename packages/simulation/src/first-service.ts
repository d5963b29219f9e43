import { isAdapterError, toProblem } from '@tse/core';
import { createExchangeAdapter } from '@tse/exchange';

await using exchange = createExchangeAdapter(); // settings from the environment
await exchange.ready();

const symbol = 'BTC-USD';
const limit = { symbol, type: 'limit', quantity: '0.1' } as const;
const sell = await exchange.orders.place({
  ...limit,
  accountId: 'bob',
  clientOrderId: 'first-sell',
  side: 'sell',
  price: '29900',
});
const buy = await exchange.orders.place({
  ...limit,
  accountId: 'alice',
  clientOrderId: 'first-buy',
  side: 'buy',
  price: '30000',
});

// Matching is yours; the adapter makes trades of matches. The id derives from the orders: run it again, and nothing happens twice.
const [outcome] = await exchange.matches.settle([
  {
    tradeId: `${sell.id.slice(-12)}-${buy.id.slice(-12)}`,
    symbol,
    makerOrderId: sell.id,
    takerOrderId: buy.id,
    price: '29900',
    quantity: '0.1',
  },
]);
console.log(outcome?.ok ? `traded ${outcome.value.quantity} at ${outcome.value.price}` : outcome?.error.code);

const { balances } = await exchange.getAccountPortfolio('alice');
for (const { asset, available, held } of balances) console.log(`${asset}: ${available} available, ${held} held`);

try {
  await exchange.orders.place({
    ...limit,
    accountId: 'alice',
    clientOrderId: 'too-much',
    side: 'buy',
    price: '30000',
    quantity: '1000',
  });
} catch (error) {
  if (!isAdapterError(error)) throw error;
  const { status, body } = toProblem(error);
  console.log(status, body.code); // 409 insufficient-funds
}
