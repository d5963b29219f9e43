// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AllLogs {
  run_id: ColumnType<string, never, never>;
  item_id: ColumnType<string | null, never, never>;
  n: ColumnType<number, never, never>;
  level: ColumnType<string, never, never>;
  text: ColumnType<string, never, never>;
  attachment: ColumnType<unknown, never, never>;
  at: ColumnType<Instant, never, never>;
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

export interface CaseHistories {
  case_hash: ColumnType<string, never, never>;
  name: ColumnType<string, never, never>;
  runs: ColumnType<number | null, never, never>;
  passed: ColumnType<number | null, never, never>;
  failed: ColumnType<number | null, never, never>;
  flips: ColumnType<number | null, never, never>;
  last_outcomes: ColumnType<string[] | null, never, never>;
  first_failed_at: ColumnType<Instant | null, never, never>;
  last_at: ColumnType<Instant | null, never, never>;
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

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
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

export interface FactsFaultEvents {
  fault_id: ColumnType<string | null, never, never>;
  version: ColumnType<number | null, never, never>;
  state: ColumnType<string | null, never, never>;
  occurred_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsFaults {
  id: ColumnType<string, never, never>;
  run_id: ColumnType<string, never, never>;
  fence: ColumnType<number, never, never>;
  target: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  state: ColumnType<string | null, never, never>;
  version: ColumnType<number, never, never>;
  planned_at: ColumnType<Instant, never, never>;
  must_end_by: ColumnType<Instant, never, never>;
  injected_at: ColumnType<Instant | null, never, never>;
  detected_at: ColumnType<Instant | null, never, never>;
  ended_at: ColumnType<Instant | null, never, never>;
  run_status: ColumnType<string | null, never, never>;
}

export interface FactsJobs {
  id: ColumnType<string, never, never>;
  state: ColumnType<string | null, never, never>;
  pending_dependencies: ColumnType<number, never, never>;
  attempts: ColumnType<number, never, never>;
  token: ColumnType<number, never, never>;
  schedule_id: ColumnType<string | null, never, never>;
  nominal_at: ColumnType<Instant | null, never, never>;
  unresolved: ColumnType<number | null, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsResults {
  run_id: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  name: ColumnType<string, never, never>;
  verdict: ColumnType<string | null, never, never>;
  fence: ColumnType<number, never, never>;
  verified_at: ColumnType<Instant, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface FactsRunEvents {
  run_id: ColumnType<string | null, never, never>;
  version: ColumnType<number | null, never, never>;
  status: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  occurred_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant | null, never, never>;
  publish_seq: ColumnType<number | null, never, never>;
}

export interface FactsRuns {
  id: ColumnType<string, never, never>;
  scenario_id: ColumnType<string, never, never>;
  scenario_version: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
  deviated: ColumnType<boolean, never, never>;
  fence: ColumnType<number | null, never, never>;
  lock_name: ColumnType<string | null, never, never>;
  seed: ColumnType<string, never, never>;
  score: ColumnType<number | null, never, never>;
  version: ColumnType<number, never, never>;
  requested_at: ColumnType<Instant, never, never>;
  started_at: ColumnType<Instant | null, never, never>;
  ended_at: ColumnType<Instant | null, never, never>;
}

export interface FactsScheduleFires {
  schedule_id: ColumnType<string, never, never>;
  nominal_at: ColumnType<Instant, never, never>;
  outcome: ColumnType<'on-time' | 'late' | 'missed' | 'skipped-overlap', never, never>;
  job_id: ColumnType<string | null, never, never>;
  fired_at: ColumnType<Instant, never, never>;
}

export interface FactsStepRuns {
  run_id: ColumnType<string, never, never>;
  path: ColumnType<string, never, never>;
  attempt: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
  fence: ColumnType<number, never, never>;
  started_at: ColumnType<Instant, never, never>;
  ended_at: ColumnType<Instant | null, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
}

export interface FaultEvents {
  fault_id: string;
  version: number;
  state: 'planned' | 'injecting' | 'injected' | 'undoing' | 'undone' | 'withdrawn' | 'failed';
  reason: string | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Faults {
  id: string;
  run_id: string;
  fence: number;
  path: string | null;
  target: string;
  kind: 'service-restart' | 'service-kill' | 'network-partition' | 'network-latency' | 'network-packet-loss' | 'cpu-stress' | 'memory-stress' | 'disk-io-stress' | 'clock-skew' | 'price-shift' | 'price-divergence' | 'price-crash' | 'depeg' | 'order-spam' | 'settlement-delay' | 'settlement-failure' | 'limit-change' | 'data-corruption';
  params: ColumnType<unknown, string | undefined, string>;
  undo: ColumnType<unknown, string | undefined, string>;
  state: Generated<'planned' | 'injecting' | 'injected' | 'undoing' | 'undone' | 'withdrawn' | 'failed'>;
  reason: string | null;
  undo_attempts: Generated<number>;
  data_loss_count: number | null;
  request_hash: string;
  version: Generated<number>;
  planned_at: Instant;
  must_end_by: Instant;
  injected_at: Instant | null;
  detected_at: Instant | null;
  undo_after: Instant | null;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface HypothesisResults {
  run_id: string;
  phase: 'before' | 'during' | 'after';
  met: boolean;
  deviations: ColumnType<unknown, string, string>;
  fence: number;
  verified_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface InboxCheckpoints {
  consumer: string;
  source: string;
  publish_seq: number;
  updated_at: Generated<Instant>;
}

export interface InvariantResults {
  run_id: string;
  name: string;
  n: number;
  phase: 'before' | 'during' | 'after';
  severity: Generated<'info' | 'warning' | 'error'>;
  passed: boolean;
  compared: number;
  watermark: ColumnType<unknown, string, string>;
  samples: ColumnType<unknown, string | undefined, string>;
  fence: number;
  checked_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface JobDependencies {
  child_id: string;
  parent_id: string;
  on_failure: 'block' | 'skip' | 'run';
  resolved: Generated<boolean>;
}

export interface Jobs {
  id: string;
  n: GeneratedAlways<number>;
  scenario_id: string;
  scenario_version: number | null;
  parameters: ColumnType<unknown, string | undefined, string>;
  lock_name: string | null;
  state: 'blocked' | 'ready' | 'claimed' | 'completed' | 'skipped' | 'canceled' | 'dead';
  exclusive_key: string | null;
  priority: Generated<number>;
  start_after: Instant;
  pending_dependencies: Generated<number>;
  attempts: Generated<number>;
  max_attempts: Generated<number>;
  backoff: Generated<unknown>;
  holder: string | null;
  token: Generated<number>;
  claimed_until: Instant | null;
  schedule_id: string | null;
  nominal_at: Instant | null;
  error: string | null;
  cancel_requested: Generated<boolean>;
  request_hash: string;
  created_at: Instant;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface KeptLogs {
  run_id: string;
  item_id: string | null;
  n: number;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
  attachment: ColumnType<unknown, string | null | undefined, string | null>;
  at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Leases {
  name: string;
  holder: string;
  fence: number;
  expires_at: Instant;
}

export interface Logs {
  run_id: string;
  item_id: string | null;
  n: number;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
  attachment: ColumnType<unknown, string | null | undefined, string | null>;
  at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Operations {
  run_id: string;
  n: number;
  process: string;
  type: 'invoke' | 'ok' | 'fail' | 'info';
  f: string;
  key: string | null;
  value: ColumnType<unknown, string | null | undefined, string | null>;
  at: Instant;
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

export interface ProbeResults {
  run_id: string;
  path: string;
  probe: string;
  mode: 'start' | 'end' | 'edge' | 'continuous' | 'on-chaos';
  iteration: number;
  assertion: 'service-health' | 'response-time' | 'data-consistency' | 'audit-trail' | 'error-rate' | 'throughput' | 'latency' | 'availability' | 'recovery-time';
  verdict: 'passed' | 'failed' | 'skipped' | 'error';
  expected: string | null;
  actual: string | null;
  error: string | null;
  weight: Generated<number>;
  attempts: Generated<number>;
  latency_ms: number | null;
  correlation_id: string | null;
  fence: number;
  verified_at: Instant;
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

export interface ReportItems {
  run_id: string;
  id: string;
  parent_id: string | null;
  n: number;
  type: 'suite' | 'test' | 'step';
  name: string;
  status: 'passed' | 'failed' | 'skipped' | 'error';
  case_hash: string;
  parameters: ColumnType<unknown, string | undefined, string>;
  retry_of: string | null;
  error: string | null;
  started_at: Instant;
  ended_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface RunEvents {
  run_id: string;
  version: number;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'aborted' | 'interrupted';
  deviated: boolean;
  fence: number | null;
  reason: string | null;
  event_id: string;
  occurred_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface Runs {
  id: string;
  scenario_id: string;
  scenario_version: number;
  status: Generated<'queued' | 'running' | 'completed' | 'failed' | 'aborted' | 'interrupted'>;
  deviated: Generated<boolean>;
  lock_name: string | null;
  fence: number | null;
  seed: string;
  parameters: ColumnType<unknown, string, string>;
  recipe: ColumnType<unknown, string, string>;
  environment: string | null;
  replay_of: string | null;
  rollback: Generated<'always' | 'never' | 'default' | 'deviated'>;
  score: number | null;
  exit_code: number | null;
  error: string | null;
  abort_reason: string | null;
  protected: Generated<boolean>;
  request_hash: string;
  version: Generated<number>;
  requested_at: Instant;
  started_at: Instant | null;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface ScenarioVersions {
  scenario_id: string;
  version: number;
  spec: ColumnType<unknown, string, string>;
  spec_text: string;
  spec_hash: string;
  template_id: string | null;
  template_version: number | null;
  parameters: ColumnType<unknown, string | null | undefined, string | null>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Scenarios {
  id: string;
  name: string;
  type: 'service-restart' | 'network-partition' | 'network-latency' | 'resource-exhaustion' | 'data-corruption' | 'strategy-malfunction' | 'price-divergence' | 'market-crash' | 'stablecoin-depeg' | 'settlement-failure' | 'combined';
  description: string | null;
  tags: Generated<string[]>;
  status: Generated<'draft' | 'active' | 'archived' | 'deprecated'>;
  active_version: number;
  last_version: number;
  created_by: string | null;
  version: Generated<number>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface ScheduleFires {
  schedule_id: string;
  nominal_at: Instant;
  outcome: 'on-time' | 'late' | 'missed' | 'skipped-overlap';
  job_id: string | null;
  event_id: string;
  fired_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Schedules {
  id: string;
  scenario_id: string;
  scenario_version: number | null;
  cron: string;
  time_zone: string;
  overlap: Generated<'skip' | 'buffer' | 'cancel' | 'allow'>;
  catchup: Generated<unknown>;
  parameters: ColumnType<unknown, string | undefined, string>;
  lock_name: string | null;
  paused: Generated<boolean>;
  next_at: Instant | null;
  request_hash: string;
  version: Generated<number>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface SnapshotItems {
  snapshot_id: string;
  schema_name: string;
  object: string;
  row_count: number;
  sums: ColumnType<unknown, string | undefined, string>;
  checksum: string;
}

export interface Snapshots {
  id: string;
  run_id: string;
  phase: 'before' | 'during' | 'after';
  watermarks: ColumnType<unknown, string, string>;
  request_hash: string;
  fence: number;
  taken_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface StepRuns {
  run_id: string;
  path: string;
  attempt: number;
  status: Generated<'running' | 'passed' | 'failed' | 'skipped' | 'error'>;
  output: ColumnType<unknown, string | null | undefined, string | null>;
  error: string | null;
  fence: number;
  started_at: Instant;
  ended_at: Instant | null;
  recorded_at: Generated<Instant>;
}

export interface Steps {
  scenario_id: string;
  version: number;
  path: string;
  n: number;
  kind: 'serial' | 'parallel' | 'wait' | 'fault' | 'probe';
  name: string;
  deadline_ms: number | null;
  spec: ColumnType<unknown, string, string>;
}

export interface Templates {
  id: string;
  version: number;
  body_text: string;
  body_hash: string;
  parameters: ColumnType<unknown, string, string>;
  created_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface TriageRules {
  id: string;
  pattern: string;
  issue_type: 'product' | 'automation' | 'system' | 'to-investigate' | 'no-defect';
  ticket: string | null;
  recorded_at: Generated<Instant>;
}

export interface Triages {
  run_id: string;
  item_id: string;
  n: number;
  issue_type: 'product' | 'automation' | 'system' | 'to-investigate' | 'no-defect';
  comment: string | null;
  ticket: string | null;
  automatic: boolean;
  actor: string | null;
  triaged_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Tables {
  all_logs: AllLogs;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  case_histories: CaseHistories;
  dead_letters: DeadLetters;
  epoch: Epoch;
  facts_checkpoints: FactsCheckpoints;
  facts_events: FactsEvents;
  facts_fault_events: FactsFaultEvents;
  facts_faults: FactsFaults;
  facts_jobs: FactsJobs;
  facts_publications: FactsPublications;
  facts_results: FactsResults;
  facts_run_events: FactsRunEvents;
  facts_runs: FactsRuns;
  facts_schedule_fires: FactsScheduleFires;
  facts_step_runs: FactsStepRuns;
  fault_events: FaultEvents;
  faults: Faults;
  hypothesis_results: HypothesisResults;
  inbox_checkpoints: InboxCheckpoints;
  invariant_results: InvariantResults;
  job_dependencies: JobDependencies;
  jobs: Jobs;
  kept_logs: KeptLogs;
  leases: Leases;
  logs: Logs;
  operations: Operations;
  outbox: Outbox;
  partitions: Partitions;
  probe_results: ProbeResults;
  publications: Publications;
  report_items: ReportItems;
  run_events: RunEvents;
  run_fences: RunFences;
  runs: Runs;
  scenario_versions: ScenarioVersions;
  scenarios: Scenarios;
  schedule_fires: ScheduleFires;
  schedules: Schedules;
  snapshot_items: SnapshotItems;
  snapshots: Snapshots;
  step_runs: StepRuns;
  steps: Steps;
  templates: Templates;
  transitions: Transitions;
  triage_rules: TriageRules;
  triages: Triages;
}
