import { instant } from '@tse/core';
import { expect, test } from 'vitest';
import { aroundManipulation } from './around.ts';
import type { ManipulationSpan } from './run-page.ts';

const day = (n: number) => instant.plusMillis(instant.of('2026-01-01T00:00:00Z'), n * 86_400_000);
const span = (from: number, to?: number): ManipulationSpan => ({
  manipulationId: 'm',
  symbol: 'USDT-USD',
  kind: 'price-shift',
  effect: 'price −800 bps',
  state: 'recovered',
  active: [{ from: day(from), ...(to !== undefined && { to: day(to) }) }],
});
const year = { from: day(0), to: day(365) };

test('a day of a year is shown with a day before and a day after', () => {
  expect(aroundManipulation([span(100, 101)], 'USDT-USD', year)).toEqual({ from: day(99), to: day(102) });
  expect(aroundManipulation([span(100, 101), span(103, 104)], 'USDT-USD', year)).toEqual({
    from: day(96),
    to: day(108),
  });
});

test('all of the run is shown where nothing was done to the symbol, or for long', () => {
  expect(aroundManipulation([], 'USDT-USD', year)).toBeUndefined();
  expect(aroundManipulation([span(100, 101)], 'BTC-USD', year)).toBeUndefined();
  expect(aroundManipulation([span(100, 300)], 'USDT-USD', year)).toBeUndefined();
  expect(aroundManipulation([span(100)], 'USDT-USD', year)).toBeUndefined();
});
