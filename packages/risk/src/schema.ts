// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Decimal, Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AlertLog {
  alert_id: string;
  version: number;
  type: 'opened' | 'fired' | 'repeated' | 'severity-changed' | 'recovering' | 'acknowledged' | 'acknowledgement-expired' | 'snoozed' | 'escalated' | 'notification-suppressed' | 'closed';
  state: 'pending' | 'firing' | 'recovering' | 'closed';
  severity: 'low' | 'medium' | 'high' | 'critical';
  details: ColumnType<unknown, string | undefined, string>;
  actor: string | null;
  actor_kind: 'person' | 'monitor';
  event_id: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Alerts {
  id: string;
  dedup_key: string;
  kind: 'breach' | 'no-data' | 'manual';
  state: 'pending' | 'firing' | 'recovering' | 'closed';
  severity: 'low' | 'medium' | 'high' | 'critical';
  summary: string;
  labels: ColumnType<unknown, string, string>;
  policy_id: string | null;
  steps: ColumnType<unknown, string, string>;
  repeats: number | null;
  count: Generated<number>;
  opened_at: Instant;
  fired_at: Instant | null;
  recovering_since: Instant | null;
  acknowledged_at: Instant | null;
  acknowledged_by: string | null;
  acknowledged_until: Instant | null;
  snoozed_until: Instant | null;
  escalated: Generated<number>;
  closed_at: Instant | null;
  close_reason: string | null;
  request_hash: string | null;
  run_id: string | null;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

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

export interface BreachEvents {
  breach_id: string;
  version: number;
  type: 'opened' | 'worsened' | 'improved' | 'cleared';
  severity: 'low' | 'medium' | 'high' | 'critical';
  observed: string;
  limit_version: number;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Breaches {
  id: string;
  limit_id: string;
  limit_version: number;
  scope: string;
  subject: string;
  severity: 'low' | 'medium' | 'high' | 'critical';
  observed: string;
  peak: string;
  limit_value: string;
  alert_id: string;
  opened_at: Instant;
  cleared_at: Instant | null;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface CashMovements {
  id: string;
  account_id: string;
  kind: 'deposit' | 'withdrawal' | 'transfer' | 'adjustment' | 'reversal' | 'funding';
  asset: string;
  amount: Decimal;
  moved_at: Instant;
  request_hash: string;
  source: string | null;
  source_seq: number | null;
  recorded_at: Generated<Instant>;
}

export interface CheckResults {
  check_id: string;
  n: number;
  limit_id: string;
  limit_version: number;
  observed: string | null;
  limit_value: string | null;
  outcome: string;
}

export interface Checks {
  id: string;
  order_id: string;
  attempt: number;
  account_id: string;
  strategy_id: string | null;
  venue: string;
  symbol: string;
  side: 'buy' | 'sell';
  qty: Decimal;
  price: Decimal | null;
  decision: 'allow' | 'deny';
  code: string;
  binding_limit_id: string | null;
  binding_limit_version: number | null;
  observed: string | null;
  limit_value: string | null;
  marks: ColumnType<unknown, string | undefined, string>;
  valid_until: Instant | null;
  request_hash: string;
  event_id: string;
  run_id: string | null;
  source: string | null;
  source_seq: number | null;
  decided_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface ComplianceReports {
  id: string;
  kind: 'daily-summary' | 'breach-history' | 'limit-changes' | 'decisions';
  from_at: Instant;
  until_at: Instant;
  watermark: Instant;
  body: string;
  sha256: string;
  request_hash: string;
  generated_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CurrentLimits {
  id: ColumnType<string, never, never>;
  metric: ColumnType<'price-deviation' | 'order-quantity' | 'order-value' | 'order-rate' | 'daily-quantity' | 'daily-value' | 'position' | 'gross-exposure' | 'net-exposure' | 'concentration' | 'leverage' | 'daily-loss' | 'drawdown' | 'open-orders' | 'open-positions' | 'value-at-risk', never, never>;
  scope: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  enabled: ColumnType<boolean, never, never>;
  warn: ColumnType<Decimal | null, never, never>;
  soft: ColumnType<Decimal | null, never, never>;
  hard: ColumnType<Decimal | null, never, never>;
  recover: ColumnType<Decimal | null, never, never>;
  window_ms: ColumnType<number | null, never, never>;
  time_zone: ColumnType<string, never, never>;
  currency: ColumnType<string, never, never>;
  max_price_age_ms: ColumnType<number, never, never>;
  for_ms: ColumnType<number, never, never>;
  keep_firing_ms: ColumnType<number, never, never>;
  escalate_after_ms: ColumnType<number, never, never>;
  policy_id: ColumnType<string | null, never, never>;
  reason: ColumnType<string | null, never, never>;
  valid_from: ColumnType<Instant, never, never>;
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

export interface EquityPoints {
  scope: string;
  at: Instant;
  equity: string;
  flows: string;
  drawdown: number;
}

export interface EscalationPolicies {
  id: string;
  steps: ColumnType<unknown, string, string>;
  repeats: number | null;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface EscalationStates {
  alert_id: string;
  step: Generated<number>;
  round: Generated<number>;
  next_at: Instant | null;
  version: Generated<number>;
}

export interface Exposures {
  scope: string;
  symbol: string;
  net_qty: Generated<Decimal>;
  cash: Generated<Decimal>;
  buying: Generated<Decimal>;
  selling: Generated<Decimal>;
  open_orders: Generated<number>;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface FactsAlerts {
  id: ColumnType<string, never, never>;
  dedup_key: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  state: ColumnType<string | null, never, never>;
  severity: ColumnType<string | null, never, never>;
  opened_at: ColumnType<Instant, never, never>;
  fired_at: ColumnType<Instant | null, never, never>;
  acknowledged_at: ColumnType<Instant | null, never, never>;
  closed_at: ColumnType<Instant | null, never, never>;
  escalated: ColumnType<number, never, never>;
  run_id: ColumnType<string | null, never, never>;
}

export interface FactsBreaches {
  id: ColumnType<string, never, never>;
  limit_id: ColumnType<string, never, never>;
  limit_version: ColumnType<number, never, never>;
  scope: ColumnType<string | null, never, never>;
  subject: ColumnType<string, never, never>;
  severity: ColumnType<string | null, never, never>;
  observed: ColumnType<string, never, never>;
  peak: ColumnType<string, never, never>;
  limit_value: ColumnType<string, never, never>;
  alert_id: ColumnType<string, never, never>;
  opened_at: ColumnType<Instant, never, never>;
  cleared_at: ColumnType<Instant | null, never, never>;
}

export interface FactsCheckResults {
  check_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  limit_id: ColumnType<string, never, never>;
  limit_version: ColumnType<number, never, never>;
  observed: ColumnType<string | null, never, never>;
  limit_value: ColumnType<string | null, never, never>;
  outcome: ColumnType<string, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsChecks {
  id: ColumnType<string, never, never>;
  order_id: ColumnType<string, never, never>;
  attempt: ColumnType<number, never, never>;
  account_id: ColumnType<string, never, never>;
  strategy_id: ColumnType<string | null, never, never>;
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  price: ColumnType<Decimal | null, never, never>;
  decision: ColumnType<string | null, never, never>;
  code: ColumnType<string, never, never>;
  binding_limit_id: ColumnType<string | null, never, never>;
  binding_limit_version: ColumnType<number | null, never, never>;
  observed: ColumnType<string | null, never, never>;
  limit_value: ColumnType<string | null, never, never>;
  valid_until: ColumnType<Instant | null, never, never>;
  decided_at: ColumnType<Instant, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
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

export interface FactsExposures {
  scope: ColumnType<string | null, never, never>;
  symbol: ColumnType<string, never, never>;
  net_qty: ColumnType<Decimal, never, never>;
  cash: ColumnType<Decimal, never, never>;
  buying: ColumnType<Decimal, never, never>;
  selling: ColumnType<Decimal, never, never>;
  open_orders: ColumnType<number, never, never>;
}

export interface FactsFills {
  venue: ColumnType<string, never, never>;
  fill_id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  strategy_id: ColumnType<string | null, never, never>;
  order_id: ColumnType<string | null, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  price: ColumnType<Decimal, never, never>;
  fee: ColumnType<Decimal, never, never>;
  fee_asset: ColumnType<string | null, never, never>;
  trade_seq: ColumnType<number, never, never>;
  filled_at: ColumnType<Instant, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface FactsHoldings {
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string, never, never>;
  amount: ColumnType<Decimal, never, never>;
  funding: ColumnType<Decimal, never, never>;
}

export interface FactsLimits {
  limit_id: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  metric: ColumnType<string | null, never, never>;
  scope: ColumnType<string | null, never, never>;
  enabled: ColumnType<boolean, never, never>;
  warn: ColumnType<Decimal | null, never, never>;
  soft: ColumnType<Decimal | null, never, never>;
  hard: ColumnType<Decimal | null, never, never>;
  valid_from: ColumnType<Instant, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface FactsMovements {
  id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  kind: ColumnType<'deposit' | 'withdrawal' | 'transfer' | 'adjustment' | 'reversal' | 'funding', never, never>;
  asset: ColumnType<string, never, never>;
  amount: ColumnType<Decimal, never, never>;
  moved_at: ColumnType<Instant, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsNotifications {
  id: ColumnType<string, never, never>;
  alert_id: ColumnType<string, never, never>;
  step: ColumnType<number, never, never>;
  round: ColumnType<number, never, never>;
  target: ColumnType<string, never, never>;
  state: ColumnType<'due' | 'claimed' | 'delivered' | 'failed' | 'suppressed', never, never>;
  attempts: ColumnType<number, never, never>;
  due_at: ColumnType<Instant, never, never>;
  delivered_at: ColumnType<Instant | null, never, never>;
}

export interface FactsPositions {
  venue: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  qty: ColumnType<Decimal, never, never>;
  cost: ColumnType<Decimal, never, never>;
  realized: ColumnType<Decimal, never, never>;
  fees: ColumnType<Decimal, never, never>;
  fills: ColumnType<number, never, never>;
  last_trade_seq: ColumnType<number, never, never>;
  as_of: ColumnType<Instant, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsReports {
  id: ColumnType<string, never, never>;
  kind: ColumnType<'daily-summary' | 'breach-history' | 'limit-changes' | 'decisions', never, never>;
  from_at: ColumnType<Instant, never, never>;
  until_at: ColumnType<Instant, never, never>;
  watermark: ColumnType<Instant, never, never>;
  sha256: ColumnType<string, never, never>;
  generated_at: ColumnType<Instant, never, never>;
}

export interface FactsReservations {
  order_id: ColumnType<string, never, never>;
  check_id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  strategy_id: ColumnType<string | null, never, never>;
  venue: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  leaves: ColumnType<Decimal, never, never>;
  state: ColumnType<string | null, never, never>;
  valid_until: ColumnType<Instant, never, never>;
  ended_how: ColumnType<'filled' | 'closed' | 'refused' | 'expired' | null, never, never>;
  reserved_at: ColumnType<Instant, never, never>;
  ended_at: ColumnType<Instant | null, never, never>;
}

export interface FeedHeartbeats {
  source: string;
  max_gap_ms: number;
  last_seen: Instant;
  version: Generated<number>;
}

export interface Fills {
  venue: string;
  fill_id: string;
  account_id: string;
  strategy_id: string | null;
  order_id: string | null;
  symbol: string;
  side: 'buy' | 'sell';
  qty: Decimal;
  price: Decimal;
  fee: Generated<Decimal>;
  fee_asset: string | null;
  trade_seq: number;
  filled_at: Instant;
  request_hash: string;
  source: string | null;
  source_seq: number | null;
  recorded_at: Generated<Instant>;
}

export interface HighWaters {
  scope: string;
  value: string;
  flows: string;
  at: Instant;
}

export interface Holdings {
  account_id: string;
  asset: string;
  amount: Generated<Decimal>;
  funding: Generated<Decimal>;
  version: Generated<number>;
}

export interface InboxCheckpoints {
  consumer: string;
  source: string;
  publish_seq: number;
  updated_at: Generated<Instant>;
}

export interface InhibitRules {
  id: string;
  source: ColumnType<unknown, string, string>;
  target: ColumnType<unknown, string, string>;
  equal: string[];
  ended_at: Instant | null;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Leases {
  name: string;
  holder: string;
  fence: number;
  expires_at: Instant;
}

export interface LimitVersions {
  limit_id: string;
  version: number;
  enabled: boolean;
  warn: Decimal | null;
  soft: Decimal | null;
  hard: Decimal | null;
  recover: Decimal | null;
  window_ms: number | null;
  time_zone: Generated<string>;
  currency: Generated<string>;
  max_price_age_ms: number;
  for_ms: Generated<number>;
  keep_firing_ms: Generated<number>;
  escalate_after_ms: number;
  policy_id: string | null;
  reason: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  request_hash: string;
  valid_from: Instant;
  recorded_at: Generated<Instant>;
}

export interface LimitWindows {
  limit_id: string;
  used: Decimal;
  since: Instant;
}

export interface Limits {
  id: string;
  metric: 'price-deviation' | 'order-quantity' | 'order-value' | 'order-rate' | 'daily-quantity' | 'daily-value' | 'position' | 'gross-exposure' | 'net-exposure' | 'concentration' | 'leverage' | 'daily-loss' | 'drawdown' | 'open-orders' | 'open-positions' | 'value-at-risk';
  scope: string;
  current_version: number;
  recorded_at: Generated<Instant>;
}

export interface MarkHistory {
  symbol: string;
  period_ms: number;
  starts_at: Instant;
  price: Decimal;
  source: string;
  event_at: Instant;
}

export interface Marks {
  symbol: string;
  kind: 'mark' | 'bid' | 'ask' | 'last' | 'close';
  price: Decimal;
  source: string;
  seq: number;
  event_at: Instant;
  received_at: Instant;
  version: Generated<number>;
}

export interface Notifications {
  id: string;
  alert_id: string;
  step: number;
  round: number;
  target: string;
  body: string;
  state: 'due' | 'claimed' | 'delivered' | 'failed' | 'suppressed';
  attempts: Generated<number>;
  next_retry: Instant | null;
  claimed_until: Instant | null;
  fence: Generated<number>;
  provider_id: string | null;
  last_error: string | null;
  suppressed_by: string | null;
  due_at: Instant;
  delivered_at: Instant | null;
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

export interface PnlBaselines {
  scope: string;
  trading_day: string;
  equity: string;
  flows: string;
  at: Instant;
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

export interface Reservations {
  order_id: string;
  check_id: string;
  attempt: number;
  account_id: string;
  strategy_id: string | null;
  venue: string;
  symbol: string;
  side: 'buy' | 'sell';
  qty: Decimal;
  leaves: Decimal;
  price: Decimal | null;
  state: 'reserved' | 'working' | 'ended';
  valid_until: Instant;
  ended_how: 'filled' | 'closed' | 'refused' | 'expired' | null;
  reserved_at: Instant;
  ended_at: Instant | null;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface RiskLocks {
  id: string;
  scope: string;
  side: 'buy' | 'sell' | null;
  reason: string;
  from_at: Instant;
  until_at: Instant;
  released_at: Instant | null;
  run_id: string | null;
  fence: number | null;
  request_hash: string;
  actor: string | null;
  recorded_at: Generated<Instant>;
}

export interface RiskMetrics {
  id: string;
  scope: string;
  summary: ColumnType<unknown, string, string>;
  input_hash: string;
  request_hash: string;
  calculated_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface ScenarioMarks {
  id: string;
  run_id: string;
  labels: ColumnType<unknown, string, string>;
  began_at: Instant;
  detected_at: Instant | null;
  alert_id: string | null;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface Scopes {
  scope: string;
  counted_from: Instant;
  recorded_at: Generated<Instant>;
}

export interface Silences {
  id: string;
  matchers: ColumnType<unknown, string, string>;
  reason: string;
  actor: string | null;
  from_at: Instant;
  until_at: Instant;
  ended_at: Instant | null;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface StressResults {
  id: string;
  scenario_id: string;
  scope: string;
  profit: number;
  by_symbol: ColumnType<unknown, string, string>;
  missing: string[];
  request_hash: string;
  ran_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface StressScenarios {
  id: string;
  name: string;
  shocks: ColumnType<unknown, string, string>;
  price_scenario_id: string | null;
  price_scenario_version: number | null;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface TradingStateChanges {
  scope: string;
  epoch: number;
  from_state: 'active' | 'reducing' | 'halted';
  to_state: 'active' | 'reducing' | 'halted';
  reason: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  changed_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface TradingStates {
  scope: string;
  state: 'active' | 'reducing' | 'halted';
  epoch: number;
  reason: string | null;
  changed_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface UnvaluedFlows {
  movement_id: string;
  account_id: string;
  asset: string;
  amount: Decimal;
}

export interface Valuations {
  scope: string;
  currency: string;
  equity: string;
  flows: string;
  realized: string;
  unrealized: string;
  fees: string;
  funding: string;
  trading_day: string;
  time_zone: string;
  unpriced: string[];
  as_of: Instant;
  version: Generated<number>;
}

export interface VarOutcomes {
  scope: string;
  day: string;
  confidence: number;
  value_at_risk: number;
  actual: number;
  exception: GeneratedAlways<boolean>;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface VarRuns {
  id: string;
  scope: string;
  method: 'historical' | 'parametric' | 'monte-carlo';
  confidence: number;
  horizon: number;
  period_ms: number;
  observations: number;
  seed: number | null;
  input_hash: string;
  value_at_risk: number | null;
  expected_shortfall: number | null;
  reason: string | null;
  outcomes: number[];
  components: ColumnType<unknown, string, string>;
  missing: string[];
  request_hash: string;
  ran_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface VenuePositions {
  venue: string;
  account_id: string;
  symbol: string;
  qty: Generated<Decimal>;
  cost: Generated<Decimal>;
  realized: Generated<Decimal>;
  fees: Generated<Decimal>;
  fills: Generated<number>;
  last_trade_seq: Generated<number>;
  as_of: Instant;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface VenueProgress {
  venue: string;
  heard_until: Instant;
  recorded_at: Generated<Instant>;
}

export interface Tables {
  alert_log: AlertLog;
  alerts: Alerts;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  breach_events: BreachEvents;
  breaches: Breaches;
  cash_movements: CashMovements;
  check_results: CheckResults;
  checks: Checks;
  compliance_reports: ComplianceReports;
  current_limits: CurrentLimits;
  dead_letters: DeadLetters;
  epoch: Epoch;
  equity_points: EquityPoints;
  escalation_policies: EscalationPolicies;
  escalation_states: EscalationStates;
  exposures: Exposures;
  facts_alerts: FactsAlerts;
  facts_breaches: FactsBreaches;
  facts_check_results: FactsCheckResults;
  facts_checkpoints: FactsCheckpoints;
  facts_checks: FactsChecks;
  facts_events: FactsEvents;
  facts_exposures: FactsExposures;
  facts_fills: FactsFills;
  facts_holdings: FactsHoldings;
  facts_limits: FactsLimits;
  facts_movements: FactsMovements;
  facts_notifications: FactsNotifications;
  facts_positions: FactsPositions;
  facts_publications: FactsPublications;
  facts_reports: FactsReports;
  facts_reservations: FactsReservations;
  feed_heartbeats: FeedHeartbeats;
  fills: Fills;
  high_waters: HighWaters;
  holdings: Holdings;
  inbox_checkpoints: InboxCheckpoints;
  inhibit_rules: InhibitRules;
  leases: Leases;
  limit_versions: LimitVersions;
  limit_windows: LimitWindows;
  limits: Limits;
  mark_history: MarkHistory;
  marks: Marks;
  notifications: Notifications;
  outbox: Outbox;
  partitions: Partitions;
  pnl_baselines: PnlBaselines;
  publications: Publications;
  reservations: Reservations;
  risk_locks: RiskLocks;
  risk_metrics: RiskMetrics;
  run_fences: RunFences;
  scenario_marks: ScenarioMarks;
  scopes: Scopes;
  silences: Silences;
  stress_results: StressResults;
  stress_scenarios: StressScenarios;
  trading_state_changes: TradingStateChanges;
  trading_states: TradingStates;
  transitions: Transitions;
  unvalued_flows: UnvaluedFlows;
  valuations: Valuations;
  var_outcomes: VarOutcomes;
  var_runs: VarRuns;
  venue_positions: VenuePositions;
  venue_progress: VenueProgress;
}
