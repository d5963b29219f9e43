export { acceptRestoredDatabase, replayEvents } from '../events/replay.ts';
export type { AdapterDefinition, AdminAccess, InstanceTarget } from './adapter-definition.ts';
export { type Patient, examine } from './doctor/doctor.ts';
export type { Finding } from './doctor/finding.ts';
export { dropInstance } from './drop-instance.ts';
export { type Facts, findFacts, openFacts } from './facts.ts';
export { type IdentityChecks, nothingToCompare, verified, verifyFence, verifyIdentity } from './identity-checks.ts';
export { type MigrateOptions, type Migrated, type MigrationProgress, migrate } from './migrate.ts';
export { type ProvisionOptions, type Provisioned, provision } from './provision.ts';
export {
  type Passwords,
  type RotateOptions,
  type StoreName,
  randomPassword,
  rotateCredentials,
} from './rotate-credentials.ts';
export { type RebuiltStates, type RecordedState, type Vector, lastEvents, rebuildStates } from './recorded-states.ts';
export type { Drift, SchemaStatus } from './schema-status.ts';
export { schemaTypes } from './schema-types.ts';
export { serversAnswer } from './servers-answer.ts';
export { status } from './status.ts';
export { snapshotFacts } from './snapshot-facts.ts';
export type {
  AdapterTooling,
  LoadContext,
  Loaded,
  RecordSnapshotContext,
  SchemaSnapshot,
  ToolContext,
  Verified,
  VerifyContext,
} from './tooling.ts';
export { type VerifyAdapterContext, verifyAdapter } from './verify-adapter.ts';
