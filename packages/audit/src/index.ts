export { type AuditAdapter, createAuditAdapter } from './adapter.ts';
export { definition } from './definition.ts';
