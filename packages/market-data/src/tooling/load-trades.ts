import type { LoadContext, Loaded } from '@tse/core/admin';
import type { MarketDataAdapter } from '../adapter.ts';
import type { TradeInput } from '../trades/trades.ts';
import { type AggTrade, isAggTradeHeader, parseAggTrade } from './bulk-files/agg-trades.ts';
import { Counts, type NumberedRow, writeRows } from './bulk-files/batches.ts';
import { type RowFormat, instrumentOf, readRows, tooFine } from './bulk-files/rows.ts';

const BATCH = 5000;
const BUILD_MS = 3_600_000;
/** Where a file has more holes than this, what it covers is not told: a batch is cut at each. */
const MOST_HOLES = 1000;

const format: RowFormat<AggTrade> = {
  what: 'trades',
  isHeader: isAggTradeHeader,
  parse: parseAggTrade,
  pricesOf: ({ price }) => [price],
  quantitiesOf: ({ quantity }) => [quantity],
};

/** Loads an exchange's bulk file of aggregate trades, and closes the candles that they make up. */
export async function loadTrades(marketData: MarketDataAdapter, context: LoadContext): Promise<Loaded> {
  const { path, given, onRead, onRejected, progress, signal } = context;
  const venue = given['source'] ?? 'import';
  const { instrument, notes } = await instrumentOf(marketData, format, context);
  const { symbol } = instrument;
  const counts = new Counts(onRejected);
  let holes = 0;
  let coveredUntil: string | undefined;
  let until: string | undefined;

  const write = async (rows: readonly NumberedRow<AggTrade>[]) => {
    const written = await writeRows(rows, {
      reject: counts.reject,
      signal,
      write: async (left) => {
        const first = left[0]!.row.at;
        const last = left.at(-1)!.row.at;
        const from = coveredUntil ?? first;
        const isWhole = holes <= MOST_HOLES && left.length === rows.length && from <= last;
        const trades = left.map(({ row }) => toTrade(row));
        const recorded = await marketData.trades.record(
          { venue, symbol, trades, ...(isWhole && { covers: { from, to: last } }) },
          { signal },
        );
        return { recorded, left };
      },
    });
    if (!written) return;
    const { recorded, left } = written;
    counts.inserted += recorded.inserted;
    counts.duplicates += recorded.duplicates;
    for (const { index, code } of recorded.rejected)
      counts.reject(
        left[index]!.line,
        code === 'id-conflict' ? `trade ${left[index]!.row.id} is there with another content` : code,
      );
  };

  let batch: NumberedRow<AggTrade>[] = [];
  let expected: bigint | undefined;
  let isBroken = false;
  const flush = async (beforeHole: boolean) => {
    const rows = batch;
    batch = [];
    if (rows.length > 0) await write(rows);
    coveredUntil = beforeHole ? undefined : rows.at(-1)?.row.at;
  };
  for await (const rows of readRows(path, format, onRead)) {
    for (const read of rows) {
      const { line } = read;
      const wrong = 'reason' in read ? read.reason : tooFine(instrument, [read.row.price], [read.row.quantity]);
      if ('reason' in read || wrong !== undefined) {
        isBroken = true;
        counts.reject(line, wrong!);
        continue;
      }
      const { row } = read;
      // The ids of an exchange's aggregate trades are dense: after a jump, or a line that was not taken, something is missing.
      const id = BigInt(row.id);
      if ((isBroken || (expected !== undefined && id !== expected)) && holes <= MOST_HOLES) {
        holes += 1;
        await flush(true);
      }
      isBroken = false;
      expected = id + 1n;
      if (until === undefined || row.at > until) until = row.at;
      batch.push({ line, row });
      if (batch.length === BATCH) await flush(false);
    }
  }
  await flush(true);

  if (holes > MOST_HOLES) notes.push('the ids of its trades are not dense: what the file covers is not known');
  if (until !== undefined) {
    progress('closing candles');
    const built = await marketData.candles.build({ symbol, source: venue, until }, { signal, deadlineMs: BUILD_MS });
    const closed = built.filter((each) => each.closed > 0).map((each) => `${each.closed} of ${each.interval}`);
    if (closed.length > 0) notes.push(`closed candles: ${closed.join(', ')}`);
  }
  const { inserted, duplicates, rejected } = counts;
  return { of: `trades of ${symbol}, venue ${venue}`, inserted, duplicates, rejected, notes };
}

const toTrade = ({ id, at, price, quantity, taker }: AggTrade): TradeInput => ({
  tradeId: id,
  eventAt: at,
  price,
  quantity,
  takerSide: taker,
});
