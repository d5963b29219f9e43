import { decimal, instant } from '@tse/core';
import { expect, test } from 'vitest';
import { type Decision, pairDecisions } from './parity.ts';

const at = (second: number) => instant.of(`2026-01-01T00:00:${String(second).padStart(2, '0')}Z`);
const decision = (
  second: number,
  side: 'buy' | 'sell',
  quantity: string,
  price: string,
  more: object = {},
): Decision => ({
  symbol: 'BTC-USD',
  side,
  at: at(second),
  quantity: decimal.of(quantity),
  price: decimal.of(price),
  ...more,
});

test('decisions of one market and side are paired in order, within the tolerance; what is left over is told', () => {
  const rows = pairDecisions(
    [
      decision(1, 'buy', '1', '101', { orderId: 'a' }),
      decision(5, 'sell', '1', '99', { orderId: 'b' }),
      decision(20, 'buy', '2', '100', { orderId: 'c' }),
    ],
    [
      decision(0, 'buy', '1', '100', { n: 0 }),
      decision(6, 'sell', '0.5', '100', { n: 1 }),
      decision(40, 'buy', '2', '100', { n: 2 }),
    ],
    2000,
  );
  expect(rows.map(({ verdict, orderId, backtestN, slippage }) => [verdict, orderId, backtestN, slippage])).toEqual([
    ['same', 'a', 0, 0.01],
    ['different', 'b', 1, 0.01],
    ['only-live', 'c', undefined, undefined],
    ['only-backtest', undefined, 2, undefined],
  ]);
});
