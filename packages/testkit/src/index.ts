export { type ManualClock, manualClock } from './clock/manual-clock.ts';
export { seededIds } from './clock/seeded-ids.ts';
export { describeAdapter } from './contract/describe-adapter.ts';
export type { AdapterContract } from './contract/subject.ts';
export { type FaultProxy, type ProxyOptions, type Strike, type StrikeOptions, startProxy } from './faults/proxy.ts';
export type { SandboxDefinition } from './sandbox/own-instance.ts';
export { wireInbox } from './sandbox/wired-inbox.ts';
export {
  type AdapterFactory,
  type Box,
  type Factories,
  type Sandbox,
  type SandboxOptions,
  sandbox,
} from './sandbox/sandbox.ts';
export type { NextOptions, PublishedEvent, SandboxEvents } from './sandbox/stream-events.ts';
export type { ProvidedServers } from './vitest/provided.ts';
