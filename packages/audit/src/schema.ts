// GENERATED from the migrated database by `pnpm codegen`: do not edit.
import type { Instant } from '@tse/core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

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

export interface Conflicts {
  id: GeneratedAlways<number>;
  source: string;
  event_id: string;
  position: number;
  offered: string;
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

export interface DirectEventIds {
  source: string;
  event_id: string;
  position: number;
  recorded_at: Instant;
}

export interface Epoch {
  singleton: Generated<boolean>;
  epoch: string;
  started_at: Generated<Instant>;
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

export interface FactsPublications {
  stream: ColumnType<string, never, never>;
  last_publish_seq: ColumnType<number, never, never>;
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
  prefix: ColumnType<string | null, never, never>;
  start_after: ColumnType<number | null, never, never>;
  state: ColumnType<string | null, never, never>;
  checkpoint: ColumnType<number | null, never, never>;
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

export interface TrailHead {
  singleton: Generated<boolean>;
  position: Generated<number>;
  recorded_at: Generated<Instant>;
}

export interface Tables {
  aggregate_heads: AggregateHeads;
  anchors: Anchors;
  archive_gaps: ArchiveGaps;
  archive_watermarks: ArchiveWatermarks;
  block_head: BlockHead;
  block_nodes: BlockNodes;
  blocks: Blocks;
  conflicts: Conflicts;
  dead_letters: DeadLetters;
  direct_event_ids: DirectEventIds;
  epoch: Epoch;
  event_partitions: EventPartitions;
  events: Events;
  facts_anchors: FactsAnchors;
  facts_blocks: FactsBlocks;
  facts_checkpoints: FactsCheckpoints;
  facts_events: FactsEvents;
  facts_publications: FactsPublications;
  facts_segments: FactsSegments;
  facts_sources: FactsSources;
  facts_trail: FactsTrail;
  facts_trail_head: FactsTrailHead;
  inbox_checkpoints: InboxCheckpoints;
  leases: Leases;
  logs: Logs;
  outbox: Outbox;
  partitions: Partitions;
  publications: Publications;
  quarantine: Quarantine;
  retention_policies: RetentionPolicies;
  run_fences: RunFences;
  segments: Segments;
  sources: Sources;
  span_arrivals: SpanArrivals;
  spans: Spans;
  subjects: Subjects;
  trail_head: TrailHead;
}
