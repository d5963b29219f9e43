// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Decimal, Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AccountEvents {
  account_id: string;
  version: number;
  type: 'opened' | 'changed' | 'overdraft-changed';
  status: 'active' | 'suspended' | 'closed';
  kyc_status: 'pending' | 'approved' | 'rejected';
  changes: ColumnType<unknown, string, string>;
  reason: string | null;
  actor: string | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Accounts {
  id: string;
  parent_id: string | null;
  scope_id: GeneratedAlways<string>;
  owner_id: string;
  kind: 'customer' | 'house' | 'fee' | 'external';
  type: 'spot' | 'margin' | 'futures';
  status: Generated<'active' | 'suspended' | 'closed'>;
  kyc_status: Generated<'pending' | 'approved' | 'rejected'>;
  fee_tier: Generated<string>;
  check_required: Generated<boolean>;
  metadata: ColumnType<unknown, string | undefined, string>;
  request_hash: string;
  version: Generated<number>;
  opened_at: Instant;
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

export interface Assets {
  code: string;
  scale: number;
  name: string | null;
  recorded_at: Generated<Instant>;
}

export interface BalanceDeltas {
  id: GeneratedAlways<number>;
  account_id: string;
  asset: string;
  amount: Decimal;
}

export interface Balances {
  account_id: string;
  asset: string;
  scope_id: string;
  account_kind: 'customer' | 'house' | 'fee' | 'external';
  posted: Generated<Decimal>;
  held: Generated<Decimal>;
  overdraft: Decimal | null;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface BookOrders {
  symbol: ColumnType<string, never, never>;
  order_id: ColumnType<string | null, never, never>;
  account_id: ColumnType<string, never, never>;
  side: ColumnType<'buy' | 'sell', never, never>;
  limit_price: ColumnType<Decimal | null, never, never>;
  price_rank: ColumnType<Decimal | null, never, never>;
  leaves_qty: ColumnType<Decimal, never, never>;
  accept_seq: ColumnType<number | null, never, never>;
  last_seq: ColumnType<number, never, never>;
}

export interface BookSnapshots {
  symbol: string;
  seq: number;
  state: ColumnType<unknown, string, string>;
  sha256: string;
  taken_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CurrentBalances {
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string, never, never>;
  scope_id: ColumnType<string, never, never>;
  account_kind: ColumnType<'customer' | 'house' | 'fee' | 'external', never, never>;
  held: ColumnType<Decimal, never, never>;
  overdraft: ColumnType<Decimal | null, never, never>;
  version: ColumnType<number, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  posted: ColumnType<Decimal, never, never>;
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

export interface Entries {
  tx_id: string;
  n: number;
  account_id: string;
  asset: string;
  amount: Decimal;
  balance_after: Decimal | null;
  balance_version: number | null;
  event_id: string | null;
  recorded_at: Instant;
}

export interface Epoch {
  singleton: Generated<boolean>;
  epoch: string;
  started_at: Generated<Instant>;
}

export interface FactsAccounts {
  id: ColumnType<string, never, never>;
  parent_id: ColumnType<string | null, never, never>;
  kind: ColumnType<string | null, never, never>;
  status: ColumnType<'active' | 'suspended' | 'closed', never, never>;
  check_required: ColumnType<boolean, never, never>;
}

export interface FactsBalances {
  account_id: ColumnType<string | null, never, never>;
  asset: ColumnType<string | null, never, never>;
  account_kind: ColumnType<string | null, never, never>;
  posted: ColumnType<Decimal | null, never, never>;
  held: ColumnType<Decimal | null, never, never>;
  overdraft: ColumnType<Decimal | null, never, never>;
  version: ColumnType<number | null, never, never>;
}

export interface FactsBook {
  symbol: ColumnType<string | null, never, never>;
  last_seq: ColumnType<number | null, never, never>;
  order_id: ColumnType<string | null, never, never>;
  account_id: ColumnType<string | null, never, never>;
  side: ColumnType<string | null, never, never>;
  limit_price: ColumnType<Decimal | null, never, never>;
  leaves_qty: ColumnType<Decimal | null, never, never>;
  accept_seq: ColumnType<number | null, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsEntries {
  tx_id: ColumnType<string | null, never, never>;
  n: ColumnType<number | null, never, never>;
  kind: ColumnType<string | null, never, never>;
  reference: ColumnType<string | null, never, never>;
  account_id: ColumnType<string | null, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal | null, never, never>;
  balance_after: ColumnType<Decimal | null, never, never>;
  balance_version: ColumnType<number | null, never, never>;
  effective_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
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

export interface FactsFunds {
  tx_id: ColumnType<string | null, never, never>;
  kind: ColumnType<string | null, never, never>;
  reference: ColumnType<string | null, never, never>;
  account_id: ColumnType<string | null, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal | null, never, never>;
  effective_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsHolds {
  id: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  reference: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string, never, never>;
  amount: ColumnType<Decimal, never, never>;
  captured: ColumnType<Decimal, never, never>;
  released: ColumnType<Decimal, never, never>;
  state: ColumnType<string | null, never, never>;
  expires_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsMarkets {
  symbol: ColumnType<string, never, never>;
  base: ColumnType<string, never, never>;
  quote: ColumnType<string, never, never>;
  tick_size: ColumnType<Decimal, never, never>;
  lot_size: ColumnType<Decimal, never, never>;
  status: ColumnType<string | null, never, never>;
  last_seq: ColumnType<number, never, never>;
  last_accept_seq: ColumnType<number, never, never>;
  last_trade_seq: ColumnType<number, never, never>;
  last_price: ColumnType<Decimal | null, never, never>;
}

export interface FactsOrderEvents {
  order_id: ColumnType<string | null, never, never>;
  version: ColumnType<number | null, never, never>;
  type: ColumnType<string | null, never, never>;
  symbol: ColumnType<string | null, never, never>;
  seq: ColumnType<number | null, never, never>;
  account_id: ColumnType<string | null, never, never>;
  side: ColumnType<string | null, never, never>;
  limit_price: ColumnType<Decimal | null, never, never>;
  qty: ColumnType<Decimal | null, never, never>;
  cum_qty: ColumnType<Decimal | null, never, never>;
  leaves_qty: ColumnType<Decimal | null, never, never>;
  status: ColumnType<string | null, never, never>;
  accept_seq: ColumnType<number | null, never, never>;
  trade_id: ColumnType<string | null, never, never>;
  occurred_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsOrders {
  id: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  symbol: ColumnType<string, never, never>;
  side: ColumnType<string | null, never, never>;
  type: ColumnType<string | null, never, never>;
  status: ColumnType<string | null, never, never>;
  qty: ColumnType<string | null, never, never>;
  limit_price: ColumnType<string | null, never, never>;
  quote_budget: ColumnType<string | null, never, never>;
  cum_qty: ColumnType<string | null, never, never>;
  leaves_qty: ColumnType<string | null, never, never>;
  cum_quote: ColumnType<string | null, never, never>;
  version: ColumnType<number, never, never>;
  accept_seq: ColumnType<number | null, never, never>;
  maker_rate: ColumnType<string | null, never, never>;
  taker_rate: ColumnType<string | null, never, never>;
  check_id: ColumnType<string | null, never, never>;
  valid_until: ColumnType<Instant | null, never, never>;
  placed_at: ColumnType<Instant, never, never>;
  closed_at: ColumnType<Instant | null, never, never>;
  archived: ColumnType<boolean | null, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsTrades {
  id: ColumnType<string | null, never, never>;
  symbol: ColumnType<string | null, never, never>;
  trade_seq: ColumnType<number | null, never, never>;
  maker_order_id: ColumnType<string | null, never, never>;
  taker_order_id: ColumnType<string | null, never, never>;
  maker_account_id: ColumnType<string | null, never, never>;
  taker_account_id: ColumnType<string | null, never, never>;
  taker_side: ColumnType<string | null, never, never>;
  price: ColumnType<Decimal | null, never, never>;
  qty: ColumnType<Decimal | null, never, never>;
  quote_qty: ColumnType<Decimal | null, never, never>;
  maker_fee: ColumnType<Decimal | null, never, never>;
  taker_fee: ColumnType<Decimal | null, never, never>;
  fee_asset: ColumnType<string | null, never, never>;
  matched_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FeeSchedules {
  version: number;
  tier: string;
  maker: Decimal;
  taker: Decimal;
  recorded_at: Generated<Instant>;
}

export interface Holds {
  id: GeneratedAlways<string>;
  kind: 'in-order' | 'in-withdrawal' | 'in-settlement' | 'manual';
  reference: string;
  scope_id: string;
  account_id: string;
  asset: string;
  amount: Decimal;
  captured: Generated<Decimal>;
  released: Generated<Decimal>;
  state: Generated<'open' | 'captured' | 'released' | 'expired'>;
  expires_at: Instant | null;
  request_hash: string;
  source: string | null;
  source_seq: number | null;
  version: Generated<number>;
  placed_at: Instant;
  closed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface InboxCheckpoints {
  consumer: string;
  source: string;
  publish_seq: number;
  updated_at: Generated<Instant>;
}

export interface JournalTransactions {
  id: GeneratedAlways<string>;
  kind: 'trade' | 'deposit' | 'withdrawal' | 'transfer' | 'adjustment' | 'reversal';
  reference: string;
  effective_at: Instant;
  reverts_id: string | null;
  request_hash: string | null;
  reason: string | null;
  actor: string | null;
  source: string | null;
  source_seq: number | null;
  recorded_at: Instant;
}

export interface Leases {
  name: string;
  holder: string;
  fence: number;
  expires_at: Instant;
}

export interface LiabilityLeaves {
  snapshot_id: string;
  n: number;
  account_id: string;
  asset: string;
  amount: Decimal;
  salt: string;
  hash: string;
}

export interface LiabilitySnapshots {
  id: string;
  as_of: Instant;
  root: string;
  totals: ColumnType<unknown, string, string>;
  leaves: number;
  recorded_at: Generated<Instant>;
}

export interface MarketEvents {
  symbol: string;
  version: number;
  prev_status: 'pre-open' | 'open' | 'halted' | 'closed' | null;
  status: 'pre-open' | 'open' | 'halted' | 'closed';
  fee_version: number;
  reason: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface MarketStates {
  symbol: string;
  status: 'pre-open' | 'open' | 'halted' | 'closed';
  fee_version: number;
  last_seq: Generated<number>;
  last_accept_seq: Generated<number>;
  last_trade_seq: Generated<number>;
  last_price: Decimal | null;
  version: Generated<number>;
}

export interface Markets {
  symbol: string;
  base: string;
  base_scale: number;
  quote: string;
  quote_scale: number;
  tick_size: Decimal;
  price_scale: GeneratedAlways<number>;
  lot_size: Decimal;
  qty_scale: GeneratedAlways<number>;
  min_notional: Decimal;
  max_price: Decimal;
  max_qty: Decimal;
  fee_account_id: string;
  fee_account_kind: GeneratedAlways<'customer' | 'house' | 'fee' | 'external'>;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface OrderArchive {
  id: string;
  scope_id: string;
  account_id: string;
  symbol: string;
  client_order_id: string | null;
  side: 'buy' | 'sell';
  type: 'limit' | 'market';
  tif: 'gtc' | 'ioc' | 'fok' | 'gtd' | 'day';
  qty: Decimal;
  limit_price: Decimal | null;
  quote_budget: Decimal | null;
  cum_qty: Decimal;
  cum_quote: Decimal;
  status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match';
  prev_status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match' | null;
  reason: string | null;
  version: number;
  accept_seq: number | null;
  fee_version: number;
  maker_rate: Decimal;
  taker_rate: Decimal;
  stp_mode: 'none' | 'cancel-newest' | 'cancel-oldest' | 'cancel-both';
  post_only: boolean;
  check_id: string | null;
  valid_until: Instant | null;
  expires_at: Instant | null;
  request_hash: string;
  hold_asset: string;
  hold_amount: Decimal;
  hold_captured: Decimal;
  hold_released: Decimal;
  placed_at: Instant;
  closed_at: Instant;
  recorded_at: Instant;
  archived_at: Generated<Instant>;
}

export interface OrderEvents {
  order_id: string;
  version: number;
  type: 'placed' | 'accepted' | 'filled' | 'cancel-requested' | 'replace-requested' | 'request-rejected' | 'replaced' | 'closed';
  symbol: string;
  seq: number | null;
  account_id: string;
  side: 'buy' | 'sell';
  qty: Decimal;
  limit_price: Decimal | null;
  cum_qty: Decimal;
  leaves_qty: Decimal;
  prev_status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match' | null;
  status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match';
  accept_seq: number | null;
  trade_id: string | null;
  reason: string | null;
  event_id: string | null;
  occurred_at: Instant;
  recorded_at: Instant;
}

export interface Orders {
  id: string;
  scope_id: string;
  account_id: string;
  symbol: string;
  client_order_id: string | null;
  side: 'buy' | 'sell';
  type: 'limit' | 'market';
  tif: 'gtc' | 'ioc' | 'fok' | 'gtd' | 'day';
  qty: Decimal;
  limit_price: Decimal | null;
  price_rank: GeneratedAlways<Decimal | null>;
  quote_budget: Decimal | null;
  cum_qty: Generated<Decimal>;
  leaves_qty: Decimal;
  cum_quote: Generated<Decimal>;
  status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match';
  prev_status: 'pending-new' | 'new' | 'partially-filled' | 'filled' | 'pending-cancel' | 'pending-replace' | 'canceled' | 'rejected' | 'expired' | 'expired-in-match' | null;
  reason: string | null;
  version: Generated<number>;
  accept_seq: number | null;
  fee_version: number;
  maker_rate: Decimal;
  taker_rate: Decimal;
  stp_mode: 'none' | 'cancel-newest' | 'cancel-oldest' | 'cancel-both';
  post_only: boolean;
  check_id: string | null;
  valid_until: Instant | null;
  expires_at: Instant | null;
  request_hash: string;
  placed_at: Instant;
  closed_at: Instant | null;
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

export interface PreventedMatches {
  id: string;
  symbol: string;
  account_id: string;
  maker_order_id: string;
  taker_order_id: string;
  price: Decimal;
  qty: Decimal;
  stp_mode: 'none' | 'cancel-newest' | 'cancel-oldest' | 'cancel-both';
  prevented_at: Instant;
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

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface Trades {
  id: string;
  symbol: string;
  trade_seq: number;
  maker_order_id: string;
  taker_order_id: string;
  maker_account_id: string;
  taker_account_id: string;
  taker_side: 'buy' | 'sell';
  price: Decimal;
  qty: Decimal;
  quote_qty: Decimal;
  maker_fee: Decimal;
  taker_fee: Decimal;
  fee_asset: string;
  event_id: string;
  matched_at: Instant;
  recorded_at: Instant;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface Tables {
  account_events: AccountEvents;
  accounts: Accounts;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  assets: Assets;
  balance_deltas: BalanceDeltas;
  balances: Balances;
  book_orders: BookOrders;
  book_snapshots: BookSnapshots;
  current_balances: CurrentBalances;
  dead_letters: DeadLetters;
  entries: Entries;
  epoch: Epoch;
  facts_accounts: FactsAccounts;
  facts_balances: FactsBalances;
  facts_book: FactsBook;
  facts_checkpoints: FactsCheckpoints;
  facts_entries: FactsEntries;
  facts_events: FactsEvents;
  facts_funds: FactsFunds;
  facts_holds: FactsHolds;
  facts_markets: FactsMarkets;
  facts_order_events: FactsOrderEvents;
  facts_orders: FactsOrders;
  facts_publications: FactsPublications;
  facts_trades: FactsTrades;
  fee_schedules: FeeSchedules;
  holds: Holds;
  inbox_checkpoints: InboxCheckpoints;
  journal_transactions: JournalTransactions;
  leases: Leases;
  liability_leaves: LiabilityLeaves;
  liability_snapshots: LiabilitySnapshots;
  market_events: MarketEvents;
  market_states: MarketStates;
  markets: Markets;
  order_archive: OrderArchive;
  order_events: OrderEvents;
  orders: Orders;
  outbox: Outbox;
  partitions: Partitions;
  prevented_matches: PreventedMatches;
  publications: Publications;
  run_fences: RunFences;
  trades: Trades;
  transitions: Transitions;
}
