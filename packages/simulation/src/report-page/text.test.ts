import { expect, test } from 'vitest';
import { amountText, countText, plural, spanText, timeText, titleText } from './text.ts';

test('times are UTC business time, as exact as they are', () => {
  expect(timeText('2019-01-09T14:30:00.000000Z')).toBe('2019-01-09 14:30:00');
  expect(timeText('2019-01-09T14:30:00.120000Z')).toBe('2019-01-09 14:30:00.12');
});

test('no digit of an amount is lost', () => {
  expect(amountText('-1234567.000000000000000001')).toBe('−1,234,567.000000000000000001');
  expect(amountText('12')).toBe('12');
  expect(amountText('<b>')).toBe('<b>');
});

test('numbers in words', () => {
  expect([countText(1234), countText(20.2345), countText(0)]).toEqual(['1,234', '20.2', '0']);
  expect([spanText(0), spanText(0.25), spanText(12.3456), spanText(61_000), spanText(-90_000_000)]).toEqual([
    '0 ms',
    '250 µs',
    '12.3 ms',
    '1.02 min',
    '−1.04 d',
  ]);
  expect([plural(1, 'trade'), plural(2, 'trade')]).toEqual(['1 trade', '2 trades']);
  expect([titleText('tradesPerSecond'), titleText('partially-settled')]).toEqual([
    'Trades per second',
    'Partially settled',
  ]);
});
