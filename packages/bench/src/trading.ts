import { arrayLiteral } from '@tse/core';
import { type ApplyFill, type Measured, type TradingAdapter, computeMetrics, createTradingAdapter } from '@tse/trading';
import pg from 'pg';
import { type Contender, type Row, type Rounds, callers, compare, interleave } from './measure.ts';
import { plainMetrics } from './plain-metrics.ts';
import { type StageOf, openStageOf } from './stage.ts';

const CROWD = 32;
const TRADES = 100_000;
const HUGE = '10000000000';
const DAY_MS = 86_400_000;

/** `fills.apply` against the same function by a bare pool, and the metrics of a long backtest against plain loops. */
export async function trading(rounds: Rounds): Promise<Row[]> {
  const measured = await metrics(rounds);
  await using stage = await openStageOf(createTradingAdapter, rounds.progress);
  return [...(await fills(stage, rounds)), ...measured];
}

interface Book {
  deploymentId: string;
  /** Fills of an order to buy and one to sell, one after the other: each pair opens a position and closes it. */
  next(): ApplyFill;
}

async function openBook({ strategies, deployments, orders }: TradingAdapter, deploymentId: string): Promise<Book> {
  await strategies.create({ strategyId: 'bench', name: 'Bench', symbols: ['BTC-USD'] });
  const { version } = await strategies.publishVersion({ strategyId: 'bench', codeHash: 'bench' });
  await deployments.create({
    deploymentId,
    strategyId: 'bench',
    strategyVersion: version,
    accountId: 'alice',
    startingEquity: '1000',
  });
  const { epoch } = await deployments.attach({ deploymentId });
  const submit = (side: 'buy' | 'sell') =>
    orders.submit({
      orderId: `${deploymentId}/${side}`,
      deploymentId,
      epoch,
      symbol: 'BTC-USD',
      side,
      type: 'market',
      quantity: HUGE,
    });
  await submit('buy');
  await submit('sell');
  let n = 0;
  return {
    deploymentId,
    next() {
      n += 1;
      const side = n % 2 ? 'buy' : 'sell';
      return {
        venue: 'exchange',
        tradeId: `${deploymentId}/${n}`,
        orderId: `${deploymentId}/${side}`,
        tradeSequence: n,
        accountId: deploymentId,
        symbol: 'BTC-USD',
        side,
        price: '30000.01',
        quantity: '0.01',
        fee: '0.3',
        feeAsset: 'USD',
        matchedAt: '2026-01-01T00:00:00.000000Z',
      };
    },
  };
}

const APPLY = `select * from apply_fills(${Array.from({ length: 23 }, (_, i) => `$${i + 1}`).join(', ')})`;

/** As somebody calls the function who has nothing but a pool. */
const valuesOf = (fill: ApplyFill): string[] =>
  [
    fill.venue,
    fill.tradeId,
    fill.orderId,
    fill.tradeSequence,
    fill.accountId,
    fill.symbol,
    fill.side,
    fill.price,
    fill.quantity,
    undefined,
    fill.fee,
    fill.feeAsset,
    undefined,
    undefined,
    fill.tradeId,
    JSON.stringify(fill),
    fill.matchedAt as string,
    undefined,
    undefined,
    undefined,
    undefined,
    `event ${fill.tradeId}`,
    '(,,,,,,,,)',
  ].map((value) => arrayLiteral([value]));

async function fills({ adapter, postgres }: StageOf<TradingAdapter>, rounds: Rounds): Promise<Row[]> {
  const pool = new pg.Pool({ ...postgres, max: 10 });
  const books = await Promise.all(Array.from({ length: 2 * CROWD }, (_, i) => openBook(adapter, `book-${i}`)));
  const ours = (concurrency: number): Contender => ({
    name: `adapter, ${concurrency}`,
    run: (seconds) => callers(concurrency, seconds, (caller) => adapter.fills.apply(books[caller]!.next())),
  });
  const bare = (concurrency: number): Contender => ({
    name: `pg, ${concurrency}`,
    run: (seconds) =>
      callers(concurrency, seconds, (caller) =>
        pool.query({ name: 'apply', text: APPLY, values: valuesOf(books[CROWD + caller]!.next()) }),
      ),
  });
  try {
    const alone = await interleave([ours(1), bare(1)], rounds);
    const crowd = await interleave([ours(CROWD), bare(CROWD)], rounds);
    const per = (samples: Map<string, { done: number; seconds: number }[]>, name: string) => {
      const all = samples.get(name)!;
      return Math.round(
        all.reduce((sum, { done }) => sum + done, 0) / all.reduce((sum, { seconds }) => sum + seconds, 0),
      );
    };
    return [
      compare(alone, {
        bench: 'fill to position, 1 caller',
        ours: 'adapter, 1',
        peer: 'pg, 1',
        target: 0.75,
        note: `one statement a fill, with order, lots, position and events; ${per(alone, 'adapter, 1')} a second here`,
      }),
      compare(crowd, {
        bench: `fill to position, ${CROWD} callers`,
        ours: `adapter, ${CROWD}`,
        peer: `pg, ${CROWD}`,
        target: 1,
        note: `${per(crowd, `adapter, ${CROWD}`)} a second here`,
      }),
    ];
  } finally {
    await pool.end();
  }
}

/** A backtest of so many trades over five years, always the same. */
function longBacktest(): Measured & { benchmark: Float64Array } {
  const days = 5 * 365;
  const from = Date.UTC(2020, 0, 1);
  const to = from + days * DAY_MS - 1;
  const column = () => new Float64Array(TRADES);
  const trades = { pnl: column(), bought: column(), sold: column(), openedAt: column(), closedAt: column() };
  let state = 1;
  const draw = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < TRADES; i += 1) {
    trades.closedAt[i] = from + ((i + 1) / (TRADES + 1)) * (to - from);
    trades.openedAt[i] = Math.max(from, trades.closedAt[i]! - draw() * 3_600_000);
    trades.pnl[i] = (draw() - 0.49) * 10;
    trades.bought[i] = 1000;
    trades.sold[i] = 1000 + trades.pnl[i]!;
  }
  const benchmark = Float64Array.from({ length: days }, () => (draw() - 0.5) / 50);
  return { startingEquity: 100_000, from, to, trades, benchmark };
}

async function metrics(rounds: Rounds): Promise<Row[]> {
  const backtest = longBacktest();
  const ours = () => computeMetrics(backtest, { periodsPerYear: 365, riskFree: 0.02 });
  const plain = () => plainMetrics(backtest, 365, 0.02);
  const [mine, theirs] = [ours(), plain()];
  for (const [i, { name, value }] of mine.entries())
    if (!(Math.abs(value! - theirs[i]!) <= 1e-9 * Math.max(1, Math.abs(theirs[i]!))))
      throw new Error(`${name}: ${value} is not ${theirs[i]}`);
  const again = (name: string, work: () => unknown): Contender => ({
    name,
    run: async (seconds) => callers(1, seconds, async () => work()),
  });
  const samples = await interleave([again('adapter', ours), again('plain', plain)], rounds);
  const row = compare(samples, { bench: 'metrics of 100 000 trades', ours: 'plain', peer: 'adapter', target: 1.5 });
  // As a time: how much longer ours takes.
  return [{ ...row, peer: 'plain loops', bound: 'at-most', met: row.ratio <= row.target, unit: 'time' }];
}
