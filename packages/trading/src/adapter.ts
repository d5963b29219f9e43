import { type AdapterOptions, type BaseAdapter, CopyStore, openAdapter } from '@tse/core';
import { BacktestRepository } from './backtests/backtests.repository.ts';
import type { Backtests } from './backtests/backtests.ts';
import { ProgressStore } from './backtests/progress.store.ts';
import { definition } from './definition.ts';
import { DeploymentRepository } from './deployments/deployments.repository.ts';
import type { Deployments, StrategyState } from './deployments/deployments.ts';
import { FillRepository } from './fills/fills.repository.ts';
import type { Fills } from './fills/fills.ts';
import { quarantineCheck } from './fills/quarantine-check.ts';
import { retryQuarantinedFills } from './fills/retry-quarantined-fills.worker.ts';
import { OrderRepository } from './orders/orders.repository.ts';
import type { Order, Orders } from './orders/orders.ts';
import { PerformanceRepository } from './performance/performance.repository.ts';
import type { Performance } from './performance/performance.ts';
import { PortfolioRepository } from './portfolio/portfolio.repository.ts';
import type { EquityPoint, Portfolio } from './portfolio/portfolio.ts';
import { thinEquity } from './portfolio/thin-equity.worker.ts';
import { PositionRepository } from './positions/positions.repository.ts';
import type { Position, Positions } from './positions/positions.ts';
import { SignalRepository } from './signals/signals.repository.ts';
import type { Signals } from './signals/signals.ts';
import { StrategyRepository } from './strategies/strategies.repository.ts';
import type { Strategies } from './strategies/strategies.ts';
import { ParityRepository } from './studies/parity.repository.ts';
import { StudyRepository } from './studies/studies.repository.ts';
import type { Studies } from './studies/studies.ts';

/** The data of a trading engine. */
export interface TradingAdapter extends BaseAdapter {
  readonly strategies: Strategies;
  readonly deployments: Deployments;
  readonly signals: Signals;
  readonly orders: Orders;
  readonly fills: Fills;
  readonly positions: Positions;
  readonly portfolio: Portfolio;
  readonly performance: Performance;
  readonly backtests: Backtests;
  readonly studies: Studies;
}

/**
 * Opens the trading engine's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createTradingAdapter = Object.assign(
  (options?: AdapterOptions): TradingAdapter => {
    const { context, keys, mount } = openAdapter({
      ...definition,
      options,
      partitioned: ['bt_orders', 'bt_fills', 'bt_trades', 'bt_equity'],
    });

    const states = new CopyStore<StrategyState>(context, keys.strategyState);
    const workingOrders = new CopyStore<Order>(context, keys.workingOrders);
    const openPositions = new CopyStore<Position>(context, keys.position);
    const points = new CopyStore<EquityPoint>(context, keys.portfolio);
    const portfolio = new PortfolioRepository(context, points);
    const deployments = new DeploymentRepository(context, states);
    const orders = new OrderRepository(context, workingOrders);
    const positions = new PositionRepository(context, openPositions);
    const fills = new FillRepository(context, workingOrders, openPositions);

    const base = mount({
      workers: [retryQuarantinedFills(fills), thinEquity(portfolio)],
      checks: [quarantineCheck(fills)],
      projections: [deployments, orders, positions, portfolio].map(({ projection }) => projection),
      flush: [states, workingOrders, openPositions, points].map((copies) => () => copies.close()),
    });
    return {
      ...base,
      strategies: new StrategyRepository(context),
      deployments,
      signals: new SignalRepository(context),
      orders,
      fills,
      positions,
      portfolio,
      performance: new PerformanceRepository(context),
      backtests: new BacktestRepository(context, new ProgressStore(context, keys.backtestProgress)),
      studies: new StudyRepository(context, new ParityRepository(context)),
    };
  },
  { definition },
);
