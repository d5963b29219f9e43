import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@tse/core';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { RecordEvent, RecordSpan } from './index.ts';
import { type TestAudit, asAdapter, event, testAudit } from './test-audit.ts';

const now = systemClock.now();
const hex = (n: number, digits: number) => (n + 1).toString(16).padStart(digits, '0');

/** Events whose causes come before or after them, or never, in a few traces and minutes. */
const events = (count: number): RecordEvent[] =>
  Array.from({ length: count }, (_, i) =>
    event(`e${i}`, {
      source: `source-${i % 3}`,
      type: i % 7 === 0 ? 'thing.failed' : 'thing.done',
      occurredAt: `2026-01-01T00:0${i % 5}:00Z`,
      traceId: hex(i % 11, 32),
      ...(i % 5 !== 0 && { causationId: i % 13 === 0 ? `command-${i}` : `e${(i * 7) % count}` }),
    }),
  );

/** Spans in trees, the children before their parents as often as after them; some parents never come. */
const spans = (count: number): RecordSpan[] =>
  Array.from({ length: count }, (_, i) => ({
    traceId: hex(i % 11, 32),
    spanId: hex(i, 16),
    ...(i % 6 !== 0 && {
      parentSpanId: hex(i % 17 === 0 ? i + 1_000_000 : ((i * 5) % count) + ((i - ((i * 5) % count)) % 11), 16),
    }),
    service: `service-${i % 4}`,
    name: 'work',
    kind: i % 2 ? 'server' : 'client',
    startedAt: now,
    durationNs: (i % 50) * 1000,
    status: i % 9 === 0 ? 'error' : 'ok',
  }));

/** What is derived, and the same counted anew from what it is derived from. */
const identities = {
  links: [
    sql`select effect_position, cause_id, cause_position is null as waits from event_links order by 1, 2`,
    sql`select e.position as effect_position, e.causation_id as cause_id,
      not exists (select from events as c where c.event_id = e.causation_id and c.position <> e.position) as waits
      from events as e where e.causation_id is not null order by 1, 2`,
  ],
  totals: [
    sql`select linked, unresolved, roots from chain_totals`,
    sql`select count(*) filter (where c.position is not null) as linked, count(*) filter (where e.causation_id is not null and c.position is null) as unresolved,
      count(*) filter (where e.causation_id is null) as roots
      from events as e left join lateral (select c.position from events as c where c.event_id = e.causation_id and c.position <> e.position limit 1) as c on true`,
  ],
  traces: [
    sql`select trace_id, events, spans, errors, services, roots, waiting from trace_summaries order by trace_id`,
    sql`select t.trace_id, coalesce(e.n, 0) as events, coalesce(s.n, 0) as spans, coalesce(e.errors, 0) + coalesce(s.errors, 0) as errors,
      array(select distinct x from unnest(coalesce(e.services, '{}') || coalesce(s.services, '{}')) as x order by x) as services,
      coalesce(s.roots, 0) as roots, coalesce(s.waiting, 0) as waiting
      from (select trace_id from events union select trace_id from spans) as t
      left join (select trace_id, count(*) as n, count(*) filter (where type = 'thing.failed') as errors, array_agg(distinct source::text) as services
        from events group by 1) as e on e.trace_id = t.trace_id
      left join (select c.trace_id, count(*) as n, count(*) filter (where c.status = 'error') as errors, array_agg(distinct c.service) as services,
        count(*) filter (where c.parent_span_id is null)::integer as roots,
        count(*) filter (where c.parent_span_id is not null and not exists (select from spans as p where p.trace_id = c.trace_id and p.span_id = c.parent_span_id))::integer as waiting
        from spans as c group by 1) as s on s.trace_id = t.trace_id
      order by 1`,
  ],
  minutes: [
    sql`select minute, kind::text, service, type, count, errors from minute_stats order by 1, 2, 3, 4`,
    sql`select date_trunc('minute', occurred_at) as minute, 'event' as kind, source::text as service, type::text as type, count(*) as count,
        count(*) filter (where type = 'thing.failed') as errors from events group by 1, 2, 3, 4
      union all
      select date_trunc('minute', started_at), 'span', service, name, count(*), count(*) filter (where status = 'error') from spans group by 1, 2, 3, 4
      order by 1, 2, 3, 4`,
  ],
  dependencies: [
    sql`select parent, child, calls, errors from service_dependencies where kind = 'span' order by 1, 2`,
    sql`select p.service as parent, c.service as child, count(*) as calls, count(*) filter (where c.status = 'error') as errors
      from spans as c join spans as p on p.trace_id = c.trace_id and p.span_id = c.parent_span_id
      where p.service <> c.service group by 1, 2 order by 1, 2`,
  ],
  clocks: [
    sql`select parent, child, samples from clock_offsets order by 1, 2`,
    sql`select p.service as parent, c.service as child, count(*) as samples
      from spans as c join spans as p on p.trace_id = c.trace_id and p.span_id = c.parent_span_id
      where p.service <> c.service and p.kind = 'client' and c.kind = 'server' and c.duration_ns <= p.duration_ns group by 1, 2 order by 1, 2`,
  ],
} as const;

async function holds(t: TestAudit): Promise<void> {
  for (const [name, [derived, recounted]] of Object.entries(identities)) {
    const rows = await asAdapter(t.stores, recounted);
    expect(rows.length, name).toBeGreaterThan(0);
    expect(await asAdapter(t.stores, derived), name).toEqual(rows);
  }
}

const left = async (t: TestAudit) =>
  (
    await asAdapter<{ n: number }>(
      t.stores,
      sql`select (select count(*) from span_arrivals) + (select h.position - p.position from trail_head as h, projections as p where p.name = 'timelines') as n`,
    )
  )[0]!.n;

test('derived in steps of any size, by several at once, it is what a recount says', async () => {
  await using t = await testAudit({ options: { workers: false } });
  await t.audit.trail.ingest(events(300));
  const sent = spans(300);
  const step = (name: string, size: number) => asAdapter(t.stores, sql`select * from ${sql.ref(name)}(${size})`);
  let given = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom('project_chains', 'project_timelines', 'project_spans'),
          fc.integer({ min: 1, max: 40 }),
        ),
        { minLength: 3, maxLength: 8 },
      ),
      async (steps) => {
        await t.audit.telemetry.recordSpans(sent.slice(given, (given += 20)));
        await Promise.all(steps.map(([name, size]) => step(name, size)));
      },
    ),
    { numRuns: 15 },
  );
  expect(given).toBeGreaterThanOrEqual(sent.length);
  await expect
    .poll(async () => {
      for (const name of ['project_chains', 'project_timelines', 'project_spans']) await step(name, 100);
      return left(t);
    })
    .toBe(0);
  await holds(t);
  // Nothing is left to do, and doing it again changes nothing.
  for (const name of ['project_chains', 'project_timelines', 'project_spans']) await step(name, 100);
  await holds(t);
});

test('workers of three processes, killed again and again in the middle of it: nothing twice, nothing lost', async () => {
  await using t = await testAudit();
  t.box.open('audit');
  t.box.open('audit');
  const admin = await t.facts();
  // Its rights as a reader end with its transaction.
  await admin.query('rollback');
  let done = false;
  const killing = (async () => {
    let killed = 0;
    while (!done) {
      using _ = t.box.postgres.cutAfterCommit({ match: /project_/ });
      const struck = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and state = 'active' and query like '%project_%'`,
        [t.audit.identity.roles.adapter],
      );
      killed += struck.length;
      await sleep(5);
    }
    await admin[Symbol.asyncDispose]();
    return killed;
  })();
  const [trail, work] = [events(1200), spans(1200)];
  const retry = async (call: () => Promise<unknown>): Promise<void> => {
    await expect
      .poll(
        () =>
          call().then(
            () => 'done',
            () => 'again',
          ),
        { timeout: 20_000 },
      )
      .toBe('done');
  };
  for (let i = 0; i < 1200; i += 60) {
    await retry(() => t.audit.trail.ingest(trail.slice(i, i + 60)));
    await retry(() => t.audit.telemetry.recordSpans(work.slice(i, i + 60)));
  }
  await sleep(300);
  done = true;
  expect(await killing).toBeGreaterThan(0);
  await expect.poll(() => left(t).catch(() => -1), { timeout: 30_000 }).toBe(0);
  await holds(t);
});
