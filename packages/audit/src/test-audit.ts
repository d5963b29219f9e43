import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, openAdapter, queryBuilder } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import { sql } from 'kysely';
import type { AuditOptions, SourceOption } from './config.ts';
import { identity } from './identity.ts';
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

/** Waits until everything that the trail holds is derived from: the workers that do so have to run. */
export async function derived({ stores }: TestAudit): Promise<void> {
  const left = sql`select h.position - d.position as left from trail_head as h, derived_up_to as d`;
  while ((await asAdapter<{ left: number }>(stores, left))[0]!.left > 0) await sleep(20);
}

/** Runs SQL with the rights of the adapter. */
export const asAdapter = <Row>({ pg: stores }: AdapterContext, query: ReturnType<typeof sql>): Promise<Row[]> =>
  stores.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) }) as Promise<Row[]>;

/** Another adapter's schema and stream, for the trail to read. */
export interface TestSource {
  readonly adapter: AuditAdapter;
  readonly option: SourceOption;
  readonly schema: string;
  readonly stores: AdapterContext;
  /** Writes events as business statements do, over so many aggregates; their ids are `<prefix>-<n>`. */
  write(count: number, options?: { aggregates?: number; prefix?: string }): Promise<void>;
  /** How many events its relay has numbered. */
  numbered(): Promise<number>;
}

export interface AuditWithSource extends TestAudit {
  readonly source: TestSource;
}

/** An audit adapter, and a second one whose stream it reads as it would read any other's. */
export async function testAuditWithSource(
  options: SandboxOptions & { options?: AuditOptions; configured?: boolean } = {},
): Promise<AuditWithSource> {
  const { configured = true, ...sandboxOptions } = options;
  const box = await sandbox(
    { source: createAuditAdapter, audit: createAuditAdapter },
    {
      ...sandboxOptions,
      options: { ...sandboxOptions.options, workers: false },
    },
  );
  const option: SourceOption = { ...identity, instance: box.source.identity.instance };
  const workers = options.options?.workers ?? true;
  const source = box.open('source', { workers: ['relay-events'] });
  const audit = box.open('audit', { workers, ...(configured && { sources: [option] }) });
  const sourceStores = openAdapter({ ...definition, options: { ...box.options('source'), workers: false } });
  const stores = openAdapter({ ...definition, options: { ...box.options('audit'), workers: false } });
  const besides = [sourceStores.mount(), stores.mount()];
  let written = 0;
  return {
    box,
    audit,
    stores: stores.context,
    facts: () => openFacts(definition, { instance: audit.identity.instance, admin: box.admin }),
    tamper: () => Promise.reject(new Error('nobody tampers here')),
    source: {
      adapter: source,
      option,
      schema: source.identity.schema,
      stores: sourceStores.context,
      async write(count, { aggregates = 10, prefix = 'e' } = {}) {
        await asAdapter(
          sourceStores.context,
          sql`insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, trace_id, correlation_id)
            select ${prefix} || '-' || (${written}::integer + i), 'thing.changed', 'thing', 't-' || (${written}::integer + i) % ${aggregates}::integer, ${written}::integer + i,
              jsonb_build_object('n', i, 'amount', '10.50', 'text', 'ä"' || i), '2026-01-01T00:00:00Z'::timestamptz + make_interval(secs => i), md5(i::text), 'flow-' || i % 7
            from generate_series(1, ${count}::integer) as i`,
        );
        written += count;
      },
      async numbered() {
        const [row] = await asAdapter<{ n: number }>(
          sourceStores.context,
          sql`select coalesce(max(last_publish_seq), 0) as n from publications`,
        );
        return row!.n;
      },
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(besides.map((each) => each.close()));
      await box[Symbol.asyncDispose]();
    },
  };
}
