import { type AdapterContext, openAdapter, queryBuilder } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import type { sql } from 'kysely';
import type { AuditOptions } from './config.ts';
import { type AuditAdapter, type RecordEvent, createAuditAdapter, definition } from './index.ts';
import type { Tables } from './schema.ts';

export interface TestAudit extends AsyncDisposable {
  readonly box: Sandbox<{ audit: typeof createAuditAdapter }>;
  readonly audit: AuditAdapter;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  facts(): Promise<Facts>;
  /** As the database's administrator, whom no trigger stops. */
  tamper(query: string): Promise<void>;
}

/** An event of a service without an outbox; each by default an aggregate of its own. */
export const event = (eventId: string, over: Partial<RecordEvent> = {}): RecordEvent => ({
  source: 'trading-engine',
  eventId,
  type: 'signal.decided',
  aggregateId: `a-${eventId}`,
  occurredAt: '2026-01-01T00:00:00.000001Z',
  payload: { of: eventId },
  ...over,
});

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

export async function testAudit(options: SandboxOptions & { options?: AuditOptions } = {}): Promise<TestAudit> {
  const box = await sandbox({ audit: createAuditAdapter }, options);
  const { audit } = box;
  const beside = openAdapter({ ...definition, options: { ...box.options('audit'), workers: false } });
  const besides = beside.mount();
  return {
    box,
    audit,
    stores: beside.context,
    facts: () => openFacts(definition, { instance: audit.identity.instance, admin: box.admin }),
    async tamper(query) {
      await using session = await openFacts(definition, { instance: audit.identity.instance, admin: box.admin });
      // Its rights as a reader end with its transaction.
      await session.query('rollback');
      await session.query(`set search_path = ${audit.identity.schema}; set timezone = 'UTC'`);
      await session.query(query);
    },
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Runs SQL with the rights of the adapter. */
export const asAdapter = <Row>({ pg: stores }: AdapterContext, query: ReturnType<typeof sql>): Promise<Row[]> =>
  stores.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) }) as Promise<Row[]>;
