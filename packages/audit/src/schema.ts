// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AccessLog {
  id: GeneratedAlways<number>;
  at: Generated<Instant>;
  actor: string | null;
  query_kind: string;
  filter_hash: string;
  rows: number;
  correlation_id: string | null;
}

export interface AggregateHeads {
  source: string;
  aggregate: string;
  aggregate_id: string;
  version: number;
}

export interface Anchors {
  sink: string;
  block: number;
  tree_root: Buffer;
  anchored_at: Instant;
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

export interface BlockHead {
  singleton: Generated<boolean>;
  n: Generated<number>;
  last_position: Generated<number>;
  hash: Generated<Buffer>;
}

export interface BlockNodes {
  level: number;
  n: number;
  hash: Buffer;
}

export interface Blocks {
  n: number;
  first_position: number;
  last_position: number;
  first_recorded_at: Instant;
  last_recorded_at: Instant;
  canon_version: number;
  merkle_root: Buffer;
  prev_hash: Buffer;
  hash: Buffer;
  tree_root: Buffer;
  sealed_at: Instant;
}

export interface ChainTotals {
  singleton: Generated<boolean>;
  linked: Generated<number>;
  unresolved: Generated<number>;
  roots: Generated<number>;
}

export interface ClockOffsets {
  parent: string;
  child: string;
  hour: Instant;
  offset_us: number;
  uncertainty_us: number;
  samples: number;
}

export interface Conflicts {
  id: GeneratedAlways<number>;
  source: string;
  event_id: string;
  position: number;
  offered: string;
  recorded_at: Generated<Instant>;
}

export interface CorrelationRules {
  rule_id: string;
  version: number;
  kind: 'same-id' | 'same-order' | 'time-window' | 'sequence';
  definition: ColumnType<unknown, string, string>;
  request_hash: string;
  defined_at: Instant;
  actor: string | null;
  recorded_at: Generated<Instant>;
}

export interface Correlations {
  rule_id: string;
  rule_version: number;
  input_hash: string;
  correlation_key: string;
  confidence: number;
  positions: number[];
  evidence: ColumnType<unknown, string, string>;
  first_at: Instant;
  last_at: Instant;
  recorded_at: Generated<Instant>;
}

export interface CurrentRuns {
  run_id: ColumnType<string, never, never>;
  binary_hash: ColumnType<string, never, never>;
  config_hash: ColumnType<string, never, never>;
  seed: ColumnType<string | null, never, never>;
  started_at: ColumnType<Instant, never, never>;
  request_hash: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  status: ColumnType<'running' | 'ended' | 'crashed-recovered' | 'quarantined', never, never>;
  high_watermark: ColumnType<number, never, never>;
  reason: ColumnType<string | null, never, never>;
  at: ColumnType<Instant, never, never>;
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

export interface DerivedUpTo {
  position: ColumnType<number, never, never>;
}

export interface Epoch {
  singleton: Generated<boolean>;
  epoch: string;
  started_at: Generated<Instant>;
}

export interface EventLinks {
  effect_position: number;
  cause_id: string;
  kind: 'caused-by' | 'follows-from' | 'links';
  cause_position: number | null;
  actor: string | null;
  recorded_at: Generated<Instant>;
}

export interface EventPartitions {
  partition_name: ColumnType<string | null, never, never>;
  lower_position: ColumnType<number | null, never, never>;
  upper_position: ColumnType<number | null, never, never>;
}

export interface Events {
  position: number;
  recorded_at: Instant;
  source: string;
  source_seq: number | null;
  event_id: string;
  type: string;
  schema_version: number;
  aggregate: string;
  aggregate_id: string;
  aggregate_version: number | null;
  occurred_at: Instant;
  source_recorded_at: Instant | null;
  trace_id: string | null;
  span_id: string | null;
  correlation_id: string | null;
  causation_id: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  answers_source: string | null;
  answers_seq: number | null;
  tags: string[] | null;
  payload: string;
  leaf_hash: Buffer;
}

export interface Exports {
  export_id: string;
  query: ColumnType<unknown, string, string>;
  watermark: number;
  events: number;
  sha256: string;
  verified: boolean;
  actor: string | null;
  exported_at: Instant;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface FactsAnchors {
  sink: ColumnType<string, never, never>;
  block: ColumnType<number, never, never>;
  tree_root: ColumnType<string | null, never, never>;
  anchored_at: ColumnType<Instant, never, never>;
}

export interface FactsBlocks {
  n: ColumnType<number, never, never>;
  first_position: ColumnType<number, never, never>;
  last_position: ColumnType<number, never, never>;
  merkle_root: ColumnType<string | null, never, never>;
  hash: ColumnType<string | null, never, never>;
  tree_root: ColumnType<string | null, never, never>;
  sealed_at: ColumnType<Instant, never, never>;
}

export interface FactsChainTotals {
  linked: ColumnType<number, never, never>;
  unresolved: ColumnType<number, never, never>;
  roots: ColumnType<number, never, never>;
}

export interface FactsCheckpoints {
  consumer: ColumnType<string, never, never>;
  source: ColumnType<string, never, never>;
  publish_seq: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsCorrelations {
  rule_id: ColumnType<string, never, never>;
  rule_version: ColumnType<number, never, never>;
  input_hash: ColumnType<string, never, never>;
  correlation_key: ColumnType<string, never, never>;
  confidence: ColumnType<number, never, never>;
  positions: ColumnType<number[], never, never>;
  first_at: ColumnType<Instant, never, never>;
  last_at: ColumnType<Instant, never, never>;
}

export interface FactsEventLinks {
  effect_position: ColumnType<number, never, never>;
  cause_id: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  cause_position: ColumnType<number | null, never, never>;
  actor: ColumnType<string | null, never, never>;
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

export interface FactsExports {
  export_id: ColumnType<string, never, never>;
  watermark: ColumnType<number, never, never>;
  events: ColumnType<number, never, never>;
  sha256: ColumnType<string, never, never>;
  verified: ColumnType<boolean, never, never>;
  exported_at: ColumnType<Instant, never, never>;
}

export interface FactsMinuteStats {
  minute: ColumnType<Instant, never, never>;
  kind: ColumnType<string | null, never, never>;
  service: ColumnType<string, never, never>;
  type: ColumnType<string, never, never>;
  count: ColumnType<number, never, never>;
  errors: ColumnType<number, never, never>;
  histogram: ColumnType<unknown, never, never>;
}

export interface FactsProjections {
  name: ColumnType<string, never, never>;
  position: ColumnType<number, never, never>;
  updated_at: ColumnType<Instant, never, never>;
}

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
}

export interface FactsRuns {
  run_id: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
  high_watermark: ColumnType<number, never, never>;
  at: ColumnType<Instant, never, never>;
}

export interface FactsSegments {
  first_position: ColumnType<number, never, never>;
  last_position: ColumnType<number, never, never>;
  first_block: ColumnType<number, never, never>;
  last_block: ColumnType<number, never, never>;
  archive: ColumnType<string, never, never>;
  archive_sha256: ColumnType<string, never, never>;
  source_seqs: ColumnType<unknown, never, never>;
  archived_at: ColumnType<Instant, never, never>;
}

export interface FactsSources {
  id: ColumnType<string | null, never, never>;
  name: ColumnType<string | null, never, never>;
  instance: ColumnType<string | null, never, never>;
  prefix: ColumnType<string | null, never, never>;
  start_after: ColumnType<number | null, never, never>;
  state: ColumnType<string | null, never, never>;
  checkpoint: ColumnType<number | null, never, never>;
}

export interface FactsSpans {
  trace_id: ColumnType<string, never, never>;
  span_id: ColumnType<string, never, never>;
  parent_span_id: ColumnType<string | null, never, never>;
  service: ColumnType<string, never, never>;
  kind: ColumnType<string | null, never, never>;
  started_at: ColumnType<Instant, never, never>;
  duration_ns: ColumnType<number, never, never>;
  status: ColumnType<string | null, never, never>;
}

export interface FactsTraces {
  trace_id: ColumnType<string, never, never>;
  events: ColumnType<number, never, never>;
  spans: ColumnType<number, never, never>;
  errors: ColumnType<number, never, never>;
  services: ColumnType<string[], never, never>;
  roots: ColumnType<number, never, never>;
  waiting: ColumnType<number, never, never>;
  first_at: ColumnType<Instant, never, never>;
  last_at: ColumnType<Instant, never, never>;
}

export interface FactsTrail {
  position: ColumnType<number, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
  source: ColumnType<string, never, never>;
  source_seq: ColumnType<number | null, never, never>;
  event_id: ColumnType<string, never, never>;
  type: ColumnType<string, never, never>;
  aggregate: ColumnType<string, never, never>;
  aggregate_id: ColumnType<string, never, never>;
  aggregate_version: ColumnType<number | null, never, never>;
  occurred_at: ColumnType<Instant, never, never>;
  correlation_id: ColumnType<string | null, never, never>;
  causation_id: ColumnType<string | null, never, never>;
  run_id: ColumnType<string | null, never, never>;
  fence: ColumnType<number | null, never, never>;
  payload_sha256: ColumnType<string | null, never, never>;
}

export interface FactsTrailHead {
  position: ColumnType<number, never, never>;
  recorded_at: ColumnType<Instant, never, never>;
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

export interface Logs {
  log_id: string;
  month: Instant;
  service: string;
  instance: string | null;
  at: Instant;
  severity: number | null;
  body: string;
  attributes: ColumnType<unknown, string, string>;
  trace_id: string | null;
  span_id: string | null;
  recorded_at: Instant;
}

export interface MinuteStats {
  minute: Instant;
  kind: 'event' | 'span';
  service: string;
  type: string;
  count: number;
  errors: number;
  histogram: ColumnType<unknown, string | undefined, string>;
}

export interface OpenCorrelations {
  rule_id: string;
  rule_version: number;
  correlation_key: string;
  members: ColumnType<unknown, string, string>;
  last_at: Instant;
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

export interface Projections {
  name: string;
  position: Generated<number>;
  updated_at: Generated<Instant>;
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

export interface Quarantine {
  id: GeneratedAlways<number>;
  received: string;
  reason: string;
  actor: string | null;
  recorded_at: Generated<Instant>;
}

export interface RetentionPolicies {
  version: number;
  keep_days: number | null;
  reason: string;
  actor: string | null;
  recorded_at: Generated<Instant>;
}

export interface RunFences {
  run_id: string;
  fence: number;
  recorded_at: Generated<Instant>;
}

export interface RunStates {
  run_id: string;
  version: number;
  status: 'running' | 'ended' | 'crashed-recovered' | 'quarantined';
  high_watermark: number;
  reason: string | null;
  actor: string | null;
  at: Instant;
  recorded_at: Generated<Instant>;
}

export interface Runs {
  run_id: string;
  binary_hash: string;
  config_hash: string;
  seed: string | null;
  actor: string | null;
  started_at: Instant;
  request_hash: string;
  recorded_at: Generated<Instant>;
}

export interface Segments {
  first_position: number;
  last_position: number;
  first_block: number;
  last_block: number;
  partition_name: string;
  archive: string;
  archive_bytes: number;
  archive_sha256: string;
  source_seqs: ColumnType<unknown, string, string>;
  archived_at: Instant;
}

export interface ServiceDependencies {
  day: string;
  kind: 'event' | 'span';
  parent: string;
  child: string;
  calls: number;
  errors: number;
  histogram: ColumnType<unknown, string | undefined, string>;
}

export interface Sources {
  id: string;
  name: string;
  prefix: string;
  instance: string | null;
  start_after: Generated<number>;
  state: Generated<'reading' | 'paused'>;
  version: Generated<number>;
  added_at: Generated<Instant>;
}

export interface SpanArrivals {
  id: GeneratedAlways<number>;
  trace_id: string;
  span_id: string;
  month: Instant;
}

export interface Spans {
  trace_id: string;
  span_id: string;
  month: Instant;
  parent_span_id: string | null;
  service: string;
  instance: string | null;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  started_at: Instant;
  duration_ns: number;
  status: 'unset' | 'ok' | 'error';
  status_message: string | null;
  attributes: ColumnType<unknown, string, string>;
  links: ColumnType<unknown, string, string>;
  events: ColumnType<unknown, string, string>;
  content_hash: string;
  recorded_at: Instant;
}

export interface Subjects {
  pseudonym: string;
  name_hash: Buffer | null;
  sealed_name: Buffer | null;
  key: Buffer | null;
  created_at: Instant;
  erased_at: Instant | null;
}

export interface TraceSummaries {
  trace_id: string;
  events: Generated<number>;
  spans: Generated<number>;
  errors: Generated<number>;
  services: string[];
  roots: Generated<number>;
  waiting: Generated<number>;
  first_at: Instant;
  last_at: Instant;
  version: Generated<number>;
}

export interface TrailHead {
  singleton: Generated<boolean>;
  position: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface Transitions {
  machine: string;
  from_status: string;
  to_status: string;
}

export interface WaitingSpans {
  trace_id: string;
  parent_span_id: string;
  span_id: string;
  month: Instant;
}

export interface Tables {
  access_log: AccessLog;
  aggregate_heads: AggregateHeads;
  anchors: Anchors;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  block_head: BlockHead;
  block_nodes: BlockNodes;
  blocks: Blocks;
  chain_totals: ChainTotals;
  clock_offsets: ClockOffsets;
  conflicts: Conflicts;
  correlation_rules: CorrelationRules;
  correlations: Correlations;
  current_runs: CurrentRuns;
  dead_letters: DeadLetters;
  derived_up_to: DerivedUpTo;
  epoch: Epoch;
  event_links: EventLinks;
  event_partitions: EventPartitions;
  events: Events;
  exports: Exports;
  facts_anchors: FactsAnchors;
  facts_blocks: FactsBlocks;
  facts_chain_totals: FactsChainTotals;
  facts_checkpoints: FactsCheckpoints;
  facts_correlations: FactsCorrelations;
  facts_event_links: FactsEventLinks;
  facts_events: FactsEvents;
  facts_exports: FactsExports;
  facts_minute_stats: FactsMinuteStats;
  facts_projections: FactsProjections;
  facts_publications: FactsPublications;
  facts_runs: FactsRuns;
  facts_segments: FactsSegments;
  facts_sources: FactsSources;
  facts_spans: FactsSpans;
  facts_traces: FactsTraces;
  facts_trail: FactsTrail;
  facts_trail_head: FactsTrailHead;
  inbox_checkpoints: InboxCheckpoints;
  leases: Leases;
  logs: Logs;
  minute_stats: MinuteStats;
  open_correlations: OpenCorrelations;
  outbox: Outbox;
  partitions: Partitions;
  projections: Projections;
  publications: Publications;
  quarantine: Quarantine;
  retention_policies: RetentionPolicies;
  run_fences: RunFences;
  run_states: RunStates;
  runs: Runs;
  segments: Segments;
  service_dependencies: ServiceDependencies;
  sources: Sources;
  span_arrivals: SpanArrivals;
  spans: Spans;
  subjects: Subjects;
  trace_summaries: TraceSummaries;
  trail_head: TrailHead;
  transitions: Transitions;
  waiting_spans: WaitingSpans;
}
