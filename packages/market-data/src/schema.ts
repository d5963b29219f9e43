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

export interface BookDeltas {
  symbol: string;
  seq: number;
  n: number;
  prev_seq: number;
  event_at: Instant;
  side: 'bid' | 'ask';
  price: Decimal;
  qty: Decimal;
  recorded_at: Generated<Instant>;
}

export interface BookSnapshots {
  symbol: string;
  seq: number;
  event_at: Instant;
  bid_prices: string[];
  bid_qtys: string[];
  ask_prices: string[];
  ask_qtys: string[];
  checksum: number;
  derived: boolean;
  recorded_at: Generated<Instant>;
}

export interface CandleDirty {
  symbol: string;
  interval: string;
  price_type: 'trade' | 'bid' | 'ask' | 'mid' | 'mark';
  source: string;
  open_time: Instant;
  marked_at: Generated<Instant>;
}

export interface CandleRevisions {
  symbol: string;
  interval: string;
  price_type: 'trade' | 'bid' | 'ask' | 'mid' | 'mark';
  source: string;
  open_time: Instant;
  revision: number;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  open_at: Instant | null;
  high_at: Instant | null;
  low_at: Instant | null;
  close_at: Instant | null;
  base_volume: Decimal;
  quote_volume: Decimal | null;
  taker_base_volume: Decimal | null;
  taker_quote_volume: Decimal | null;
  trade_count: number | null;
  is_closed: boolean;
  recorded_at: Instant;
  replaced_at: Instant;
}

export interface CandleWatermarks {
  symbol: string;
  interval: string;
  price_type: 'trade' | 'bid' | 'ask' | 'mid' | 'mark';
  source: string;
  closed_until: Instant | null;
  version: Generated<number>;
  updated_at: Generated<Instant>;
}

export interface Candles {
  symbol: string;
  interval: string;
  price_type: 'trade' | 'bid' | 'ask' | 'mid' | 'mark';
  source: string;
  open_time: Instant;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  open_at: Instant | null;
  high_at: Instant | null;
  low_at: Instant | null;
  close_at: Instant | null;
  base_volume: Decimal;
  quote_volume: Decimal | null;
  taker_base_volume: Decimal | null;
  taker_quote_volume: Decimal | null;
  trade_count: number | null;
  is_closed: Generated<boolean>;
  revision: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface CorrelationPartials {
  first_symbol: string;
  second_symbol: string;
  interval: string;
  source: string;
  bucket: Instant;
  n: number;
  mean_first: number;
  mean_second: number;
  squares_first: number;
  squares_second: number;
  products: number;
  revision: Generated<number>;
  as_of: Instant;
  recorded_at: Generated<Instant>;
}

export interface CorrelationTargetSets {
  id: string;
  symbols: string[];
  scenario_id: string | null;
  scenario_version: number | null;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CorrelationTargets {
  set_id: string;
  first_symbol: string;
  second_symbol: string;
  target: number;
}

export interface Coverage {
  symbol: string;
  kind: 'trades' | 'candles' | 'ticks' | 'quotes' | 'book';
  source: string;
  interval: Generated<string>;
  price_type: Generated<string>;
  covered: string;
  updated_at: Generated<Instant>;
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

export interface Epoch {
  singleton: Generated<boolean>;
  epoch: string;
  started_at: Generated<Instant>;
}

export interface FactsArchiveGaps {
  series: ColumnType<string, never, never>;
  after_position: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  found_at: ColumnType<Instant, never, never>;
}

export interface FactsCandleDirty {
  symbol: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  price_type: ColumnType<string | null, never, never>;
  source: ColumnType<string, never, never>;
  open_time: ColumnType<Instant, never, never>;
}

export interface FactsCandleRevisions {
  symbol: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  price_type: ColumnType<string | null, never, never>;
  source: ColumnType<string, never, never>;
  open_time: ColumnType<Instant, never, never>;
  revision: ColumnType<number, never, never>;
  open: ColumnType<Decimal, never, never>;
  high: ColumnType<Decimal, never, never>;
  low: ColumnType<Decimal, never, never>;
  close: ColumnType<Decimal, never, never>;
  base_volume: ColumnType<Decimal, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  replaced_at: ColumnType<Instant, never, never>;
}

export interface FactsCandleWatermarks {
  symbol: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  price_type: ColumnType<string | null, never, never>;
  source: ColumnType<string, never, never>;
  closed_until: ColumnType<Instant | null, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsCandles {
  symbol: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  price_type: ColumnType<string | null, never, never>;
  source: ColumnType<string, never, never>;
  open_time: ColumnType<Instant, never, never>;
  open: ColumnType<Decimal, never, never>;
  high: ColumnType<Decimal, never, never>;
  low: ColumnType<Decimal, never, never>;
  close: ColumnType<Decimal, never, never>;
  open_at: ColumnType<Instant | null, never, never>;
  high_at: ColumnType<Instant | null, never, never>;
  low_at: ColumnType<Instant | null, never, never>;
  close_at: ColumnType<Instant | null, never, never>;
  base_volume: ColumnType<Decimal, never, never>;
  quote_volume: ColumnType<Decimal | null, never, never>;
  taker_base_volume: ColumnType<Decimal | null, never, never>;
  taker_quote_volume: ColumnType<Decimal | null, never, never>;
  trade_count: ColumnType<number | null, never, never>;
  is_closed: ColumnType<boolean, never, never>;
  revision: ColumnType<number, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsCorrelationPartials {
  first_symbol: ColumnType<string, never, never>;
  second_symbol: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  bucket: ColumnType<Instant, never, never>;
  n: ColumnType<number, never, never>;
  mean_first: ColumnType<number, never, never>;
  mean_second: ColumnType<number, never, never>;
  squares_first: ColumnType<number, never, never>;
  squares_second: ColumnType<number, never, never>;
  products: ColumnType<number, never, never>;
  revision: ColumnType<number, never, never>;
  as_of: ColumnType<Instant, never, never>;
}

export interface FactsCorrelationTargets {
  set_id: ColumnType<string, never, never>;
  first_symbol: ColumnType<string, never, never>;
  second_symbol: ColumnType<string, never, never>;
  target: ColumnType<number, never, never>;
}

export interface FactsCoverage {
  symbol: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  source: ColumnType<string, never, never>;
  interval: ColumnType<string, never, never>;
  price_type: ColumnType<string, never, never>;
  covered: ColumnType<string, never, never>;
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

export interface FactsInstruments {
  symbol: ColumnType<string, never, never>;
  base: ColumnType<string, never, never>;
  quote: ColumnType<string, never, never>;
  tick_size: ColumnType<Decimal, never, never>;
  price_scale: ColumnType<number, never, never>;
  step_size: ColumnType<Decimal, never, never>;
  qty_scale: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsIntervals {
  name: ColumnType<string, never, never>;
  unit: ColumnType<string | null, never, never>;
  seconds: ColumnType<number | null, never, never>;
  origin: ColumnType<Instant, never, never>;
  time_zone: ColumnType<string, never, never>;
  rolled_from: ColumnType<string | null, never, never>;
}

export interface FactsManipulationTransitions {
  manipulation_id: ColumnType<string | null, never, never>;
  version: ColumnType<number | null, never, never>;
  symbol: ColumnType<string | null, never, never>;
  kind: ColumnType<string | null, never, never>;
  from_state: ColumnType<string | null, never, never>;
  to_state: ColumnType<string | null, never, never>;
  cause: ColumnType<string | null, never, never>;
  run_id: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  occurred_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsManipulations {
  id: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  kind: ColumnType<'price-shift' | 'pump-and-dump' | 'flash-crash' | 'spoofing' | 'layering' | 'wash-trading' | 'spread-widening' | 'liquidity-drain' | 'volatility-spike' | 'stale-feed', never, never>;
  modifier: ColumnType<unknown, never, never>;
  ends_at: ColumnType<Instant | null, never, never>;
  state: ColumnType<'planned' | 'injecting' | 'active' | 'paused' | 'recovered', never, never>;
  run_id: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  version: ColumnType<number, never, never>;
  planned_at: ColumnType<Instant, never, never>;
  changed_at: ColumnType<Instant, never, never>;
}

export interface FactsPriceCauses {
  run_id: ColumnType<string, never, never>;
  seq: ColumnType<number, never, never>;
  n: ColumnType<number, never, never>;
  symbol: ColumnType<string, never, never>;
  kind: ColumnType<'drift' | 'noise' | 'jump' | 'reversion' | 'scenario' | 'correlation' | 'manipulation' | 'trade', never, never>;
  cause_id: ColumnType<string | null, never, never>;
  delta: ColumnType<Decimal, never, never>;
}

export interface FactsPriceMoves {
  run_id: ColumnType<string | null, never, never>;
  seq: ColumnType<number | null, never, never>;
  symbol: ColumnType<string | null, never, never>;
  price_before: ColumnType<Decimal | null, never, never>;
  price: ColumnType<Decimal | null, never, never>;
  event_at: ColumnType<Instant | null, never, never>;
  chain_hash: ColumnType<string | null, never, never>;
  explained: ColumnType<string | null, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsScenarioRuns {
  id: ColumnType<string, never, never>;
  scenario_id: ColumnType<string, never, never>;
  scenario_version: ColumnType<number, never, never>;
  seed: ColumnType<string, never, never>;
  parent_id: ColumnType<string | null, never, never>;
  fork_seq: ColumnType<number | null, never, never>;
  state: ColumnType<'running' | 'paused' | 'completed' | 'failed' | 'stopped', never, never>;
  last_seq: ColumnType<number, never, never>;
  price_hash: ColumnType<string | null, never, never>;
  run_id: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  version: ColumnType<number, never, never>;
  started_at: ColumnType<Instant, never, never>;
  changed_at: ColumnType<Instant, never, never>;
}

export interface FactsTicks {
  symbol: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  event_at: ColumnType<Instant, never, never>;
  seq: ColumnType<number, never, never>;
  price: ColumnType<Decimal, never, never>;
  bid: ColumnType<Decimal | null, never, never>;
  ask: ColumnType<Decimal | null, never, never>;
}

export interface FactsTradeSeries {
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  trade_count: ColumnType<number, never, never>;
  first_event_at: ColumnType<Instant | null, never, never>;
  last_event_at: ColumnType<Instant | null, never, never>;
}

export interface FactsTrades {
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  event_at: ColumnType<Instant, never, never>;
  venue_trade_id: ColumnType<string, never, never>;
  seq: ColumnType<number, never, never>;
  price: ColumnType<Decimal, never, never>;
  qty: ColumnType<Decimal, never, never>;
  quote_qty: ColumnType<Decimal, never, never>;
  taker_side: ColumnType<string | null, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface InboxCheckpoints {
  consumer: string;
  source: string;
  publish_seq: number;
  updated_at: Generated<Instant>;
}

export interface InstrumentStatusChanges {
  symbol: string;
  version: number;
  prev_status: 'active' | 'inactive' | 'delisted' | null;
  status: 'active' | 'inactive' | 'delisted';
  reason: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Instruments {
  symbol: string;
  base: string;
  quote: string;
  tick_size: Decimal;
  price_scale: GeneratedAlways<number>;
  step_size: Decimal;
  qty_scale: GeneratedAlways<number>;
  min_notional: Decimal;
  name: string | null;
  status: 'active' | 'inactive' | 'delisted';
  version: Generated<number>;
  request_hash: string;
  registered_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Intervals {
  name: string;
  unit: 'fixed' | 'day' | 'week' | 'month';
  step: unknown;
  origin: Generated<Instant>;
  time_zone: Generated<string>;
  rolled_from: string | null;
  recorded_at: Generated<Instant>;
}

export interface LastTicks {
  symbol: string;
  source: string;
  event_at: Instant;
  seq: number;
  price: Decimal;
  bid: Decimal | null;
  ask: Decimal | null;
}

export interface Leases {
  name: string;
  holder: string;
  fence: number;
  expires_at: Instant;
}

export interface ManipulatedSymbols {
  symbol: string;
  version: Generated<number>;
}

export interface ManipulationTransitions {
  manipulation_id: string;
  version: number;
  from_state: 'planned' | 'injecting' | 'active' | 'paused' | null;
  to_state: 'planned' | 'injecting' | 'active' | 'paused' | 'recovered';
  cause: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Manipulations {
  id: string;
  symbol: string;
  kind: 'price-shift' | 'pump-and-dump' | 'flash-crash' | 'spoofing' | 'layering' | 'wash-trading' | 'spread-widening' | 'liquidity-drain' | 'volatility-spike' | 'stale-feed';
  modifier: ColumnType<unknown, string, string>;
  ends_at: Instant | null;
  state: Generated<'planned' | 'injecting' | 'active' | 'paused' | 'recovered'>;
  run_id: string | null;
  fence: number | null;
  version: Generated<number>;
  request_hash: string;
  planned_at: Instant;
  changed_at: Instant;
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

export interface Partitions {
  table_name: ColumnType<string | null, never, never>;
  partition_name: ColumnType<string | null, never, never>;
  upper_bound: ColumnType<Instant | null, never, never>;
}

export interface PriceCauses {
  run_id: string;
  seq: number;
  n: number;
  symbol: string;
  kind: 'drift' | 'noise' | 'jump' | 'reversion' | 'scenario' | 'correlation' | 'manipulation' | 'trade';
  cause_id: string | null;
  delta: Decimal;
}

export interface PriceMoves {
  run_id: string;
  seq: number;
  symbol: string;
  price_before: Decimal;
  price: Decimal;
  chain_hash: Buffer;
  event_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface PriceTicks {
  symbol: string;
  source: string;
  event_at: Instant;
  seq: number;
  price: Decimal;
  bid: Decimal | null;
  ask: Decimal | null;
  recorded_at: Generated<Instant>;
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

export interface QualityFindings {
  id: string;
  symbol: string;
  kind: 'gap' | 'lost' | 'outlier' | 'negative-spread' | 'stale' | 'out-of-order' | 'zero-price';
  series: string;
  during: string;
  evidence: ColumnType<unknown, string | undefined, string>;
  found_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface QuoteMinutes {
  symbol: string;
  source: string;
  minute: Instant;
  micros: number;
  spread_sum: string;
  mid2_sum: string;
  bid_qty_sum: string;
  ask_qty_sum: string;
  spread_min: Decimal;
  spread_max: Decimal;
  depth_levels: number | null;
  depth_micros: number;
  bid_depth_sum: string;
  ask_depth_sum: string;
  quote_count: number;
  crossed_count: number;
}

export interface QuoteStates {
  symbol: string;
  source: string;
  event_at: Instant;
  seq: number;
  bid: Decimal;
  bid_qty: Decimal;
  ask: Decimal;
  ask_qty: Decimal;
  depth_levels: number | null;
  bid_depth: Decimal | null;
  ask_depth: Decimal | null;
}

export interface RetentionPolicies {
  table_name: 'trades' | 'candles' | 'price_ticks' | 'quote_minutes';
  keep_days: number;
  version: Generated<number>;
  updated_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface ScenarioCheckpoints {
  run_id: string;
  seq: number;
  random_state: string;
  recorded_at: Generated<Instant>;
}

export interface ScenarioRunPrices {
  run_id: string;
  symbol: string;
  price: Decimal;
  seq: number;
}

export interface ScenarioRuns {
  id: string;
  scenario_id: string;
  scenario_version: number;
  seed: string;
  parent_id: string | null;
  fork_seq: number | null;
  state: Generated<'running' | 'paused' | 'completed' | 'failed' | 'stopped'>;
  reason: string | null;
  last_seq: Generated<number>;
  price_hash: Buffer;
  run_id: string | null;
  fence: number | null;
  request_hash: string;
  version: Generated<number>;
  started_at: Instant;
  changed_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface ScenarioVersions {
  scenario_id: string;
  version: number;
  spec: ColumnType<unknown, string, string>;
  spec_hash: string;
  schema_version: Generated<number>;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Scenarios {
  id: string;
  name: string;
  active_version: number;
  last_version: number;
  recorded_at: Generated<Instant>;
}

export interface TradeSeries {
  venue: string;
  symbol: string;
  version: Generated<number>;
  trade_count: Generated<number>;
  first_event_at: Instant | null;
  last_event_at: Instant | null;
}

export interface Trades {
  venue: string;
  symbol: string;
  event_at: Instant;
  venue_trade_id: string;
  seq: Generated<number>;
  price: Decimal;
  qty: Decimal;
  quote_qty: Decimal;
  taker_side: 'buy' | 'sell' | null;
  recorded_at: Instant;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface Tables {
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  book_deltas: BookDeltas;
  book_snapshots: BookSnapshots;
  candle_dirty: CandleDirty;
  candle_revisions: CandleRevisions;
  candle_watermarks: CandleWatermarks;
  candles: Candles;
  correlation_partials: CorrelationPartials;
  correlation_target_sets: CorrelationTargetSets;
  correlation_targets: CorrelationTargets;
  coverage: Coverage;
  dead_letters: DeadLetters;
  epoch: Epoch;
  facts_archive_gaps: FactsArchiveGaps;
  facts_candle_dirty: FactsCandleDirty;
  facts_candle_revisions: FactsCandleRevisions;
  facts_candle_watermarks: FactsCandleWatermarks;
  facts_candles: FactsCandles;
  facts_checkpoints: FactsCheckpoints;
  facts_correlation_partials: FactsCorrelationPartials;
  facts_correlation_targets: FactsCorrelationTargets;
  facts_coverage: FactsCoverage;
  facts_events: FactsEvents;
  facts_instruments: FactsInstruments;
  facts_intervals: FactsIntervals;
  facts_manipulation_transitions: FactsManipulationTransitions;
  facts_manipulations: FactsManipulations;
  facts_price_causes: FactsPriceCauses;
  facts_price_moves: FactsPriceMoves;
  facts_publications: FactsPublications;
  facts_scenario_runs: FactsScenarioRuns;
  facts_ticks: FactsTicks;
  facts_trade_series: FactsTradeSeries;
  facts_trades: FactsTrades;
  inbox_checkpoints: InboxCheckpoints;
  instrument_status_changes: InstrumentStatusChanges;
  instruments: Instruments;
  intervals: Intervals;
  last_ticks: LastTicks;
  leases: Leases;
  manipulated_symbols: ManipulatedSymbols;
  manipulation_transitions: ManipulationTransitions;
  manipulations: Manipulations;
  outbox: Outbox;
  partitions: Partitions;
  price_causes: PriceCauses;
  price_moves: PriceMoves;
  price_ticks: PriceTicks;
  publications: Publications;
  quality_findings: QualityFindings;
  quote_minutes: QuoteMinutes;
  quote_states: QuoteStates;
  retention_policies: RetentionPolicies;
  run_fences: RunFences;
  scenario_checkpoints: ScenarioCheckpoints;
  scenario_run_prices: ScenarioRunPrices;
  scenario_runs: ScenarioRuns;
  scenario_versions: ScenarioVersions;
  scenarios: Scenarios;
  trade_series: TradeSeries;
  trades: Trades;
  transitions: Transitions;
}
