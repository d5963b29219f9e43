export { type AuditAdapter, createAuditAdapter } from './adapter.ts';
export { type AuditOptions, type SourceOption } from './config.ts';
export { definition } from './definition.ts';
export { type Anchor, type AnchorSink, fileAnchors } from './blocks/anchor-sink.ts';
export {
  type FindEvent,
  type IngestRefusal,
  type ListConflicts,
  type ListEvents,
  type ListQuarantined,
  type QuarantinedEvent,
  type RecordEvent,
  type RecordOutcome,
  type Trail,
  type TrailConflict,
  type TrailEvent,
  type TrailHead,
  findEvent,
  listConflicts,
  listEvents,
  listQuarantined,
  recordEvent,
} from './trail/trail.ts';
