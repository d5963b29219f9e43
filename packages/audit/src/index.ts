export { type AuditAdapter, createAuditAdapter } from './adapter.ts';
export { type AuditOptions, type SourceOption } from './config.ts';
export { definition } from './definition.ts';
export { type Anchor, type AnchorSink, fileAnchors } from './blocks/anchor-sink.ts';
export { type BlockHeader, blockHash } from './blocks/block-header.ts';
export {
  type AnchoredBlock,
  type Block,
  type BlockRefusal,
  type Blocks,
  type BundledTrail,
  type ConsistencyProof,
  type EventProof,
  type ExportBundle,
  type ListAnchors,
  type ListBlocks,
  type ProveConsistency,
  type ProveEvent,
  type VerifyTrail,
  exportBundle,
  listAnchors,
  listBlocks,
  proveConsistency,
  proveEvent,
  verifyTrail,
} from './blocks/blocks.ts';
export { type BundleFinding, type BundleVerdict, verifyBundle } from './blocks/bundle.ts';
export { type VerificationFinding, type VerificationReport } from './blocks/verification.ts';
export { verifyConsistencyProof, verifyEventProof } from './blocks/verify-proof.ts';
export {
  type ArchiveTrail,
  type ListPolicies,
  type ListSegments,
  type Retention,
  type RetentionPolicy,
  type RetentionRefusal,
  type Segment,
  type SetPolicy,
  archiveTrail,
  listPolicies,
  listSegments,
  setPolicy,
} from './retention/retention.ts';
export {
  type EraseSubject,
  type NameSubject,
  type OpenData,
  type RevealSubject,
  type RevealedSubject,
  type SealData,
  type Subject,
  type SubjectRefusal,
  type Subjects,
  eraseSubject,
  nameSubject,
  openData,
  revealSubject,
  sealData,
} from './subjects/subjects.ts';
export {
  type AddSource,
  type ChangeSource,
  type ListSources,
  type Source,
  type SourceRefusal,
  type Sources,
  addSource,
  changeSource,
  listSources,
} from './sources/sources.ts';
export { type Access, type AccessLog, type ListAccesses, listAccesses } from './access-log/access-log.ts';
export { causalTree } from './chains/causal-tree.ts';
export {
  type CausalChain,
  type ChainEvent,
  type ChainHop,
  type ChainRefusal,
  type Chains,
  type DerivedUpTo,
  type GetChain,
  type GetTrace,
  type LinkEvents,
  type LinkKind,
  type Trace,
  type TraceSummary,
  getChain,
  getTrace,
  linkEvents,
} from './chains/chains.ts';
export { type CriticalStep } from './chains/critical-path.ts';
export { type CorrelationKind } from './correlations/correlation-rules.ts';
export {
  type Correlation,
  type CorrelationBy,
  type CorrelationRefusal,
  type CorrelationRule,
  type Correlations,
  type DefineRule,
  type ListCorrelations,
  type ListRules,
  type RuleRun,
  type RunRule,
  defineRule,
  listCorrelations,
  listRules,
  runRule,
} from './correlations/correlations.ts';
export {
  type Export,
  type ExportQuery,
  type ExportRefusal,
  type Exports,
  type ListExports,
  type RecordExport,
  listExports,
  recordExport,
} from './exports/exports.ts';
export { type RootedCause, type RootedEvent, rootOf, rootedLeaf } from './roots/root-leaf.ts';
export { type ComputeRoot, type RootRefusal, type Roots, type ScenarioRoot, computeRoot } from './roots/roots.ts';
export { type RunStatus, runStatuses, runTransitions } from './runs/run-states.ts';
export {
  type EndRun,
  type ListRuns,
  type QuarantineRun,
  type RecoverRun,
  type RunManifest,
  type RunRefusal,
  type RunState,
  type Runs,
  type StartRun,
  endRun,
  listRuns,
  quarantineRun,
  recoverRun,
  startRun,
} from './runs/runs.ts';
export { type OtlpHandlerOptions, otlpHandler } from './telemetry/otlp-handler.ts';
export {
  type ListLogs,
  type ListSpans,
  type LogRecord,
  type RecordLog,
  type RecordSpan,
  type Span,
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type SpanStatus,
  type Telemetry,
  type TelemetryOutcome,
  type TelemetryRefusal,
  listLogs,
  listSpans,
  recordLog,
  recordSpan,
} from './telemetry/telemetry.ts';
export { type ClockCorrection } from './timelines/clock-corrections.ts';
export {
  type ClockOffset,
  type Dependency,
  type GetTimeline,
  type ListClockOffsets,
  type ListDependencies,
  type ListStats,
  type ObservedKind,
  type Quantiles,
  type Stats,
  type Timeline,
  type TimelineItem,
  type Timelines,
  getTimeline,
  listClockOffsets,
  listDependencies,
  listStats,
} from './timelines/timelines.ts';
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
