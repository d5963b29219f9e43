import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Projection,
  answers,
  currentContext,
  functionCall,
  instant,
  operation,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AccessLogRepository } from '../access-log/access-log.repository.ts';
import type { Tables } from '../schema.ts';
import { spanColumns, toSpan } from '../telemetry/telemetry.repository.ts';
import type { VersionedCopies } from '../versioned-copies.store.ts';
import {
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
} from './chains.ts';
import { criticalPath } from './critical-path.ts';

const db = queryBuilder<Tables>();
const MOST_OF_A_TRACE = 1000;

/** Without an event where that is archived: its links are still there. */
interface ChainRow extends Omit<EventRow, 'position'> {
  position: number | null;
  depth: number;
  via: number | null;
  kind: LinkKind | null;
  cut: boolean;
}
interface EventRow {
  position: number;
  source: string;
  event_id: string;
  type: string;
  aggregate: string;
  aggregate_id: string;
  occurred_at: Instant;
  written_at: Instant;
  correlation_id: string | null;
  causation_id: string | null;
  run_id: string | null;
}
const eventFields = sql.raw(
  `e.position, e.source, e.event_id, e.type, e.aggregate, e.aggregate_id, e.occurred_at,
  coalesce(e.source_recorded_at, e.recorded_at) as written_at, e.correlation_id, e.causation_id, e.run_id`,
);

const statements = {
  get: statement(
    'audit.chains.get',
    'read',
    (p: { eventId: string; source: string | undefined; depth: number; limit: number }) => ({
      compile: () =>
        sql<ChainRow>`
        select c.depth, c.via, c.kind, c.cut, ${eventFields}
        from (
          select s.position from events as s
          where s.event_id = ${p.eventId} and (${p.source}::text is null or s.source = ${p.source})
          order by s.position limit 1) as start
        cross join lateral causal_chain(start.position, ${p.depth}::integer, ${p.limit}::integer) as c
        left join events as e on e.position = c.position`.compile(db),
    }),
  ),
  link: functionCall(
    'audit.chains.link',
    'write',
    'link_events',
    ['effect', 'cause', 'kind', 'actor'],
    answers<{ outcome: ChainRefusal | 'ok' }>(),
  ),
  progress: statement('audit.chains.progress', 'read', () => ({
    compile: () =>
      sql<DerivedUpTo>`
        select p.position, h.position - p.position as behind from projections as p, trail_head as h where p.name = 'chains'`.compile(
        db,
      ),
  })),
  summary: statement('audit.chains.summary', 'read', (p: { traceId: string }) =>
    db
      .selectFrom('trace_summaries')
      .select([
        'trace_id',
        'events',
        'spans',
        'errors',
        'services',
        'roots',
        'waiting',
        'first_at',
        'last_at',
        'version',
      ])
      .where('trace_id', '=', p.traceId),
  ),
  trail: statement('audit.chains.trail', 'read', (p: { traceId: string }) => ({
    compile: () =>
      sql<EventRow>`select ${eventFields} from events as e where e.trace_id = ${p.traceId}
        order by e.position limit ${sql.lit(MOST_OF_A_TRACE)}`.compile(db),
  })),
  spans: statement('audit.chains.spans', 'read', (p: { traceId: string }) =>
    db
      .selectFrom('spans')
      .select(spanColumns)
      .where('trace_id', '=', p.traceId)
      .orderBy('started_at')
      .orderBy('span_id')
      .limit(MOST_OF_A_TRACE),
  ),
};

const orId = <Schema extends z.ZodType>(schema: Schema, field: string) =>
  z.preprocess((input) => (typeof input === 'string' ? { [field]: input } : input), schema);
const operations = {
  get: operation('audit.chains.get', orId(getChain, 'eventId')),
  link: operation('audit.chains.link', linkEvents),
  progress: operation('audit.chains.progress', z.strictObject({})),
  findTrace: operation('audit.chains.findTrace', orId(getTrace, 'traceId')),
};

export class ChainRepository implements Chains {
  readonly #context: AdapterContext;
  readonly #access: AccessLogRepository;
  readonly #traces: VersionedCopies<Trace>;
  readonly projection: Projection;

  constructor(context: AdapterContext, access: AccessLogRepository, traces: VersionedCopies<Trace>) {
    this.#context = context;
    this.#access = access;
    this.#traces = traces;
    this.projection = traces.projection(async (traceId) => {
      const summary = await context.pg.maybe(statements.summary, { traceId });
      return summary && { version: summary.version, value: await this.#assemble(toSummary(summary)) };
    });
  }

  get(input: string | GetChain, options?: CallOptions): Promise<CausalChain> {
    return this.#context.run(operations.get, input, options, async ({ eventId, source, maxDepth: depth, limit }) => {
      const rows = await this.#context.pg.many(statements.get, { eventId, source, depth, limit });
      if (rows.length === 0) throw refusal('unknown-event', { eventId });
      return this.#access.logged('audit.chains.get', { eventId, source }, toChain(rows), rows.length);
    });
  }

  link(input: LinkEvents, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.link, input, options, async ({ effect, cause, kind }) => {
      const { outcome } = await this.#context.pg.one(statements.link, {
        effect,
        cause,
        kind,
        actor: currentContext().actor,
      });
      if (outcome !== 'ok') throw refusal(outcome, { effect, cause }, { 'self-caused': 'cause' });
    });
  }

  progress(options?: CallOptions): Promise<DerivedUpTo> {
    return this.#context.run(operations.progress, {}, options, () =>
      this.#context.pg.one(statements.progress, undefined),
    );
  }

  findTrace(input: string | GetTrace, options?: CallOptions): Promise<Trace | undefined> {
    return this.#context.run(operations.findTrace, input, options, async ({ traceId }, { fresh }) => {
      const summary = await this.#context.pg.maybe(statements.summary, { traceId });
      if (!summary) return undefined;
      const version = `${summary.version}`;
      const copy = fresh ? undefined : await this.#traces.find(traceId, version);
      const trace = copy ?? (await this.#assemble(toSummary(summary)));
      if (!copy) await this.#traces.keep(traceId, version, trace);
      return this.#access.logged('audit.chains.findTrace', traceId, trace, trace.trail.length + trace.tree.length);
    });
  }

  async #assemble(summary: TraceSummary): Promise<Trace> {
    const { traceId } = summary;
    const [trail, rows] = await Promise.all([
      this.#context.pg.many(statements.trail, { traceId }),
      this.#context.pg.many(statements.spans, { traceId }),
    ]);
    const tree = rows.map(toSpan);
    return {
      ...summary,
      trail: trail.map(toChainEvent),
      tree,
      criticalPath: criticalPath(tree),
      truncated: trail.length < summary.events || tree.length < summary.spans,
    };
  }
}

function toChain(rows: readonly ChainRow[]): CausalChain {
  const here = rows.filter((row): row is ChainRow & EventRow => !row.cut && row.position !== null);
  const found = new Map(here.map((row) => [row.position, { row, event: toChainEvent(row) }]));
  const hops = [...found.values()].flatMap(({ row, event }): ChainHop[] => {
    const other = row.via === null ? undefined : found.get(row.via)?.event;
    if (!other) return [];
    const [cause, effect] = row.depth > 0 ? [other, event] : [event, other];
    return [
      {
        ...event,
        depth: row.depth,
        via: other.position,
        kind: row.kind!,
        hopMs: millisBetween(cause.writtenAt, effect.writtenAt),
        businessHopMs: millisBetween(cause.occurredAt, effect.occurredAt),
      },
    ];
  });
  const nearest = (a: ChainHop, b: ChainHop) => Math.abs(a.depth) - Math.abs(b.depth) || a.position - b.position;
  return {
    event: [...found.values()].find(({ row }) => row.depth === 0)!.event,
    causes: hops.filter(({ depth }) => depth < 0).sort(nearest),
    effects: hops.filter(({ depth }) => depth > 0).sort(nearest),
    truncated: rows.some(({ cut, position }) => cut || position === null),
  };
}

const millisBetween = (from: Instant, to: Instant): number => Number(instant.micros(to) - instant.micros(from)) / 1000;

const toChainEvent = (row: EventRow): ChainEvent => ({
  position: row.position,
  source: row.source,
  eventId: row.event_id,
  type: row.type,
  aggregate: row.aggregate,
  aggregateId: row.aggregate_id,
  occurredAt: row.occurred_at,
  writtenAt: row.written_at,
  ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.causation_id !== null && { causationId: row.causation_id }),
});

const toSummary = (row: NonNullable<(typeof statements.summary)['row']>): TraceSummary => ({
  traceId: row.trace_id,
  events: row.events,
  spans: row.spans,
  errors: row.errors,
  services: row.services,
  firstAt: row.first_at,
  lastAt: row.last_at,
  complete: row.roots > 0 && row.waiting === 0,
  version: row.version,
});
