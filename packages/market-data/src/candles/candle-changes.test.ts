import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf } from '../bulk/event-time.ts';
import { CandleChanges } from './candle-changes.ts';
import { upsertCandles } from './candle-columns.ts';

const FROM = Date.UTC(2026, 0, 5);
const at = (minute: number) => new Date(FROM + minute * 60_000).toISOString();

const input = (minute: number, over: object = {}) => ({
  openTime: at(minute),
  open: '100.5',
  high: '110',
  low: '90.25',
  close: '101',
  openAt: at(minute),
  baseVolume: '3',
  quoteVolume: '300.5',
  tradeCount: 7,
  ...over,
});
const columnsOf = (candles: readonly object[]) =>
  upsertCandles.parse({ symbol: 'BTC-USD', interval: '1m', source: 'x', candles }).candles;

const instantAt = (minute: number) => instantOf((FROM + minute * 60_000) * 1000);
const row = (minute: number): unknown[] => {
  const when = instantAt(minute);
  return [when, '100.5', '110', '90.25', '101', when, null, null, null, '3', '300.5', null, null, 7, true];
};

const changesOf = (candles: readonly object[], rows: readonly unknown[][]) => {
  const changes = new CandleChanges(columnsOf(candles));
  for (const each of rows) changes.row(each);
  changes.end();
  return { added: changes.added, changed: changes.changed };
};

test('each field that differs makes a candle another one', () => {
  expect(changesOf([input(0)], [row(0)])).toEqual({ added: [], changed: [] });
  const others: object[] = [
    { open: '100.6' },
    { high: '111' },
    { low: '90' },
    { close: '100' },
    { openAt: undefined },
    { openAt: at(1) },
    { highAt: at(0) },
    { lowAt: at(0) },
    { closeAt: at(0) },
    { baseVolume: '4' },
    { quoteVolume: undefined },
    { quoteVolume: '0' },
    { takerBaseVolume: '1' },
    { takerQuoteVolume: '1' },
    { tradeCount: undefined },
    { tradeCount: 0 },
    { closed: false },
  ];
  for (const over of others)
    expect(changesOf([input(0, over)], [row(0)]), JSON.stringify(over)).toEqual({ added: [], changed: [0] });
});

test('what is there and what is not is told apart in any order, whatever lies between', () => {
  const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(minutes, minutes, fc.func(fc.boolean()), (batch, stored, differs) => {
      const candles = batch.map((minute) => input(minute, differs(minute) ? { close: '99' } : {}));
      const { added, changed } = changesOf(
        candles,
        stored.toSorted((a, b) => a - b).map((minute) => row(minute)),
      );
      const isThere = (minute: number) => stored.includes(minute);
      const at = (places: readonly number[]) => places.map((place) => batch[place]!).toSorted((a, b) => a - b);
      const expected = (of: (minute: number) => boolean) => batch.filter(of).toSorted((a, b) => a - b);
      expect(at(added)).toEqual(expected((minute) => !isThere(minute)));
      expect(at(changed)).toEqual(expected((minute) => isThere(minute) && differs(minute)));
    }),
  );
});
