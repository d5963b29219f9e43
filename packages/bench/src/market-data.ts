import { createMarketDataAdapter } from '@tse/market-data';
import { fetchTools } from '@tse/testkit/servers';
import pg from 'pg';
import { type MarketStage, candlesFrom } from './candle-data.ts';
import { candleReads } from './candle-reads.ts';
import { drizzlePeer, kyselyPeer, psqlPeer, rowOf, typeormPeer } from './candle-peers.ts';
import { type Contender, type Rounds, type Row, type Sample, compare, interleave, skipped } from './measure.ts';
import { openStageOf } from './stage.ts';
import { ticks } from './ticks.ts';

const SYMBOLS = ['B0-USD', 'B1-USD', 'B2-USD', 'B3-USD', 'B4-USD'];
const A_SYMBOL = 40_000;
/** Of what an ORM writes in a turn: it is slow enough to be measured with. */
const FOR_ORMS = 20_000;

/** Writing and reading candles, and live ticks, against what else can be done with the same servers. */
export async function* marketData(rounds: Rounds): AsyncGenerator<Row[]> {
  await using stage = await openStageOf(createMarketDataAdapter, rounds.progress);
  for (const symbol of SYMBOLS)
    await stage.adapter.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.00000001' });
  yield await candleReads(stage, rounds);
  yield await ticks(stage, rounds);
  yield await candleWrites(stage, rounds);
}

async function candleWrites(stage: MarketStage, rounds: Rounds): Promise<Row[]> {
  const { psql } = await fetchTools();
  if (!psql) return [skipped('candles: bulk upsert', 'psql could not be had')];
  const { candles } = stage.adapter;
  const inputs = candlesFrom(0, A_SYMBOL);
  const rows = SYMBOLS.flatMap((symbol) => inputs.map((candle) => rowOf(symbol, candle)));
  const some = rows.slice(0, FOR_ORMS);

  await using stack = new AsyncDisposableStack();
  const admin = new pg.Client(stage.adminUrl);
  await admin.connect();
  stack.defer(() => admin.end());
  // What the adapter does without, and psql's way needs.
  await admin.query(`grant temporary on database ${stage.postgres.database} to ${stage.postgres.user}`);
  const byPsql = stack.use(await psqlPeer(psql, stage, rows));
  const kysely = stack.use(kyselyPeer(stage));
  const drizzle = stack.use(drizzlePeer(stage));
  const typeorm = stack.use(await typeormPeer(stage));
  const empty = () => admin.query('truncate market_data.candles');
  const upsert = async (symbol: string, batch: number) => {
    for (let i = 0; i < inputs.length; i += batch)
      await candles.upsert({ symbol, interval: '1m', source: 'bench', candles: inputs.slice(i, i + batch) });
  };
  const upsertAll = async (batch: number) => {
    for (const symbol of SYMBOLS) await upsert(symbol, batch);
  };

  /** All of it once, into a table that `before` has made ready; the turn's length is that of the work. */
  const once = (
    name: string,
    count: number,
    work: () => Promise<unknown>,
    before: () => Promise<unknown> = empty,
  ): Contender => ({
    name,
    async run(): Promise<Sample> {
      await before();
      const started = performance.now();
      await work();
      return { done: count, seconds: (performance.now() - started) / 1000 };
    },
  });
  const filled = async () => {
    await empty();
    await byPsql.append();
  };
  const ours = once('adapter: upsert', rows.length, () => upsertAll(A_SYMBOL));
  const atOnce = once('adapter: upsert, a symbol each at once', rows.length, () =>
    Promise.all(SYMBOLS.map((symbol) => upsert(symbol, A_SYMBOL))),
  );
  const small = once('adapter: 1000 a call', rows.length, () => upsertAll(1000));
  const ourRepeat = once('adapter: upsert again', rows.length, () => upsertAll(A_SYMBOL), filled);
  const psqlUpsert = once('psql: copy and upsert', rows.length, byPsql.upsert);
  const psqlAppend = once('psql: copy', rows.length, byPsql.append);
  const psqlRepeat = once('psql: copy and upsert again', rows.length, byPsql.repeat, filled);
  const orms = [
    once('Kysely VALUES', some.length, () => kysely.upsert(some)),
    once('drizzle', some.length, () => drizzle.upsert(some)),
    once('typeorm', some.length, () => typeorm.upsert(some)),
  ];
  const samples = await interleave(
    [ours, atOnce, psqlUpsert, psqlAppend, small, ourRepeat, psqlRepeat, ...orms],
    rounds,
  );
  const against = (bench: string, mine: Contender, peer: Contender, target: number): Row =>
    compare(samples, { bench, ours: mine.name, peer: peer.name, target });
  return [
    against('candles: bulk upsert of new ones', ours, psqlUpsert, 0.95),
    against('candles: bulk upsert of what is there', ourRepeat, psqlRepeat, 0.95),
    against('candles: bulk upsert', ours, orms[0]!, 2.5),
    against('candles: bulk upsert', ours, orms[1]!, 5),
    against('candles: bulk upsert', ours, orms[2]!, 5),
    against('candles: append', ours, psqlAppend, 0.9),
    against('candles: append, five calls at once', atOnce, psqlAppend, 0.9),
    against('candles: upsert, 1000 a call', small, psqlUpsert, 0.75),
  ];
}
