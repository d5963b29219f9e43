import { expect, test } from 'vitest';
import { scenarioSpec } from './scenario-spec.ts';

const spec = {
  type: 'crash',
  model: 'brownian-motion',
  symbols: [
    { symbol: 'BTC/USD', startPrice: '30000.00', volatility: 0.6 },
    { symbol: 'ETH-USD', startPrice: '2000' },
    { symbol: 'BTC-USDT', startPrice: '30000' },
  ],
  duration: 'PT1H',
  step: 'PT1S',
  correlations: [{ first: 'ETH-USD', second: 'BTC-USD', target: 0.8 }],
};
const issues = (over: object) =>
  scenarioSpec.safeParse({ ...spec, ...over }).error?.issues.map(({ path, message }) => [path.join('.'), message]);

test('a spec is kept with its defaults and its canonical values', () => {
  expect(scenarioSpec.parse(spec)).toEqual({
    ...spec,
    symbols: [
      { symbol: 'BTC-USD', startPrice: '30000', drift: 0, volatility: 0.6 },
      { symbol: 'ETH-USD', startPrice: '2000', drift: 0, volatility: 0 },
      { symbol: 'BTC-USDT', startPrice: '30000', drift: 0, volatility: 0 },
    ],
    intensity: 1,
    durationFactor: 1,
    recoveryFactor: 0,
    gradualTransition: true,
  });
});

test.each<[object, [string, string | RegExp]]>([
  [
    { symbols: [spec.symbols[0], { symbol: 'BTC-USD', startPrice: '1' }] },
    ['symbols.1.symbol', 'this symbol is there twice'],
  ],
  [{ step: 'PT2H' }, ['step', 'expected a step no longer than the duration']],
  [{ duration: 'P9999999D' }, ['step', /more than/]],
  [{ duration: 'PT0S' }, ['duration', /above zero/]],
  [{ type: 'boom' }, ['type', /./]],
  [{ correlations: [{ first: 'ETH-USD', second: 'ETH-USD', target: 1 }] }, ['correlations.0.second', /two symbols/]],
  [{ correlations: [{ first: 'ETH-USD', second: 'XRP-USD', target: 0 }] }, ['correlations.0.second', /none of/]],
  [
    {
      correlations: [
        { first: 'ETH-USD', second: 'BTC-USD', target: 0.9 },
        { first: 'ETH-USD', second: 'BTC-USDT', target: 0.9 },
        { first: 'BTC-USDT', second: 'BTC-USD', target: -0.9 },
      ],
    },
    ['correlations', /not positive semidefinite/],
  ],
])('%j is refused by the name of its field', (over, [path, message]) => {
  expect(issues(over)).toContainEqual([path, typeof message === 'string' ? message : expect.stringMatching(message)]);
});
