import { createMarketDataAdapter } from '@tse/market-data';
import pg from 'pg';
import { type MarketStage, candlesFrom } from './candle-data.ts';
import { type Rounds, type Row, callers } from './measure.ts';
import { openStageOf } from './stage.ts';

const A_SYMBOL = 1_000_000;
const BATCH = 10_000;
const READ = 1000;
const MOST = 1.3;

/** What a candle costs to write and to read where there are many millions, against where there is one. Takes its time, and some gigabytes. */
export async function candleGrowth(millions: number, how: Rounds): Promise<Row[]> {
  const { progress } = how;
  await using stage = await openStageOf(createMarketDataAdapter, progress);
  const admin = new pg.Client(stage.adminUrl);
  await admin.connect();
  try {
    for (let i = 0; i < millions; i += 1)
      await stage.adapter.instruments.register({ symbol: symbolOf(i), tickSize: '0.01', stepSize: '0.00000001' });
    await stage.adapter.instruments.register({ symbol: 'W-USD', tickSize: '0.01', stepSize: '0.00000001' });
    await fill(admin, 0);
    const few = await costs(stage, 1, how);
    for (let i = 1; i < millions; i += 1) {
      progress(`${i + 1} of ${millions} million candles`);
      await fill(admin, i);
    }
    await admin.query('vacuum analyze market_data.candles');
    const many = await costs(stage, millions, how);
    return [
      row(`candles: a row written at ${millions} M`, many.write / few.write),
      row(`candles: a row read at ${millions} M`, many.read / few.read),
    ];
  } finally {
    await admin.end();
  }
}

const symbolOf = (i: number) => `G${i}-USD`;

/** By the server itself: a client would take an hour. */
async function fill(admin: pg.Client, i: number): Promise<void> {
  await admin.query(
    `insert into market_data.candles (symbol, interval, price_type, source, open_time, open, high, low, close, base_volume, quote_volume, trade_count)
     select $1, '1m', 'trade', 'bench', timestamptz '2022-01-01T00:00:00Z' + n * interval '1 minute',
       30000.25, 30001.5, 29999.75, 30000.5, 1.25, 37500.5, 17
     from generate_series(1, ${A_SYMBOL}) as n`,
    [symbolOf(i)],
  );
}

let written = 0;

/** Seconds a row, written in batches of ten thousand and read a thousand at a time: the best of the rounds, as others use the machine too. */
async function costs({ adapter: { candles } }: MarketStage, millions: number, { rounds, seconds, progress }: Rounds) {
  const series = { interval: '1m', source: 'bench' };
  const write = async () => {
    const batch = candlesFrom(written, BATCH);
    written += BATCH;
    await candles.upsert({ ...series, symbol: 'W-USD', candles: batch });
  };
  const read = async () => {
    const from = Date.UTC(2022, 0, 1) + Math.floor(Math.random() * (A_SYMBOL - READ)) * 60_000;
    const symbol = symbolOf(Math.floor(Math.random() * millions));
    await candles.range({ ...series, symbol, from: new Date(from), to: new Date(from + READ * 60_000) });
  };
  progress(`writing and reading at ${millions} million`);
  const best = { write: Infinity, read: Infinity };
  await callers(1, 1, write);
  await callers(1, 1, read);
  for (let round = 0; round < rounds; round += 1) {
    const writes = await callers(1, seconds, write);
    const reads = await callers(1, seconds, read);
    best.write = Math.min(best.write, writes.seconds / (writes.done * BATCH));
    best.read = Math.min(best.read, reads.seconds / (reads.done * READ));
  }
  return best;
}

const row = (bench: string, ratio: number): Row => ({
  bench,
  peer: 'at 1 M',
  ratio,
  min: ratio,
  max: ratio,
  target: MOST,
  bound: 'at-most',
  met: ratio <= MOST,
});
