import pg from 'pg';
import postgres from 'postgres';
import { type MarketStage, candlesFrom } from './candle-data.ts';
import { type Contender, type Rounds, type Row, callers, compare, interleave } from './measure.ts';

const SYMBOL = 'B0-USD';
const COUNT = 100_000;
const COLUMNS = `open_time, open, high, low, close, open_at, high_at, low_at, close_at, base_volume, quote_volume, taker_base_volume,
  taker_quote_volume, trade_count, is_closed, revision, recorded_at`;

/** A range of candles as finished objects, against drivers that answer rows with the same columns. */
export async function candleReads({ adapter, postgres: login, adminUrl }: MarketStage, rounds: Rounds): Promise<Row[]> {
  rounds.progress('candles to read');
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  await admin.query('truncate market_data.candles');
  await adapter.candles.upsert({ symbol: SYMBOL, interval: '1m', source: 'bench', candles: candlesFrom(0, COUNT) });
  await admin.query('vacuum analyze market_data.candles');
  await admin.end();
  // The role's own limit would end a slow read of a peer.
  const pool = new pg.Pool({ ...login, max: 1, options: '-c statement_timeout=0' });
  const { user, ...server } = login;
  const sql = postgres({ ...server, username: user, max: 1, connection: { statement_timeout: 0 } });
  const [first] = candlesFrom(0, 1);
  const from = first!.openTime as Date;

  const rows: Row[] = [];
  try {
    for (const count of [10_000, COUNT]) {
      const to = new Date(from.getTime() + count * 60_000);
      const check = (found: { length: number }) => {
        if (found.length !== count) throw new Error(`read ${found.length} candles instead of ${count}`);
      };
      const contender = (name: string, read: () => Promise<{ length: number }>): Contender => ({
        name: `${name}, ${count}`,
        async run(seconds) {
          const sample = await callers(1, seconds, async () => check(await read()));
          return { ...sample, done: sample.done * count };
        },
      });
      const ours = contender('adapter: range', () =>
        adapter.candles.range({ symbol: SYMBOL, interval: '1m', source: 'bench', from, to }),
      );
      const stock = contender('stock pg', async () => {
        const { rows: found } = await pool.query({
          name: 'range',
          text: `select ${COLUMNS} from candles where symbol = $1 and interval = $2 and price_type = $3 and source = $4
            and open_time >= $5 and open_time < $6 order by open_time`,
          values: [SYMBOL, '1m', 'trade', 'bench', from, to],
        });
        return found;
      });
      const other = contender(
        'postgres.js',
        () => sql`select ${sql.unsafe(COLUMNS)} from candles where symbol = ${SYMBOL} and interval = ${'1m'} and price_type = ${'trade'}
          and source = ${'bench'} and open_time >= ${from} and open_time < ${to} order by open_time`,
      );
      const samples = await interleave([ours, stock, other], rounds);
      const bench = `candles: range read of ${count / 1000} 000`;
      rows.push(
        compare(samples, { bench, ours: ours.name, peer: stock.name, target: 1.3 }),
        compare(samples, { bench, ours: ours.name, peer: other.name, target: 0.95 }),
      );
    }
  } finally {
    await pool.end();
    await sql.end();
  }
  return rows;
}
