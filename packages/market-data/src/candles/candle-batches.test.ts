import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { microsOf } from '../bulk/event-time.ts';
import { BatchContent, candleRows } from './candle-batches.ts';
import { upsertCandles } from './candle-columns.ts';

const columnsOf = (openTimes: readonly (string | Date)[]) =>
  upsertCandles.parse({
    symbol: 'BTC-USD',
    interval: '1m',
    source: 'hashed',
    candles: openTimes.map((openTime, i) => ({
      openTime,
      open: '100.5',
      high: String(200 + i),
      low: '50.01',
      close: String(101 + (i % 7)),
      baseVolume: `${i}.25`,
    })),
  }).candles;

const contentOf = (openTimes: readonly (string | Date)[]) =>
  hash(
    'sha256',
    openTimes.map((at, i) => `${microsOf(at)},100.5,${200 + i},50.01,${101 + (i % 7)},${i}.25\n`).join(''),
    'hex',
  );

test('the content of a batch is the same whether it is taken in at once or while its rows are sent', () => {
  const minutes = Array.from({ length: 3000 }, (_, i) => new Date(Date.UTC(2026, 0, 5) + i * 60_000));
  const columns = columnsOf(minutes);
  const sent = new BatchContent(columns);
  const chunks = [
    ...candleRows(columns, ['BTC-USD', '1m', 'trade', 'hashed'], '2026-01-06T00:00:00.000000Z' as never, sent),
  ];
  expect(chunks.length).toBeGreaterThan(3);
  const payload = sent.payload();
  expect(payload).toBe(new BatchContent(columns).payload());
  const { sha256, closes } = JSON.parse(payload) as { sha256: string; closes: { openTime: string; close: string }[] };
  expect(sha256).toBe(contentOf(minutes));
  expect(closes).toHaveLength(100);
  expect(closes.at(-1)).toEqual({ openTime: '2026-01-07T01:59:00.000000Z', close: '104' });
});

test('times are hashed to the microsecond, those before 1970 too', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -5_000_000_000_000, max: 7_000_000_000_000 }), { minLength: 1 }),
      (millis) => {
        const times = millis.map((at) =>
          new Date(at).toISOString().replace('Z', `${String(Math.abs(at) % 1000).padStart(3, '0')}Z`),
        );
        expect((JSON.parse(new BatchContent(columnsOf(times)).payload()) as { sha256: string }).sha256).toBe(
          contentOf(times),
        );
      },
    ),
  );
  for (const edge of [
    '1970-01-01T00:00:00Z',
    '1970-01-01T00:00:01Z',
    '1970-01-01T00:00:00.999999Z',
    '1969-12-31T23:59:59.5Z',
  ])
    expect(JSON.parse(new BatchContent(columnsOf([edge])).payload())).toMatchObject({ sha256: contentOf([edge]) });
});
