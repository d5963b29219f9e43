import { type AdapterContext, type CallOptions, operation, queryBuilder, refusal, statement } from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AccessLogRepository } from '../access-log/access-log.repository.ts';
import { GrowingTree } from '../blocks/merkle-tree.ts';
import type { Tables } from '../schema.ts';
import { type RootedEvent, rootedNames } from './root-leaf.ts';
import { rootedRows } from './rooted-rows.ts';
import { type ComputeRoot, type Roots, type ScenarioRoot, computeRoot } from './roots.ts';

const db = queryBuilder<Tables>();

const statements = {
  state: statement('audit.roots.state', 'read', () =>
    db
      .selectFrom('trail_head')
      .select([
        'position',
        sql<number>`coalesce((select max(last_position) from segments), 0)`.as('archived'),
        sql<
          { id: string; instance?: string }[]
        >`(select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', id, 'instance', instance))), '[]') from sources)`.as(
          'sources',
        ),
      ]),
  ),
};

interface Wanted extends Omit<ComputeRoot, 'from' | 'to'> {
  from?: string | undefined;
  to?: string | undefined;
  firstPosition: number;
  lastPosition: number;
  names: ReadonlyMap<string, string>;
  /** The trail's own name. */
  own: string;
}

const operations = {
  compute: operation('audit.roots.compute', computeRoot),
  read: operation('audit.roots.read', z.custom<Wanted>()),
};

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * The rows of the canonical form in their order. Ties, which events with a version of their aggregate do not have, are put in the order of what they
 * say. No index serves the order: it is asked for once a run, and every event would pay for it.
 */
function orderedRows({ from, to, run, sources, firstPosition, lastPosition, names, own }: Wanted): string {
  const wanted = [
    `e.position between ${firstPosition} and ${lastPosition}`,
    `e.source <> ${quoted(own)}`,
    from !== undefined && `e.occurred_at >= ${quoted(from)}`,
    to !== undefined && `e.occurred_at < ${quoted(to)}`,
    run !== undefined && `e.run_id = ${quoted(run)}`,
    sources !== undefined && `e.source in (${sources.map(quoted).join(', ')})`,
  ].filter((each) => each !== false);
  const called = [...names].map(([id, name]) => `(${quoted(id)}, ${quoted(name)})`);
  return `copy (
    with names (id, name) as (values ${[`('', '')`, ...called].join(', ')})
    select e.type, coalesce(n.name, e.source) collate "C" as source, e.aggregate, e.aggregate_id, e.aggregate_version, e.occurred_at, e.payload,
      coalesce(cn.name, c.source) collate "C" as cause_source, c.type as cause_type, c.aggregate as cause_aggregate,
      c.aggregate_id as cause_aggregate_id, c.aggregate_version as cause_version, case when c.source is null then e.causation_id end as cause_text
    from events as e
    left join names as n on n.id = e.source
    left join lateral (
      select c.source, c.type, c.aggregate, c.aggregate_id, c.aggregate_version from events as c
      where c.event_id = e.causation_id and c.position <= ${lastPosition}
      order by (c.source, c.source_seq) is not distinct from (e.answers_source, e.answers_seq) desc, c.position limit 1) as c on true
    left join names as cn on cn.id = c.source
    where ${wanted.join(' and ')}
    order by e.occurred_at, 2, e.aggregate, e.aggregate_id, e.aggregate_version nulls first, e.type, e.payload, 8, 9, 10, 11, 12, 13
  ) to stdout (format binary)`;
}

export class RootRepository implements Roots {
  readonly #context: AdapterContext;
  readonly #access: AccessLogRepository;

  constructor(context: AdapterContext, access: AccessLogRepository) {
    this.#context = context;
    this.#access = access;
  }

  async compute(
    input: ComputeRoot = {},
    {
      onEvent,
      ...options
    }: CallOptions & { onEvent?: ((event: RootedEvent, leaf: Buffer) => unknown) | undefined } = {},
  ): Promise<ScenarioRoot> {
    const { pg, identity } = this.#context;
    const wanted = await this.#context.run(operations.compute, input, options, async (given): Promise<Wanted> => {
      const { position, archived, sources } = await pg.one(statements.state, undefined);
      const firstPosition = given.firstPosition ?? 1;
      const lastPosition = Math.min(given.lastPosition ?? position, position);
      if (firstPosition <= archived) throw refusal('archived', { position: archived });
      // Before any of it is shown.
      await this.#access.logged('audit.roots.compute', given, undefined, Math.max(0, lastPosition - firstPosition + 1));
      return { ...given, firstPosition, lastPosition, names: rootedNames(sources), own: identity.schema };
    });
    // A call of its own: what has only read by then ends as aborted, and nothing of it is unknown.
    return this.#context.run(operations.read, wanted, options, async () => {
      const tree = new GrowingTree();
      const walk = async (chunks: AsyncIterable<Buffer>) => {
        for await (const { leaf, event } of rootedRows(chunks)) {
          options.signal?.throwIfAborted();
          tree.add(leaf);
          await onEvent?.(event(), leaf);
        }
      };
      await pg.copyOut('audit.roots.rows', orderedRows(wanted), walk, { long: true });
      return { root: tree.root().toString('hex'), events: tree.size, position: wanted.lastPosition };
    });
  }
}
