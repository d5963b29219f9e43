import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Instant, InvalidInputError, decimal, instant, parseInstant } from '@tse/core';
import type { LoadContext, Loaded } from '@tse/core/admin';
import type { TradingAdapter } from '../adapter.ts';
import type { Metric } from '../performance/performance.ts';
import { cellsOf, separatorOf } from './csv.ts';
import { type ListedTrade, columnsIn, tradeOf } from './trade-list.ts';

const BATCH = 2000;
const MEASURE_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Takes in a bot's exported trade list as a completed backtest of the strategy `given.strategy` and computes its metrics. The run is named
 * by the content of the file and what it was measured with: the same again is the same run.
 */
export async function loadBacktest(trading: TradingAdapter, context: LoadContext): Promise<Loaded> {
  const { path, given, onRead, onRejected, progress, signal } = context;
  const bytes = await readFile(path, { signal });
  const lines = bytes.toString('utf8').split(/\r?\n/);
  const separator = separatorOf(lines[0]!);
  const columns = columnsIn(cellsOf(lines[0]!, separator) ?? []);
  if ('missing' in columns)
    throw invalid(
      'file',
      `its header has no column ${columns.missing.join(', ')}: expected pair, side, amount, open_time, close_time, open_rate, close_rate, fees`,
    );
  const trades: ListedTrade[] = [];
  let rejected = 0;
  let read = 0;
  for (const [i, line] of lines.entries()) {
    read += line.length + 1;
    if (i === 0 || line.trim() === '') continue;
    const trade = tradeOf(line, separator, columns);
    if (typeof trade === 'string') {
      rejected += 1;
      onRejected(i + 1, trade);
    } else trades.push(trade);
    if (i % BATCH === 0) onRead(Math.min(read, bytes.length), bytes.length);
  }
  onRead(bytes.length, bytes.length);
  if (trades.length === 0) throw invalid('file', 'it has no closed trade');
  trades.sort((a, b) => instant.compare(a.closedAt, b.closedAt));

  const { strategyId, startingEquity, from, to, conventions } = settingsOf(given, path, trades);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const symbols = [...new Set(trades.map(({ symbol }) => symbol))].toSorted();
  if ((await trading.strategies.find(strategyId)) === undefined)
    await trading.strategies.create({ strategyId, name: basename(path).slice(0, 200), symbols: symbols.slice(0, 100) });
  const { version } = await trading.strategies.publishVersion({ strategyId, codeHash: 'imported' });
  const { backtest, isReused } = await trading.backtests.start({
    backtestId: `import-${createHash('sha256')
      .update(`${sha256} ${strategyId} ${startingEquity} ${from} ${to} ${JSON.stringify(conventions)}`)
      .digest('hex')
      .slice(0, 32)}`,
    strategyId,
    strategyVersion: version,
    engineVersion: 'import',
    dataSnapshot: basename(path).slice(0, 128),
    dataSha256: sha256,
    from,
    to,
    costModel: { conventions },
    currency: symbols[0]!.split('-')[1]!,
    startingEquity,
  });
  const isNew = backtest.status === 'running' && !isReused;
  if (isNew) {
    progress('trades');
    for (let n = 0; n < trades.length; n += BATCH) {
      signal.throwIfAborted();
      const some = trades.slice(n, n + BATCH).map((trade, i) => ({ n: n + i, ...trade }));
      await trading.backtests.append({ backtestId: backtest.id, trades: some }, { signal });
    }
  }
  progress('metrics');
  const { metrics } = await trading.backtests.complete(
    { backtestId: backtest.id, ...conventions },
    { deadlineMs: MEASURE_MS },
  );
  return {
    of: `backtest ${backtest.id} of ${strategyId}, ${symbols.length === 1 ? symbols[0] : `${symbols.length} markets`}`,
    inserted: isNew ? trades.length : 0,
    duplicates: isNew ? 0 : trades.length,
    rejected,
    notes: isNew ? [] : ['This file is there already: nothing was run again.'],
    figures: Object.fromEntries(metrics.map(({ name, value, reason }: Metric) => [name, value ?? reason!])),
  };
}

function settingsOf(given: LoadContext['given'], path: string, trades: readonly ListedTrade[]) {
  const number = (name: string, otherwise: number): number => {
    const value = given[name] === undefined ? otherwise : Number(given[name]);
    if (Number.isFinite(value)) return value;
    throw invalid(name, 'expected a number');
  };
  const bound = (name: 'from' | 'to', otherwise: Instant): Instant => {
    const text = given[name];
    const value = text === undefined ? otherwise : parseInstant(text.includes('T') ? text : `${text}T00:00:00Z`);
    if (value !== undefined) return value;
    throw invalid(name, 'expected a day or an instant, such as 2026-01-31');
  };
  const opened = trades.reduce((first, { openedAt }) => (openedAt < first ? openedAt : first), trades[0]!.openedAt);
  const closed = trades.at(-1)!.closedAt;
  const from = bound('from', opened);
  // A run takes time: one whose trades all fell in one moment is measured over the day that follows.
  const to = bound('to', closed > from ? closed : instant.plusMillis(from, DAY_MS));
  let startingEquity: string;
  try {
    startingEquity = decimal.of(given['equity'] ?? '10000');
  } catch {
    throw invalid('equity', 'expected a decimal');
  }
  return {
    strategyId:
      given['strategy'] ??
      `import-${basename(path)
        .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
        .slice(0, 57)}`,
    startingEquity,
    from,
    to,
    conventions: { periodsPerYear: number('periods', 365), riskFree: number('risk-free', 0) },
  };
}

const invalid = (path: string, message: string) => new InvalidInputError([{ path, message }]);
