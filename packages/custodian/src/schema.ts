// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Decimal, Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface ApprovalEligibles {
  request_id: string;
  approver_id: string;
  groups: number;
  initiator_id: string;
}

export interface ApprovalGroups {
  request_id: string;
  n: number;
  name: string;
  threshold: number;
}

export interface ApprovalRequests {
  id: string;
  subject_kind: string;
  subject_id: string;
  subject_digest: string;
  initiator_id: string;
  policy_version: number | null;
  rule_id: string | null;
  join_rule: 'all' | 'any';
  veto: boolean;
  expires_at: Instant;
  status: Generated<'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled' | 'superseded'>;
  reason: string | null;
  decided_quorum: ColumnType<unknown, string | null | undefined, string | null>;
  request_hash: string | null;
  source: string | null;
  source_seq: number | null;
  version: Generated<number>;
  opened_at: Instant;
  decided_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface ApprovalVotes {
  request_id: string;
  approver_id: string;
  decision: 'approve' | 'reject';
  approver_version: number;
  digest: string;
  reason: string | null;
  expires_at: Instant;
  voted_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Approvers {
  id: string;
  status: 'active' | 'removed';
  version: Generated<number>;
  registered_at: Instant;
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

export interface AssetCalendars {
  asset: string;
  calendar_id: string;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface BreakEvents {
  break_id: string;
  version: number;
  state: string;
  kind: 'missing-ours' | 'missing-theirs' | 'amount-differs' | 'asset-differs' | 'date-differs' | 'duplicate-line' | 'holding-differs' | 'asset-missing' | 'deficit';
  ours: Decimal | null;
  theirs: Decimal | null;
  owner_id: string | null;
  note: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Breaks {
  id: string;
  break_key: string;
  run_kind: 'movements' | 'holdings' | 'liabilities';
  source: string;
  kind: 'missing-ours' | 'missing-theirs' | 'amount-differs' | 'asset-differs' | 'date-differs' | 'duplicate-line' | 'holding-differs' | 'asset-missing' | 'deficit';
  account_id: string | null;
  asset: string;
  line_id: number | null;
  tx_id: string | null;
  n: number | null;
  ours: Decimal | null;
  theirs: Decimal | null;
  difference: GeneratedAlways<Decimal>;
  at: Instant;
  state: Generated<'open' | 'investigating' | 'explained' | 'written-off' | 'closed'>;
  owner_id: string | null;
  note: string | null;
  first_seen: Instant;
  last_seen: Instant;
  seen_count: Generated<number>;
  last_run_id: string;
  version: Generated<number>;
  closed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface BusinessDays {
  calendar_id: string;
  version: number;
  n: number;
  day: string;
  opens_at: Instant;
  cuts_off_at: Instant;
}

export interface CalendarHolidays {
  calendar_id: string;
  version: number;
  day: string;
  name: string;
}

export interface Calendars {
  id: string;
  version: number;
  tz: string;
  cutoff: string;
  weekend: number[];
  first_day: string;
  last_day: string;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface ComplianceRecords {
  id: GeneratedAlways<number>;
  kind: 'policy-decision' | 'policy-change' | 'approval-decision' | 'approver-change' | 'whitelist-change' | 'screening' | 'signer-change';
  subject_kind: string;
  subject_id: string;
  decision: string;
  policy_version: number | null;
  rule_id: string | null;
  reason: string | null;
  details: ColumnType<unknown, string | undefined, string>;
  actor: string | null;
  correlation_id: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CustodyAccountEvents {
  account_id: string;
  version: number;
  type: 'opened' | 'changed';
  status: 'active' | 'suspended' | 'closed';
  reason: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CustodyAccounts {
  id: string;
  kind: 'master' | 'omnibus' | 'segregated' | 'house' | 'external';
  parent_id: string | null;
  parent_kind: 'master' | 'omnibus' | 'segregated' | 'house' | 'external' | null;
  venue: string | null;
  client_account_id: string | null;
  owner_id: string;
  status: Generated<'active' | 'suspended' | 'closed'>;
  request_hash: string;
  version: Generated<number>;
  opened_at: Instant;
  recorded_at: Generated<Instant>;
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

export interface FactsAccounts {
  id: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  parent_id: ColumnType<string | null, never, never>;
  venue: ColumnType<string | null, never, never>;
  client_account_id: ColumnType<string | null, never, never>;
  status: ColumnType<'active' | 'suspended' | 'closed', never, never>;
}

export interface FactsApprovalGroups {
  request_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  name: ColumnType<string, never, never>;
  threshold: ColumnType<number, never, never>;
}

export interface FactsApprovalRequests {
  id: ColumnType<string, never, never>;
  subject_kind: ColumnType<string, never, never>;
  subject_id: ColumnType<string, never, never>;
  subject_digest: ColumnType<string, never, never>;
  initiator_id: ColumnType<string, never, never>;
  policy_version: ColumnType<number | null, never, never>;
  rule_id: ColumnType<string | null, never, never>;
  join_rule: ColumnType<'all' | 'any', never, never>;
  veto: ColumnType<boolean, never, never>;
  status: ColumnType<string | null, never, never>;
  reason: ColumnType<string | null, never, never>;
  opened_at: ColumnType<Instant, never, never>;
  expires_at: ColumnType<Instant, never, never>;
  decided_at: ColumnType<Instant | null, never, never>;
  version: ColumnType<number, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsApprovalVotes {
  request_id: ColumnType<string, never, never>;
  approver_id: ColumnType<string, never, never>;
  decision: ColumnType<'approve' | 'reject', never, never>;
  digest: ColumnType<string, never, never>;
  voted_at: ColumnType<Instant, never, never>;
  groups: ColumnType<number, never, never>;
}

export interface FactsApprovers {
  id: ColumnType<string, never, never>;
  status: ColumnType<'active' | 'removed', never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsBreaks {
  id: ColumnType<string, never, never>;
  break_key: ColumnType<string, never, never>;
  run_kind: ColumnType<'movements' | 'holdings' | 'liabilities', never, never>;
  source: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  account_id: ColumnType<string | null, never, never>;
  asset: ColumnType<string, never, never>;
  line_id: ColumnType<number | null, never, never>;
  tx_id: ColumnType<string | null, never, never>;
  n: ColumnType<number | null, never, never>;
  ours: ColumnType<Decimal | null, never, never>;
  theirs: ColumnType<Decimal | null, never, never>;
  difference: ColumnType<Decimal, never, never>;
  state: ColumnType<'open' | 'investigating' | 'explained' | 'written-off' | 'closed', never, never>;
  seen_count: ColumnType<number, never, never>;
  last_run_id: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsCompliance {
  id: ColumnType<number, never, never>;
  kind: ColumnType<'policy-decision' | 'policy-change' | 'approval-decision' | 'approver-change' | 'whitelist-change' | 'screening' | 'signer-change', never, never>;
  subject_kind: ColumnType<string, never, never>;
  subject_id: ColumnType<string, never, never>;
  decision: ColumnType<string, never, never>;
  policy_version: ColumnType<number | null, never, never>;
  rule_id: ColumnType<string | null, never, never>;
  reason: ColumnType<string | null, never, never>;
  actor: ColumnType<string | null, never, never>;
  occurred_at: ColumnType<Instant, never, never>;
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

export interface FactsHoldings {
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string | null, never, never>;
  account_kind: ColumnType<string | null, never, never>;
  settled: ColumnType<Decimal, never, never>;
  reserved: ColumnType<Decimal, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsMatches {
  id: ColumnType<string, never, never>;
  run_id: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  rule: ColumnType<'twin' | 'tolerance' | 'sum' | 'amount' | 'covering', never, never>;
  difference: ColumnType<Decimal, never, never>;
  dissolved_at: ColumnType<Instant | null, never, never>;
  line_id: ColumnType<number | null, never, never>;
  tx_id: ColumnType<string | null, never, never>;
  n: ColumnType<number | null, never, never>;
  live: ColumnType<boolean, never, never>;
}

export interface FactsMovements {
  tx_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  kind: ColumnType<string | null, never, never>;
  reference: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal, never, never>;
  holding_after: ColumnType<Decimal, never, never>;
  holding_version: ColumnType<number, never, never>;
  effective_at: ColumnType<Instant, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
}

export interface FactsMultisigTransactions {
  id: ColumnType<string, never, never>;
  wallet_id: ColumnType<string, never, never>;
  nonce: ColumnType<number, never, never>;
  kind: ColumnType<'payment' | 'rejection' | 'signer-change', never, never>;
  status: ColumnType<'proposed' | 'executed' | 'replaced', never, never>;
  transfer_id: ColumnType<string | null, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsNetObligations {
  batch_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal, never, never>;
}

export interface FactsNettingBatches {
  id: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  intended_date: ColumnType<string, never, never>;
  cutoff_at: ColumnType<Instant, never, never>;
  input_hash: ColumnType<string, never, never>;
  instructions: ColumnType<number, never, never>;
  status: ColumnType<'open' | 'settled' | 'cancelled', never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsPolicies {
  id: ColumnType<string, never, never>;
  version: ColumnType<number | null, never, never>;
  status: ColumnType<string | null, never, never>;
  initiator_id: ColumnType<string, never, never>;
  digest: ColumnType<string, never, never>;
  published_at: ColumnType<Instant | null, never, never>;
  approval_request_id: ColumnType<string | null, never, never>;
}

export interface FactsPolicyUsage {
  transfer_id: ColumnType<string, never, never>;
  rule_id: ColumnType<string, never, never>;
  scope: ColumnType<string, never, never>;
  asset: ColumnType<string, never, never>;
  amount: ColumnType<Decimal, never, never>;
  used_at: ColumnType<Instant, never, never>;
  returned_at: ColumnType<Instant | null, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsReconciliationRuns {
  id: ColumnType<string, never, never>;
  kind: ColumnType<'movements' | 'holdings' | 'liabilities', never, never>;
  source: ColumnType<string, never, never>;
  rule_version: ColumnType<number | null, never, never>;
  from_at: ColumnType<Instant | null, never, never>;
  cutoff: ColumnType<Instant, never, never>;
  dry_run: ColumnType<boolean, never, never>;
  status: ColumnType<'running' | 'completed', never, never>;
  lines: ColumnType<number | null, never, never>;
  entries: ColumnType<number | null, never, never>;
  matched: ColumnType<number | null, never, never>;
  grouped: ColumnType<number | null, never, never>;
  differences: ColumnType<number | null, never, never>;
}

export interface FactsReservations {
  id: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  reference: ColumnType<string, never, never>;
  account_id: ColumnType<string, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal, never, never>;
  used: ColumnType<Decimal, never, never>;
  released: ColumnType<Decimal, never, never>;
  state: ColumnType<string | null, never, never>;
}

export interface FactsSettlementEvents {
  instruction_id: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  type: ColumnType<string, never, never>;
  status: ColumnType<string | null, never, never>;
  settled_lots: ColumnType<number, never, never>;
  tx_id: ColumnType<string | null, never, never>;
  reason: ColumnType<string | null, never, never>;
  occurred_at: ColumnType<Instant, never, never>;
}

export interface FactsSettlementFails {
  instruction_id: ColumnType<string, never, never>;
  failed_at: ColumnType<Instant, never, never>;
  reason: ColumnType<string, never, never>;
  ended_at: ColumnType<Instant | null, never, never>;
}

export interface FactsSettlementLegs {
  instruction_id: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  kind: ColumnType<string | null, never, never>;
  from_account_id: ColumnType<string, never, never>;
  to_account_id: ColumnType<string, never, never>;
  asset: ColumnType<string | null, never, never>;
  qty: ColumnType<Decimal, never, never>;
  lot_qty: ColumnType<Decimal, never, never>;
  settled_qty: ColumnType<string | null, never, never>;
}

export interface FactsSettlements {
  id: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  reference: ColumnType<string, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  traded_at: ColumnType<Instant, never, never>;
  cycle: ColumnType<number, never, never>;
  intended_date: ColumnType<string, never, never>;
  due_at: ColumnType<Instant, never, never>;
  cuts_off_at: ColumnType<Instant, never, never>;
  priority: ColumnType<number, never, never>;
  on_hold: ColumnType<boolean, never, never>;
  lots: ColumnType<number, never, never>;
  settled_lots: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
  netting_batch_id: ColumnType<string | null, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsTransferEvents {
  transfer_id: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  from_status: ColumnType<string, never, never>;
  status: ColumnType<string | null, never, never>;
  effect: ColumnType<'none' | 'reserve' | 'release' | 'capture', never, never>;
  occurred_at: ColumnType<Instant, never, never>;
}

export interface FactsTransfers {
  id: ColumnType<string | null, never, never>;
  requester_id: ColumnType<string | null, never, never>;
  kind: ColumnType<string | null, never, never>;
  from_account_id: ColumnType<string | null, never, never>;
  to_account_id: ColumnType<string | null, never, never>;
  asset: ColumnType<string | null, never, never>;
  amount: ColumnType<Decimal | null, never, never>;
  status: ColumnType<string | null, never, never>;
  digest: ColumnType<string | null, never, never>;
  policy_version: ColumnType<number | null, never, never>;
  rule_id: ColumnType<string | null, never, never>;
  approval_request_id: ColumnType<string | null, never, never>;
  version: ColumnType<number | null, never, never>;
  requested_at: ColumnType<Instant | null, never, never>;
  closed_at: ColumnType<Instant | null, never, never>;
  source: ColumnType<string | null, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  venue: ColumnType<string | null, never, never>;
  client_account_id: ColumnType<string | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsWallets {
  id: ColumnType<string, never, never>;
  next_nonce: ColumnType<number, never, never>;
  signer_version: ColumnType<number, never, never>;
  version: ColumnType<number, never, never>;
}

export interface FactsWhitelist {
  id: ColumnType<string, never, never>;
  asset: ColumnType<string, never, never>;
  address: ColumnType<string, never, never>;
  usable_from: ColumnType<Instant, never, never>;
  status: ColumnType<'listed' | 'revoked', never, never>;
}

export interface HoldingLeaves {
  snapshot_id: string;
  n: number;
  account_id: string;
  venue: string | null;
  asset: string;
  amount: Decimal;
  salt: string;
  hash: string;
}

export interface HoldingSnapshots {
  id: string;
  as_of: Instant;
  root: string;
  totals: ColumnType<unknown, string, string>;
  leaves: number;
  recorded_at: Generated<Instant>;
}

export interface Holdings {
  account_id: string;
  asset: string;
  account_kind: 'master' | 'omnibus' | 'segregated' | 'house' | 'external';
  settled: Generated<Decimal>;
  reserved: Generated<Decimal>;
  version: Generated<number>;
  recorded_at: Generated<Instant>;
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

export interface LiabilityComparisons {
  run_id: string;
  snapshot_id: string;
  venue: string;
  liability_root: string;
  totals: ColumnType<unknown, string, string>;
  recorded_at: Generated<Instant>;
}

export interface MatchItems {
  match_id: string;
  item: number;
  source: string;
  line_id: number | null;
  tx_id: string | null;
  n: number | null;
  live: Generated<boolean>;
}

export interface MatchRules {
  source: string;
  version: number;
  account_ids: string[] | null;
  assets: string[] | null;
  movement_kinds: string[] | null;
  amount_tolerance: Decimal;
  date_tolerance_ms: number;
  most_in_group: number;
  request_hash: string;
  defined_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Matches {
  id: string;
  run_id: string;
  source: string;
  rule_version: number;
  rule: 'twin' | 'tolerance' | 'sum' | 'amount' | 'covering';
  difference: Decimal;
  dissolved_at: Instant | null;
  matched_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface MovementTransactions {
  id: GeneratedAlways<string>;
  kind: 'settlement' | 'netting' | 'transfer' | 'adjustment';
  reference: string;
  effective_at: Instant;
  request_hash: string | null;
  reason: string | null;
  actor: string | null;
  source: string | null;
  source_seq: number | null;
  recorded_at: Instant;
}

export interface Movements {
  tx_id: string;
  n: number;
  account_id: string;
  asset: string;
  amount: Decimal;
  holding_after: Decimal;
  holding_version: number;
  recorded_at: Instant;
}

export interface MultisigTransactions {
  id: string;
  wallet_id: string;
  nonce: number;
  kind: 'payment' | 'rejection' | 'signer-change';
  payload_hash: string;
  new_members: string[] | null;
  new_threshold: number | null;
  transfer_id: string | null;
  proposer_id: string;
  status: Generated<'proposed' | 'executed' | 'replaced'>;
  request_hash: string;
  version: Generated<number>;
  proposed_at: Instant;
  closed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface NetObligations {
  batch_id: string;
  n: number;
  account_id: string;
  asset: string;
  amount: Decimal;
}

export interface NettingBatches {
  id: string;
  source: string;
  intended_date: string;
  cutoff_at: Instant;
  input_hash: string;
  instructions: number;
  due_at: Instant;
  status: Generated<'open' | 'settled' | 'cancelled'>;
  request_hash: string;
  correlation_id: string | null;
  event_id: string;
  version: Generated<number>;
  netted_at: Instant;
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

export interface PolicyLimits {
  rule_id: string;
  scope: string;
  asset: string;
}

export interface PolicyRules {
  set_id: string;
  ord: number;
  rule_id: string;
  action: 'allow' | 'approve' | 'block';
  kinds: string[] | null;
  assets: string[] | null;
  account_ids: string[] | null;
  requester_ids: string[] | null;
  destination: 'any' | 'internal' | 'whitelisted';
  min_amount: Decimal | null;
  limit_per: 'transfer' | 'window' | 'lifetime' | null;
  limit_amount: Decimal | null;
  limit_window_ms: number | null;
  limit_of: 'account' | 'requester' | 'all' | null;
  screening: boolean;
  terms: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface PolicySets {
  id: string;
  version: number | null;
  status: 'proposed' | 'published' | 'retired' | 'rejected' | 'expired' | 'cancelled';
  initiator_id: string;
  change_terms: ColumnType<unknown, string, string>;
  whitelist_lock_ms: number;
  digest: string;
  request_hash: string;
  proposed_at: Instant;
  published_at: Instant | null;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface PolicyUsage {
  transfer_id: string;
  rule_id: string;
  scope: string;
  asset: string;
  amount: Decimal;
  used_at: Instant;
  returned_at: Instant | null;
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

export interface ReconciliationRuns {
  id: string;
  kind: 'movements' | 'holdings' | 'liabilities';
  source: string;
  rule_version: number | null;
  from_at: Instant | null;
  cutoff: Instant;
  dry_run: boolean;
  status: Generated<'running' | 'completed'>;
  cursor: Generated<number>;
  lines: number | null;
  entries: number | null;
  matched: number | null;
  grouped: number | null;
  differences: number | null;
  request_hash: string;
  version: Generated<number>;
  started_at: Instant;
  completed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Reservations {
  id: GeneratedAlways<string>;
  kind: 'settlement' | 'transfer' | 'multisig' | 'manual';
  reference: string;
  account_id: string;
  asset: string;
  amount: Decimal;
  used: Generated<Decimal>;
  released: Generated<Decimal>;
  state: Generated<'open' | 'used' | 'released'>;
  version: Generated<number>;
  made_at: Instant;
  closed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface SettlementDelays {
  instruction_id: string;
  n: number;
  until: Instant;
  run_id: string;
  fence: number;
}

export interface SettlementEvents {
  instruction_id: string;
  version: number;
  type: string;
  status: 'pending' | 'partially-settled' | 'failing' | 'netted' | 'settled' | 'cancelled';
  settled_lots: number;
  tx_id: string | null;
  reason: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Instant;
}

export interface SettlementFails {
  instruction_id: string;
  failed_at: Instant;
  reason: string;
  recycles: Generated<number>;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface SettlementInstructions {
  id: string;
  source: string;
  reference: string;
  traded_at: Instant;
  cycle: number;
  calendar_versions: ColumnType<unknown, string, string>;
  intended_date: string;
  due_at: Instant;
  cuts_off_at: Instant;
  next_attempt_at: Instant | null;
  priority: number;
  on_hold: boolean;
  delayed_until: Instant | null;
  lots: number;
  minimum_lots: number;
  settled_lots: Generated<number>;
  status: Generated<'pending' | 'partially-settled' | 'failing' | 'netted' | 'settled' | 'cancelled'>;
  netting_batch_id: string | null;
  request_hash: string;
  source_seq: number | null;
  correlation_id: string | null;
  event_id: string;
  version: Generated<number>;
  registered_at: Instant;
  closed_at: Instant | null;
  recorded_at: Instant;
}

export interface SettlementLegs {
  instruction_id: string;
  n: number;
  kind: 'delivery' | 'payment' | 'fee';
  from_account_id: string;
  to_account_id: string;
  asset: string;
  qty: Decimal;
  lot_qty: Decimal;
}

export interface Signatures {
  transaction_id: string;
  signer_id: string;
  signer_version: number;
  payload_hash: string;
  signature: string;
  signed_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface SignerSets {
  wallet_id: string;
  version: number;
  members: string[];
  threshold: number;
  transaction_id: string | null;
  valid_from: Instant;
  recorded_at: Generated<Instant>;
}

export interface StatementBalances {
  source: string;
  external_id: string;
  account_id: string;
  asset: string;
  balance: Decimal;
  as_of: Instant;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface StatementLines {
  id: GeneratedAlways<number>;
  source: string;
  external_id: string;
  account_id: string;
  asset: string;
  amount: Decimal;
  booked_at: Instant;
  reference: string | null;
  occurrence: number;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface StatementSources {
  source: string;
  recorded_at: Generated<Instant>;
}

export interface TransferEffects {
  from_status: string;
  to_status: string;
  effect: 'none' | 'reserve' | 'release' | 'capture';
}

export interface TransferEvents {
  transfer_id: string;
  version: number;
  from_status: string;
  status: 'submitted' | 'screening' | 'pending-approval' | 'queued' | 'pending-signature' | 'broadcasting' | 'confirming' | 'completed' | 'cancelling' | 'cancelled' | 'rejected' | 'blocked' | 'failed';
  effect: 'none' | 'reserve' | 'release' | 'capture';
  reason: string | null;
  actor: string | null;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Transfers {
  id: string;
  requester_id: string;
  idempotency_key: string;
  kind: 'deposit' | 'withdrawal' | 'internal';
  from_account_id: string;
  to_account_id: string;
  asset: string;
  amount: Decimal;
  address: string | null;
  status: 'submitted' | 'screening' | 'pending-approval' | 'queued' | 'pending-signature' | 'broadcasting' | 'confirming' | 'completed' | 'cancelling' | 'cancelled' | 'rejected' | 'blocked' | 'failed';
  reason: string | null;
  digest: string;
  policy_set_id: string | null;
  policy_version: number | null;
  rule_id: string | null;
  approval_request_id: string | null;
  transaction_hash: string | null;
  request_hash: string;
  source: string | null;
  source_seq: number | null;
  version: Generated<number>;
  requested_at: Instant;
  closed_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface Wallets {
  id: string;
  account_id: string | null;
  next_nonce: Generated<number>;
  signer_version: Generated<number>;
  request_hash: string;
  version: Generated<number>;
  opened_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface WhitelistEntries {
  id: string;
  asset: string;
  address: string;
  label: string | null;
  usable_from: Instant;
  status: Generated<'listed' | 'revoked'>;
  request_hash: string;
  added_at: Instant;
  revoked_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Tables {
  approval_eligibles: ApprovalEligibles;
  approval_groups: ApprovalGroups;
  approval_requests: ApprovalRequests;
  approval_votes: ApprovalVotes;
  approvers: Approvers;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  asset_calendars: AssetCalendars;
  break_events: BreakEvents;
  breaks: Breaks;
  business_days: BusinessDays;
  calendar_holidays: CalendarHolidays;
  calendars: Calendars;
  compliance_records: ComplianceRecords;
  custody_account_events: CustodyAccountEvents;
  custody_accounts: CustodyAccounts;
  dead_letters: DeadLetters;
  epoch: Epoch;
  facts_accounts: FactsAccounts;
  facts_approval_groups: FactsApprovalGroups;
  facts_approval_requests: FactsApprovalRequests;
  facts_approval_votes: FactsApprovalVotes;
  facts_approvers: FactsApprovers;
  facts_breaks: FactsBreaks;
  facts_checkpoints: FactsCheckpoints;
  facts_compliance: FactsCompliance;
  facts_events: FactsEvents;
  facts_holdings: FactsHoldings;
  facts_matches: FactsMatches;
  facts_movements: FactsMovements;
  facts_multisig_transactions: FactsMultisigTransactions;
  facts_net_obligations: FactsNetObligations;
  facts_netting_batches: FactsNettingBatches;
  facts_policies: FactsPolicies;
  facts_policy_usage: FactsPolicyUsage;
  facts_publications: FactsPublications;
  facts_reconciliation_runs: FactsReconciliationRuns;
  facts_reservations: FactsReservations;
  facts_settlement_events: FactsSettlementEvents;
  facts_settlement_fails: FactsSettlementFails;
  facts_settlement_legs: FactsSettlementLegs;
  facts_settlements: FactsSettlements;
  facts_transfer_events: FactsTransferEvents;
  facts_transfers: FactsTransfers;
  facts_wallets: FactsWallets;
  facts_whitelist: FactsWhitelist;
  holding_leaves: HoldingLeaves;
  holding_snapshots: HoldingSnapshots;
  holdings: Holdings;
  inbox_checkpoints: InboxCheckpoints;
  leases: Leases;
  liability_comparisons: LiabilityComparisons;
  match_items: MatchItems;
  match_rules: MatchRules;
  matches: Matches;
  movement_transactions: MovementTransactions;
  movements: Movements;
  multisig_transactions: MultisigTransactions;
  net_obligations: NetObligations;
  netting_batches: NettingBatches;
  outbox: Outbox;
  partitions: Partitions;
  policy_limits: PolicyLimits;
  policy_rules: PolicyRules;
  policy_sets: PolicySets;
  policy_usage: PolicyUsage;
  publications: Publications;
  reconciliation_runs: ReconciliationRuns;
  reservations: Reservations;
  run_fences: RunFences;
  settlement_delays: SettlementDelays;
  settlement_events: SettlementEvents;
  settlement_fails: SettlementFails;
  settlement_instructions: SettlementInstructions;
  settlement_legs: SettlementLegs;
  signatures: Signatures;
  signer_sets: SignerSets;
  statement_balances: StatementBalances;
  statement_lines: StatementLines;
  statement_sources: StatementSources;
  transfer_effects: TransferEffects;
  transfer_events: TransferEvents;
  transfers: Transfers;
  transitions: Transitions;
  wallets: Wallets;
  whitelist_entries: WhitelistEntries;
}
