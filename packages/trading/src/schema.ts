// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Decimal, Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface ArchiveGaps {
  series: string;
  after_position: string;
  version: number;
  found_at: Generated<Instant>;
}

export interface ArchiveWatermarks {
  series: string;
  position: string;
  version: Generated<number>;
  updated_at: Generated<Instant>;
}

export interface AttributionRuns {
  id: string;
  owner_kind: 'deployment' | 'backtest' | 'trial';
  owner_id: string;
  dimension: string;
  linking: 'none' | 'carino';
  portfolio_return: number;
  benchmark_return: number;
  active_return: number;
  request_hash: string;
  attributed_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Attributions {
  run_id: string;
  period: number;
  segment: string;
  allocation: number;
  selection: number;
  interaction: number;
}

export interface Backtests {
  id: string;
  identity_hash: string;
  strategy_id: string;
  strategy_version: number;
  engine_version: string;
  data_snapshot: string;
  data_sha256: string;
  from_at: Instant;
  to_at: Instant;
  seed: string;
  cost_model: ColumnType<unknown, string, string>;
  currency: string;
  starting_equity: Decimal;
  code_is_dirty: boolean | null;
  lockfile_hash: string | null;
  host: string | null;
  status: Generated<'running' | 'completed' | 'failed' | 'interrupted'>;
  error: string | null;
  orders: Generated<number>;
  fills: Generated<number>;
  trades: Generated<number>;
  equity_points: Generated<number>;
  is_pruned: Generated<boolean>;
  request_hash: string;
  version: Generated<number>;
  started_at: Instant;
  ended_at: Instant | null;
  created_at: Generated<Instant>;
}

export interface BtEquity {
  backtest_id: string;
  n: number;
  at: Instant;
  equity: Decimal;
  created_at: Instant;
}

export interface BtFills {
  backtest_id: string;
  n: number;
  order_n: number | null;
  symbol: string;
  side: 'buy' | 'sell';
  price: Decimal;
  qty: Decimal;
  fee: Decimal;
  filled_at: Instant;
  created_at: Instant;
}

export interface BtOrders {
  backtest_id: string;
  n: number;
  symbol: string;
  side: 'buy' | 'sell';
  type: 'limit' | 'market' | 'stop' | 'stop-limit';
  qty: Decimal;
  price: Decimal | null;
  filled_qty: Decimal;
  average_price: Decimal | null;
  tag: string | null;
  placed_at: Instant;
  created_at: Instant;
}

export interface BtTrades {
  backtest_id: string;
  n: number;
  symbol: string;
  direction: 'long' | 'short';
  qty: Decimal;
  open_price: Decimal;
  close_price: Decimal;
  fees: Decimal;
  pnl: Decimal;
  tag: string | null;
  exit_reason: string | null;
  opened_at: Instant;
  closed_at: Instant;
  created_at: Instant;
}

export interface DeadLetters {
  consumer: string;
  source: string;
  publish_seq: number;
  event: ColumnType<unknown, string, string>;
  error: string;
  attempts: number;
  failed_at: Generated<Instant>;
  retry_requested_at: Instant | null;
  resolved_at: Instant | null;
}

export interface DeploymentEvents {
  deployment_id: string;
  version: number;
  type: 'created' | 'attached' | 'wished' | 'reported' | 'interrupted';
  desired: 'running' | 'paused' | 'stopped';
  actual: 'pending' | 'starting' | 'running' | 'paused' | 'stopped' | 'interrupted' | 'failed';
  epoch: number;
  reason: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Deployments {
  id: string;
  strategy_id: string;
  strategy_version: number;
  mode: 'live' | 'paper';
  account_id: string;
  venue: string;
  currency: string;
  starting_equity: Decimal;
  position_mode: 'netting' | 'hedging';
  lot_method: 'fifo' | 'lifo' | 'hifo' | 'specific';
  desired: Generated<'running' | 'paused' | 'stopped'>;
  actual: Generated<'pending' | 'starting' | 'running' | 'paused' | 'stopped' | 'interrupted' | 'failed'>;
  reason: string | null;
  epoch: Generated<number>;
  heartbeat_at: Instant | null;
  request_hash: string;
  version: Generated<number>;
  created_at: Instant;
  stopped_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Epoch {
  singleton: Generated<boolean>;
  epoch: string;
  started_at: Generated<Instant>;
}

export interface EquityPoints {
  deployment_id: string;
  at: Instant;
  equity: Decimal;
  cash: Decimal;
  exposure: Decimal;
  net_exposure: Decimal;
  realized: Decimal;
  unrealized: Decimal;
  peak: Decimal;
  drawdown: number;
  recorded_at: Generated<Instant>;
}

export interface FactsBacktests {
  id: ColumnType<string, never, never>;
  identity_hash: ColumnType<string, never, never>;
  strategy_id: ColumnType<string, never, never>;
  strategy_version: ColumnType<number, never, never>;
  status: ColumnType<'running' | 'completed' | 'failed' | 'interrupted', never, never>;
  orders: ColumnType<number, never, never>;
  fills: ColumnType<number, never, never>;
  trades: ColumnType<number, never, never>;
  equity_points: ColumnType<number, never, never>;
  is_pruned: ColumnType<boolean, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsDeployments {
  id: ColumnType<string, never, never>;
  strategy_id: ColumnType<string, never, never>;
  strategy_version: ColumnType<number, never, never>;
  mode: ColumnType<'live' | 'paper', never, never>;
  account_id: ColumnType<string, never, never>;
  venue: ColumnType<string, never, never>;
  position_mode: ColumnType<'netting' | 'hedging', never, never>;
  lot_method: ColumnType<string | null, never, never>;
  desired: ColumnType<string | null, never, never>;
  actual: ColumnType<string | null, never, never>;
  epoch: ColumnType<number, never, never>;
}

export interface FactsEquityPoints {
  deployment_id: ColumnType<string, never, never>;
  at: ColumnType<Instant, never, never>;
  equity: ColumnType<Decimal, never, never>;
  cash: ColumnType<Decimal, never, never>;
  exposure: ColumnType<Decimal, never, never>;
  net_exposure: ColumnType<Decimal, never, never>;
  realized: ColumnType<Decimal, never, never>;
  unrealized: ColumnType<Decimal, never, never>;
  peak: ColumnType<Decimal, never, never>;
  drawdown: ColumnType<number, never, never>;
}

export interface FactsEvents {
  id: ColumnType<number, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
  event_id: ColumnType<string, never, never>;
  type: ColumnType<string, never, never>;
  aggregate: ColumnType<string, never, never>;
  aggregate_id: ColumnType<string, never, never>;
  aggregate_version: ColumnType<number, never, never>;
  payload: ColumnType<unknown, never, never>;
  occurred_at: ColumnType<Instant, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  correlation_id: ColumnType<string | null, never, never>;
  causation_id: ColumnType<string | null, never, never>;
  actor: ColumnType<string | null, never, never>;
  run_id: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsFills {
  venue: ColumnType<string, never, never>;
  trade_id: ColumnType<string, never, never>;
  order_id: ColumnType<string, never, never>;
  deployment_id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  leg: ColumnType<string | null, never, never>;
  trade_seq: ColumnType<number, never, never>;
  price: ColumnType<Decimal, never, never>;
  qty: ColumnType<Decimal, never, never>;
  quote_qty: ColumnType<Decimal, never, never>;
  fee: ColumnType<Decimal, never, never>;
  fee_asset: ColumnType<string, never, never>;
  fee_quote: ColumnType<Decimal | null, never, never>;
  matched_at: ColumnType<Instant, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsLotMatches {
  position_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  lot_n: ColumnType<number, never, never>;
  trade_id: ColumnType<string, never, never>;
  order_id: ColumnType<string, never, never>;
  kind: ColumnType<'trade' | 'fee', never, never>;
  method: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  open_price: ColumnType<Decimal, never, never>;
  close_price: ColumnType<Decimal, never, never>;
  pnl: ColumnType<Decimal, never, never>;
}

export interface FactsLots {
  position_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  trade_id: ColumnType<string, never, never>;
  order_id: ColumnType<string, never, never>;
  price: ColumnType<Decimal, never, never>;
  qty: ColumnType<Decimal, never, never>;
  remaining: ColumnType<Decimal, never, never>;
}

export interface FactsMetrics {
  owner_kind: ColumnType<string | null, never, never>;
  owner_id: ColumnType<string, never, never>;
  name: ColumnType<string, never, never>;
  step: ColumnType<number, never, never>;
  value: ColumnType<number | null, never, never>;
  reason: ColumnType<string | null, never, never>;
}

export interface FactsOrders {
  id: ColumnType<string, never, never>;
  deployment_id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  type: ColumnType<string | null, never, never>;
  status: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  cum_qty: ColumnType<Decimal, never, never>;
  leaves_qty: ColumnType<Decimal, never, never>;
  filled_qty: ColumnType<Decimal, never, never>;
  filled_quote: ColumnType<Decimal, never, never>;
  venue_version: ColumnType<number, never, never>;
  check_id: ColumnType<string | null, never, never>;
  submitted_at: ColumnType<Instant, never, never>;
  closed_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsPositionAdjustments {
  reference: ColumnType<string, never, never>;
  position_id: ColumnType<string, never, never>;
  kind: ColumnType<'funding' | 'commission' | 'correction', never, never>;
  amount: ColumnType<Decimal, never, never>;
  adjusted_at: ColumnType<Instant, never, never>;
}

export interface FactsPositions {
  id: ColumnType<string, never, never>;
  deployment_id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  leg: ColumnType<string | null, never, never>;
  cycle: ColumnType<number, never, never>;
  direction: ColumnType<'long' | 'short', never, never>;
  qty: ColumnType<Decimal, never, never>;
  cost: ColumnType<Decimal, never, never>;
  open_qty: ColumnType<Decimal, never, never>;
  open_quote: ColumnType<Decimal, never, never>;
  close_qty: ColumnType<Decimal, never, never>;
  close_quote: ColumnType<Decimal, never, never>;
  realized: ColumnType<Decimal, never, never>;
  fees: ColumnType<Decimal, never, never>;
  unconverted_fees: ColumnType<number, never, never>;
  adjustments: ColumnType<Decimal, never, never>;
  last_trade_seq: ColumnType<number, never, never>;
  is_void: ColumnType<boolean, never, never>;
  version: ColumnType<number, never, never>;
  opened_at: ColumnType<Instant, never, never>;
  closed_at: ColumnType<Instant | null, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsQuarantinedFills {
  venue: ColumnType<string, never, never>;
  trade_id: ColumnType<string, never, never>;
  order_id: ColumnType<string, never, never>;
  content_hash: ColumnType<string, never, never>;
  reason: ColumnType<'unknown-order' | 'other-content' | 'not-of-this-order' | 'overfilled', never, never>;
  resolution: ColumnType<'applied' | 'discarded' | null, never, never>;
  quarantined_at: ColumnType<Instant, never, never>;
  resolved_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsSignals {
  id: ColumnType<string, never, never>;
  deployment_id: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  action: ColumnType<'enter-long' | 'exit-long' | 'enter-short' | 'exit-short' | 'buy' | 'sell' | 'hold', never, never>;
  outcome: ColumnType<'pending' | 'accepted' | 'rejected' | 'expired', never, never>;
  reason: ColumnType<string | null, never, never>;
  check_id: ColumnType<string | null, never, never>;
  signaled_at: ColumnType<Instant, never, never>;
  decided_at: ColumnType<Instant | null, never, never>;
}

export interface FactsStrategies {
  id: ColumnType<string, never, never>;
  name: ColumnType<string, never, never>;
  kind: ColumnType<'market-making' | 'trend-following' | 'mean-reversion' | 'arbitrage' | 'momentum' | 'custom', never, never>;
  status: ColumnType<'active' | 'paused' | 'retired', never, never>;
  last_version: ColumnType<number, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsStudies {
  study_id: ColumnType<string | null, never, never>;
  status: ColumnType<string | null, never, never>;
  n: ColumnType<number | null, never, never>;
  state: ColumnType<string | null, never, never>;
  claim: ColumnType<number | null, never, never>;
  objectives: ColumnType<number[] | null, never, never>;
  backtest_id: ColumnType<string | null, never, never>;
}

export interface Fills {
  venue: string;
  trade_id: string;
  order_id: string;
  deployment_id: string;
  account_id: string;
  symbol: string;
  side: 'buy' | 'sell';
  leg: 'net' | 'long' | 'short';
  trade_seq: number;
  price: Decimal;
  qty: Decimal;
  quote_qty: Decimal;
  liquidity: 'maker' | 'taker' | null;
  fee: Decimal;
  fee_asset: string;
  fee_quote: Decimal | null;
  fee_rate: Decimal | null;
  fee_rate_source: string | null;
  close_lots: string[];
  tag: string | null;
  exit_reason: string | null;
  content_hash: string;
  matched_at: Instant;
  correlation_id: string | null;
  source: string | null;
  source_seq: number | null;
  recorded_at: Instant;
}

export interface InboxCheckpoints {
  consumer: string;
  source: string;
  publish_seq: number;
  updated_at: Generated<Instant>;
}

export interface Leases {
  name: string;
  holder: string;
  fence: number;
  expires_at: Instant;
}

export interface LotMatches {
  position_id: string;
  n: number;
  lot_n: number;
  trade_id: string;
  order_id: string;
  kind: 'trade' | 'fee';
  method: 'fifo' | 'lifo' | 'hifo' | 'specific';
  qty: Decimal;
  open_price: Decimal;
  close_price: Decimal;
  pnl: Decimal;
  matched_at: Instant;
}

export interface Lots {
  position_id: string;
  n: number;
  trade_id: string;
  order_id: string;
  price: Decimal;
  qty: Decimal;
  remaining: Decimal;
  opened_at: Instant;
}

export interface Marks {
  symbol: string;
  price: Decimal;
  origin: string | null;
  marked_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface MetricLatest {
  owner_kind: 'deployment' | 'backtest' | 'trial';
  owner_id: string;
  name: string;
  step: number;
  at: Instant;
  value: number | null;
  reason: string | null;
  samples: number | null;
  period: string | null;
  periods_per_year: number | null;
  risk_free: number | null;
  return_kind: 'simple' | 'log' | null;
  peak_at: Instant | null;
  trough_at: Instant | null;
  recovered_at: Instant | null;
}

export interface MetricPoints {
  owner_kind: 'deployment' | 'backtest' | 'trial';
  owner_id: string;
  name: string;
  step: number;
  at: Instant;
  value: number | null;
  reason: string | null;
  samples: number | null;
  period: string | null;
  periods_per_year: number | null;
  risk_free: number | null;
  return_kind: 'simple' | 'log' | null;
  peak_at: Instant | null;
  trough_at: Instant | null;
  recovered_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface OrderEvents {
  order_id: string;
  version: number;
  type: 'submitted' | 'updated' | 'filled' | 'cancel-requested' | 'replace-requested' | 'rejected';
  status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match';
  qty: Decimal;
  limit_price: Decimal | null;
  cum_qty: Decimal;
  leaves_qty: Decimal;
  filled_qty: Decimal;
  venue_version: number;
  trade_id: string | null;
  reason: string | null;
  actor: string | null;
  source: string | null;
  source_seq: number | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Orders {
  id: string;
  deployment_id: string;
  account_id: string;
  venue: string;
  symbol: string;
  client_order_id: string | null;
  venue_order_id: string | null;
  signal_id: string | null;
  side: 'buy' | 'sell';
  type: 'limit' | 'market' | 'stop' | 'stop-limit';
  tif: 'gtc' | 'ioc' | 'fok' | 'gtd' | 'day';
  qty: Decimal;
  limit_price: Decimal | null;
  stop_price: Decimal | null;
  quote_budget: Decimal | null;
  leg: 'net' | 'long' | 'short';
  close_lots: Generated<string[]>;
  tag: string | null;
  exit_reason: string | null;
  check_id: string | null;
  valid_until: Instant | null;
  expires_at: Instant | null;
  status: Generated<'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match'>;
  cum_qty: Generated<Decimal>;
  leaves_qty: Decimal;
  venue_version: Generated<number>;
  reason: string | null;
  filled_qty: Generated<Decimal>;
  filled_quote: Generated<Decimal>;
  cancel_requested_at: Instant | null;
  request_hash: string;
  version: Generated<number>;
  submitted_at: Instant;
  closed_at: Instant | null;
  source: string | null;
  source_seq: number | null;
  recorded_at: Generated<Instant>;
}

export interface Outbox {
  id: GeneratedAlways<number>;
  event_id: string;
  type: string;
  schema_version: Generated<number>;
  aggregate: string;
  aggregate_id: string;
  aggregate_version: number;
  payload: ColumnType<unknown, string, string>;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
  trace_id: string | null;
  span_id: string | null;
  correlation_id: string | null;
  causation_id: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  source: string | null;
  source_seq: number | null;
  publish_seq: number | null;
}

export interface ParityRows {
  run_id: string;
  n: number;
  verdict: 'same' | 'different' | 'only-live' | 'only-backtest';
  symbol: string;
  side: 'buy' | 'sell';
  order_id: string | null;
  backtest_n: number | null;
  live_at: Instant | null;
  backtest_at: Instant | null;
  live_qty: Decimal | null;
  backtest_qty: Decimal | null;
  live_price: Decimal | null;
  backtest_price: Decimal | null;
  slippage: number | null;
}

export interface ParityRuns {
  id: string;
  deployment_id: string;
  backtest_id: string;
  from_at: Instant;
  to_at: Instant;
  tolerance_ms: number;
  live: number;
  backtested: number;
  matched: number;
  match_rate: number | null;
  request_hash: string;
  compared_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Partitions {
  table_name: ColumnType<string | null, never, never>;
  partition_name: ColumnType<string | null, never, never>;
  upper_bound: ColumnType<Instant | null, never, never>;
}

export interface PositionAdjustments {
  reference: string;
  position_id: string;
  kind: 'funding' | 'commission' | 'correction';
  amount: Decimal;
  reason: string | null;
  request_hash: string;
  adjusted_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface PositionBooks {
  deployment_id: string;
  account_id: string;
  venue: string;
  symbol: string;
  last_trade_seq: Generated<number>;
  last_order_id: Generated<string>;
  refolds: Generated<number>;
}

export interface PositionEvents {
  position_id: string;
  version: number;
  type: 'opened' | 'increased' | 'reduced' | 'closed' | 'adjusted' | 'folded-again';
  qty: Decimal;
  cost: Decimal;
  realized: Decimal;
  fees: Decimal;
  adjustments: Decimal;
  trade_id: string | null;
  order_id: string | null;
  last_trade_seq: number;
  event_id: string | null;
  source: string | null;
  source_seq: number | null;
  occurred_at: Instant;
  recorded_at: Instant;
}

export interface Positions {
  id: string;
  deployment_id: string;
  account_id: string;
  venue: string;
  symbol: string;
  leg: 'net' | 'long' | 'short';
  cycle: number;
  direction: 'long' | 'short';
  qty: Decimal;
  cost: Decimal;
  open_qty: Decimal;
  open_quote: Decimal;
  close_qty: Decimal;
  close_quote: Decimal;
  peak_qty: Decimal;
  realized: Decimal;
  fees: Decimal;
  unconverted_fees: Generated<number>;
  adjustments: Generated<Decimal>;
  last_lot: Generated<number>;
  last_match: Generated<number>;
  last_trade_seq: number;
  tag: string | null;
  exit_reason: string | null;
  is_void: Generated<boolean>;
  version: number;
  opened_at: Instant;
  closed_at: Instant | null;
  recorded_at: Instant;
}

export interface Publications {
  stream: string;
  last_publish_seq: Generated<number>;
  fence: Generated<number>;
  numbered_id: Generated<number>;
  missing: Generated<string>;
  watched: Generated<string>;
  watched_writers: Generated<string[]>;
  replay_from: number | null;
  replay_until: Instant | null;
}

export interface QuarantinedFills {
  venue: string;
  trade_id: string;
  order_id: string;
  content_hash: string;
  reason: 'unknown-order' | 'other-content' | 'not-of-this-order' | 'overfilled';
  fill: ColumnType<unknown, string, string>;
  quarantined_at: Instant;
  resolved_at: Instant | null;
  resolution: 'applied' | 'discarded' | null;
  note: string | null;
  source: string | null;
  source_seq: number | null;
  recorded_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface Signals {
  id: string;
  deployment_id: string;
  symbol: string;
  bar_at: Instant | null;
  action: 'enter-long' | 'exit-long' | 'enter-short' | 'exit-short' | 'buy' | 'sell' | 'hold';
  qty: Decimal | null;
  price: Decimal | null;
  tag: string | null;
  outcome: 'pending' | 'accepted' | 'rejected' | 'expired';
  reason: string | null;
  check_id: string | null;
  request_hash: string;
  version: Generated<number>;
  signaled_at: Instant;
  decided_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Strategies {
  id: string;
  name: string;
  kind: 'market-making' | 'trend-following' | 'mean-reversion' | 'arbitrage' | 'momentum' | 'custom';
  symbols: string[];
  status: Generated<'active' | 'paused' | 'retired'>;
  last_version: Generated<number>;
  request_hash: string;
  version: Generated<number>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface StrategyEvents {
  strategy_id: string;
  version: number;
  type: 'created' | 'changed' | 'version-published';
  status: 'active' | 'paused' | 'retired';
  last_version: number;
  reason: string | null;
  actor: string | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface StrategyStates {
  deployment_id: string;
  epoch: number;
  sequence: number;
  state: ColumnType<unknown, string, string>;
  version: Generated<number>;
  saved_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface StrategyVersions {
  strategy_id: string;
  version: number;
  code_hash: string;
  params: ColumnType<unknown, string, string>;
  params_hash: string;
  engine_version: string | null;
  max_position: Decimal | null;
  max_daily_loss: Decimal | null;
  max_leverage: Decimal | null;
  published_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Studies {
  id: string;
  strategy_id: string;
  name: string;
  objectives: string[];
  directions: string[];
  status: Generated<'open' | 'closed'>;
  trials: Generated<number>;
  request_hash: string;
  version: Generated<number>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface Trials {
  study_id: string;
  n: number;
  params: ColumnType<unknown, string, string>;
  params_hash: string;
  state: Generated<'waiting' | 'running' | 'completed' | 'failed'>;
  worker: string | null;
  claim: Generated<number>;
  claimed_until: Instant | null;
  objectives: number[] | null;
  backtest_id: string | null;
  error: string | null;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface VenueOrderIds {
  venue: string;
  venue_order_id: string;
  order_id: string;
  venue_version: number;
  recorded_at: Generated<Instant>;
}

export interface Tables {
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  attribution_runs: AttributionRuns;
  attributions: Attributions;
  backtests: Backtests;
  bt_equity: BtEquity;
  bt_fills: BtFills;
  bt_orders: BtOrders;
  bt_trades: BtTrades;
  dead_letters: DeadLetters;
  deployment_events: DeploymentEvents;
  deployments: Deployments;
  epoch: Epoch;
  equity_points: EquityPoints;
  facts_backtests: FactsBacktests;
  facts_checkpoints: FactsCheckpoints;
  facts_deployments: FactsDeployments;
  facts_equity_points: FactsEquityPoints;
  facts_events: FactsEvents;
  facts_fills: FactsFills;
  facts_lot_matches: FactsLotMatches;
  facts_lots: FactsLots;
  facts_metrics: FactsMetrics;
  facts_orders: FactsOrders;
  facts_position_adjustments: FactsPositionAdjustments;
  facts_positions: FactsPositions;
  facts_publications: FactsPublications;
  facts_quarantined_fills: FactsQuarantinedFills;
  facts_signals: FactsSignals;
  facts_strategies: FactsStrategies;
  facts_studies: FactsStudies;
  fills: Fills;
  inbox_checkpoints: InboxCheckpoints;
  leases: Leases;
  lot_matches: LotMatches;
  lots: Lots;
  marks: Marks;
  metric_latest: MetricLatest;
  metric_points: MetricPoints;
  order_events: OrderEvents;
  orders: Orders;
  outbox: Outbox;
  parity_rows: ParityRows;
  parity_runs: ParityRuns;
  partitions: Partitions;
  position_adjustments: PositionAdjustments;
  position_books: PositionBooks;
  position_events: PositionEvents;
  positions: Positions;
  publications: Publications;
  quarantined_fills: QuarantinedFills;
  run_fences: RunFences;
  signals: Signals;
  strategies: Strategies;
  strategy_events: StrategyEvents;
  strategy_states: StrategyStates;
  strategy_versions: StrategyVersions;
  studies: Studies;
  transitions: Transitions;
  trials: Trials;
  venue_order_ids: VenueOrderIds;
}
