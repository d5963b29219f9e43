import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  arrayLiteral,
  instant,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { AccessLogRepository } from '../access-log/access-log.repository.ts';
import type { Tables } from '../schema.ts';
import { spanColumns, toSpan } from '../telemetry/telemetry.repository.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { type ClockCorrection, type Offset, clockCorrections } from './clock-corrections.ts';
import { type LogHistogram, quantile } from './log-histogram.ts';
import { timelineOrder } from './timeline-order.ts';
import {
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
} from './timelines.ts';

const db = queryBuilder<Tables>();

interface ItemRow {
  position: number;
  source: string;
  type: string;
  occurred_at: Instant;
  written_at: Instant;
  trace_id: string | null;
  span_id: string | null;
  causes: number[];
}
interface StatsRow {
  from: Instant;
  kind: ObservedKind;
  service: string;
  type: string;
  count: number;
  errors: number;
  histogram: LogHistogram;
}
interface DependencyRow {
  kind: ObservedKind;
  parent: string;
  child: string;
  calls: number;
  errors: number;
  histogram: LogHistogram;
}

const spansOfTraces = statement('audit.timelines.spans', 'read', (p: { traceIds: string; limit: number }) =>
  db
    .selectFrom('spans')
    .select(spanColumns)
    .where('trace_id', '=', sql<string>`any(${p.traceIds}::text[])`)
    .orderBy('started_at')
    .orderBy('span_id')
    .limit(p.limit),
);

const offsetsOf = statement('audit.timelines.offsets', 'read', (p: { clocks: string; from: Instant; to: Instant }) => ({
  compile: () =>
    sql<Offset>`
      select distinct on (o.parent, o.child) o.parent, o.child, o.offset_us as "offsetUs", o.uncertainty_us as "uncertaintyUs"
      from clock_offsets as o
      where o.parent = any(${p.clocks}::text[]) and o.child = any(${p.clocks}::text[])
        and o.hour between ${p.from}::timestamptz - interval '1 hour' and ${p.to}::timestamptz
      order by o.parent, o.child, o.uncertainty_us`.compile(db),
}));

const operations = {
  get: operation('audit.timelines.get', getTimeline),
  listStats: operation('audit.timelines.listStats', listStats),
  listDependencies: operation('audit.timelines.listDependencies', listDependencies),
  listClockOffsets: operation('audit.timelines.listClockOffsets', listClockOffsets),
};

export class TimelineRepository implements Timelines {
  readonly #context: AdapterContext;
  readonly #access: AccessLogRepository;

  constructor(context: AdapterContext, access: AccessLogRepository) {
    this.#context = context;
    this.#access = access;
  }

  get(input: GetTimeline, options?: CallOptions): Promise<Timeline> {
    return this.#context.run(operations.get, input, options, async ({ limit, ...of }) => {
      const rows = await this.#events(of, limit);
      const traceIds = new Set(rows.flatMap(({ trace_id: id }) => (id === null ? [] : [id])));
      if (of.traceId !== undefined) traceIds.add(of.traceId);
      const spans = await this.#context.pg.many(spansOfTraces, { traceIds: arrayLiteral([...traceIds]), limit });
      const timeline = await this.#timeline(rows, spans.map(toSpan));
      const found = { ...timeline, truncated: rows.length === limit || spans.length === limit };
      return this.#access.logged('audit.timelines.get', of, found, found.items.length);
    });
  }

  listStats(input: ListStats, options?: CallOptions): Listing<Stats> {
    return listing(input, (page) =>
      this.#context.run(operations.listStats, page, options, async (given) => {
        const { kind, service, type, from, to, step, cursor: after, limit } = given;
        const where = [
          sql`m.minute >= date_trunc('minute', ${from}::timestamptz) and m.minute < ${to}::timestamptz`,
          ...(kind === undefined ? [] : [sql`m.kind = ${kind}`]),
          ...(service === undefined ? [] : [sql`m.service = ${service}`]),
          ...(type === undefined ? [] : [sql`m.type = ${type}`]),
        ];
        const beyond = after
          ? sql`where (s."from", s.kind, s.service, s.type) > (${after[0]}::timestamptz, ${after[1]}, ${after[2]}, ${after[3]})`
          : sql``;
        const query = sql<StatsRow>`
          select s."from", s.kind, s.service, s.type, s.count, s.errors, (
            select coalesce(jsonb_object_agg(b.bucket, b.count), '{}')
            from (select e.key as bucket, sum(e.value::bigint) as count from unnest(s.histograms) as h, jsonb_each_text(h) as e group by e.key) as b
          ) as histogram
          from (
            select date_trunc(${step}, m.minute, 'UTC') as "from", m.kind::text as kind, m.service, m.type,
              sum(m.count)::bigint as count, sum(m.errors)::bigint as errors, array_agg(m.histogram) as histograms
            from minute_stats as m where ${sql.join(where, sql` and `)} group by 1, 2, 3, 4) as s
          ${beyond} order by s."from", s.kind, s.service, s.type limit ${limit + 1}`;
        const rows = await this.#context.pg.query<StatsRow>('audit.timelines.listStats', 'replica', built(query));
        return toPage(
          rows.map(({ histogram, ...row }): Stats => ({ ...row, ...quantilesOf(histogram) })),
          limit,
          (row) => [row.from, row.kind, row.service, row.type],
        );
      }),
    );
  }

  listDependencies(input: ListDependencies, options?: CallOptions): Listing<Dependency> {
    return listing(input, (page) =>
      this.#context.run(operations.listDependencies, page, options, async (given) => {
        const { kind, service, from, to, cursor: after, limit } = given;
        const where = [
          sql`d.day >= (${from}::timestamptz at time zone 'UTC')::date`,
          sql`d.day <= (${to}::timestamptz at time zone 'UTC' - interval '1 microsecond')::date`,
          ...(kind === undefined ? [] : [sql`d.kind = ${kind}`]),
          ...(service === undefined ? [] : [sql`(d.parent = ${service} or d.child = ${service})`]),
        ];
        const beyond = after ? sql`where (s.kind, s.parent, s.child) > (${after[0]}, ${after[1]}, ${after[2]})` : sql``;
        const query = sql<DependencyRow>`
          select s.kind, s.parent, s.child, s.calls, s.errors, (
            select coalesce(jsonb_object_agg(b.bucket, b.count), '{}')
            from (select e.key as bucket, sum(e.value::bigint) as count from unnest(s.histograms) as h, jsonb_each_text(h) as e group by e.key) as b
          ) as histogram
          from (
            select d.kind::text as kind, d.parent, d.child, sum(d.calls)::bigint as calls, sum(d.errors)::bigint as errors,
              array_agg(d.histogram) as histograms
            from service_dependencies as d where ${sql.join(where, sql` and `)} group by 1, 2, 3) as s
          ${beyond} order by s.kind, s.parent, s.child limit ${limit + 1}`;
        const rows = await this.#context.pg.query<DependencyRow>(
          'audit.timelines.listDependencies',
          'replica',
          built(query),
        );
        return toPage(
          rows.map(({ histogram, ...row }): Dependency => ({ ...row, ...quantilesOf(histogram) })),
          limit,
          (row) => [row.kind, row.parent, row.child],
        );
      }),
    );
  }

  listClockOffsets(input: ListClockOffsets = {}, options?: CallOptions): Listing<ClockOffset> {
    return listing(input, (page) =>
      this.#context.run(
        operations.listClockOffsets,
        page,
        options,
        async ({ clock, from, to, cursor: after, limit }) => {
          let query = db
            .selectFrom('clock_offsets')
            .select(['parent', 'child', 'hour', 'offset_us as offsetUs', 'uncertainty_us as uncertaintyUs', 'samples'])
            .orderBy('hour')
            .orderBy('parent')
            .orderBy('child')
            .limit(limit + 1);
          if (clock !== undefined)
            query = query.where((eb) => eb.or([eb('parent', '=', clock), eb('child', '=', clock)]));
          if (from !== undefined) query = query.where('hour', '>=', from);
          if (to !== undefined) query = query.where('hour', '<', to);
          if (after)
            query = query.where(
              sql<boolean>`(hour, parent, child) > (${after[0]}::timestamptz, ${after[1]}, ${after[2]})`,
            );
          const rows = await this.#context.pg.query('audit.timelines.listClockOffsets', 'replica', query);
          return toPage(rows, limit, (row) => [row.hour, row.parent, row.child]);
        },
      ),
    );
  }

  #events(
    of: { traceId?: string | undefined; correlationId?: string | undefined; run?: string | undefined },
    limit: number,
  ): Promise<ItemRow[]> {
    const [column, value] =
      of.traceId !== undefined
        ? ['trace_id', of.traceId]
        : of.correlationId !== undefined
          ? ['correlation_id', of.correlationId]
          : ['run_id', of.run];
    const query = sql<ItemRow>`
      select e.position, e.source, e.type, e.occurred_at, coalesce(e.source_recorded_at, e.recorded_at) as written_at, e.trace_id, e.span_id,
        array(select l.cause_position from event_links as l where l.effect_position = e.position and l.cause_position is not null) as causes
      from events as e where ${sql.ref(`e.${column}`)} = ${value} order by e.position limit ${limit}`;
    return this.#context.pg.query<ItemRow>('audit.timelines.get', 'read', built(query));
  }

  async #timeline(rows: readonly ItemRow[], spans: readonly Span[]): Promise<Omit<Timeline, 'truncated'>> {
    const corrections = await this.#corrections(spans);
    const events = rows.map((row): TimelineItem & { place: number } => ({
      kind: 'event',
      key: `event ${row.position}`,
      service: row.source,
      type: row.type,
      at: row.written_at,
      occurredAt: row.occurred_at,
      position: row.position,
      ...(row.span_id !== null && { spanId: row.span_id }),
      causes: [
        ...row.causes.map((cause) => `event ${cause}`),
        ...(row.span_id === null ? [] : [`span ${row.trace_id} ${row.span_id}`]),
      ],
      place: row.position,
    }));
    const worked = spans.map((span): TimelineItem & { place: number } => {
      const correction = corrections.get(clockOf(span));
      return {
        kind: 'span',
        key: `span ${span.traceId} ${span.spanId}`,
        service: span.service,
        type: span.name,
        at: span.startedAt,
        ...(correction && { adjustedAt: plusMicros(span.startedAt, -correction.offsetUs) }),
        spanId: span.spanId,
        durationNs: span.durationNs,
        causes: [
          ...(span.parentSpanId === undefined ? [] : [`span ${span.traceId} ${span.parentSpanId}`]),
          ...span.links.map((link) => `span ${link.traceId} ${link.spanId}`),
        ],
        place: 0,
      };
    });
    const items = [...worked, ...events];
    const keys = new Set(items.map(({ key }) => key));
    const ordered = timelineOrder(
      items.map((item) => ({
        key: item.key,
        at: instant.micros(item.adjustedAt ?? item.at),
        place: item.place,
        causes: item.causes,
        item,
      })),
    );
    return {
      items: ordered.map(({ item: { place: _, causes, ...item } }) => ({
        ...item,
        causes: causes.filter((cause) => keys.has(cause)),
      })),
      corrections: [...corrections.values()],
    };
  }

  async #corrections(spans: readonly Span[]): Promise<Map<string, ClockCorrection>> {
    const clocks = [...new Set(spans.map(clockOf))];
    if (clocks.length < 2) return new Map();
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const root = spans.find(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)) ?? spans[0]!;
    const offsets = await this.#context.pg.many(offsetsOf, {
      clocks: arrayLiteral(clocks),
      from: spans[0]!.startedAt,
      to: spans.at(-1)!.startedAt,
    });
    return clockCorrections(offsets, clockOf(root));
  }
}

/** As `project_spans` names it. */
const clockOf = ({ service, instance }: Span): string => (instance === undefined ? service : `${service}/${instance}`);

const plusMicros = (at: Instant, us: number): Instant => instant.fromMicros(instant.micros(at) + BigInt(us));

function quantilesOf(histogram: LogHistogram): Quantiles {
  const [p50Us, p95Us, p99Us] = [0.5, 0.95, 0.99].map((q) => quantile(histogram, q));
  return p50Us === undefined ? {} : { p50Us, p95Us: p95Us!, p99Us: p99Us! };
}

const built = <Row>(query: ReturnType<typeof sql<Row>>) => ({ compile: () => query.compile(db) });
