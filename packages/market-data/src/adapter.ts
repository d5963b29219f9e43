import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { archiveLive } from './archiving/archive-live.worker.ts';
import { LiveArchive } from './archiving/live-archive.ts';
import { CandleRepository } from './candles/candles.repository.ts';
import type { Candles } from './candles/candles.ts';
import { closeCandles } from './candles/close-candles.worker.ts';
import { recomputeCandles } from './candles/recompute-candles.worker.ts';
import { CorrelationRepository } from './correlations/correlations.repository.ts';
import type { Correlations } from './correlations/correlations.ts';
import { CoverageRepository } from './quality/coverage.repository.ts';
import type { CoveragePort } from './quality/coverage.ts';
import { QualityRepository } from './quality/quality.repository.ts';
import type { Quality } from './quality/quality.ts';
import { definition } from './definition.ts';
import { InstrumentRepository } from './instruments/instruments.repository.ts';
import type { Instruments } from './instruments/instruments.ts';
import { endManipulations } from './manipulations/end-manipulations.worker.ts';
import { ManipulationRepository } from './manipulations/manipulations.repository.ts';
import type { Manipulations } from './manipulations/manipulations.ts';
import { OrderBookRepository } from './order-books/order-books.repository.ts';
import { OrderBookStore } from './order-books/order-books.store.ts';
import type { OrderBooks } from './order-books/order-books.ts';
import { PriceRepository } from './prices/prices.repository.ts';
import { PriceStore } from './prices/prices.store.ts';
import type { Prices } from './prices/prices.ts';
import { TickArchive } from './prices/tick-archive.ts';
import { QuoteRepository } from './quotes/quotes.repository.ts';
import { QuoteStore } from './quotes/quotes.store.ts';
import type { Quotes } from './quotes/quotes.ts';
import { RetentionRepository } from './retention/retention.repository.ts';
import type { Retention } from './retention/retention.ts';
import { retireMonths } from './retention/retire-months.worker.ts';
import { ScenarioRunRepository } from './scenarios/scenario-runs.repository.ts';
import type { ScenarioRuns } from './scenarios/scenario-runs.ts';
import { ScenarioRepository } from './scenarios/scenarios.repository.ts';
import type { Scenarios } from './scenarios/scenarios.ts';
import { TradeRepository } from './trades/trades.repository.ts';
import type { Trades } from './trades/trades.ts';

/** The data of a market: what is traded, at which prices, and what is known of it. */
export interface MarketDataAdapter extends BaseAdapter {
  readonly instruments: Instruments;
  readonly prices: Prices;
  readonly quotes: Quotes;
  readonly orderBooks: OrderBooks;
  readonly trades: Trades;
  readonly candles: Candles;
  readonly coverage: CoveragePort;
  readonly quality: Quality;
  readonly retention: Retention;
  readonly scenarios: Scenarios;
  readonly scenarioRuns: ScenarioRuns;
  readonly manipulations: Manipulations;
  readonly correlations: Correlations;
}

/**
 * Opens the adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createMarketDataAdapter = Object.assign(
  (options?: AdapterOptions): MarketDataAdapter => {
    const { context, keys, epoch, relay, leases, inbox, mount } = openAdapter({
      ...definition,
      options,
      redisFirst: true,
      partitioned: ['trades', 'candles', 'price_ticks', 'quote_minutes'],
    });
    const instruments = new InstrumentRepository(context);
    const candles = new CandleRepository(context, instruments);
    const coverage = new CoverageRepository(context, instruments);
    const quality = new QualityRepository(context, instruments, coverage);
    const retention = new RetentionRepository(context);
    const tickArchive = new TickArchive(context);
    const ticks = new LiveArchive(context, leases, {
      name: 'ticks',
      key: keys.price,
      store: (...entries) => tickArchive.store(...entries),
    });
    const prices = new PriceStore(context, {
      epoch,
      inbox,
      keys,
      instruments,
      archived: new PriceRepository(context),
      onRecorded: (symbol) => ticks.touch(symbol),
    });
    epoch.onMismatch('prices', (signal) => prices.restore(signal));
    const quoteArchive = new QuoteRepository(context);
    const quoteLog = new LiveArchive(context, leases, {
      name: 'quotes',
      key: keys.quote,
      store: (...entries) => quoteArchive.store(...entries),
    });
    const quotes = new QuoteStore(context, {
      epoch,
      key: keys.quote,
      instruments,
      archived: quoteArchive,
      onRecorded: (symbol) => quoteLog.touch(symbol),
    });
    epoch.onMismatch('quotes', (signal) => quotes.restore(signal));
    const bookArchive = new OrderBookRepository(context);
    const bookLog = new LiveArchive(context, leases, {
      name: 'books',
      key: keys.book,
      store: (tx, symbol, entries) => bookArchive.store(tx, symbol, entries),
    });
    const orderBooks = new OrderBookStore(context, {
      epoch,
      key: keys.book,
      instruments,
      archived: bookArchive,
      onRecorded: (symbol) => bookLog.touch(symbol),
    });
    const manipulations = new ManipulationRepository(context, epoch, keys.manipulation, relay.wake);
    epoch.onMismatch('manipulations', (signal) => manipulations.rebuild(signal));
    const scenarioRuns = new ScenarioRunRepository(context, epoch, keys.scenarioRun, relay.wake);
    const base = mount({
      projections: [manipulations.projection, scenarioRuns.projection],
      workers: [
        archiveLive(leases, [ticks, quoteLog, bookLog], {
          symbols: () => instruments.symbols(),
          afterSweep: () => quality.reportLosses(),
        }),
        closeCandles(candles),
        recomputeCandles(candles),
        retireMonths(retention),
        endManipulations(manipulations),
      ],
      flush: [() => prices.close()],
    });
    return {
      ...base,
      instruments,
      prices,
      quotes,
      orderBooks,
      trades: new TradeRepository(context, instruments, (series) => candles.tradesRecorded(series)),
      candles,
      coverage,
      quality,
      retention,
      scenarios: new ScenarioRepository(context),
      scenarioRuns,
      manipulations,
      correlations: new CorrelationRepository(context),
    };
  },
  { definition },
);
