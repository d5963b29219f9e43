import type { Facts } from './facts.ts';
import { digest, schemaOf } from './snapshot-facts.ts';
import type { SchemaSnapshot } from './tooling.ts';

/**
 * A state of an adapter (what it calls balances, orders, limits) that can be had again as it was recorded at a number of its events. Both queries
 * are over its `facts_*` views and answer the same columns in the same order; exact numbers by `trim_scale`, so that equal ones look alike.
 */
export interface RecordedState {
  readonly object: string;
  /** Columns of exact numbers. */
  readonly sums?: readonly string[];
  /** From what is kept up to date. */
  readonly now: string;
  /**
   * From what was recorded, and from nothing later: rows and events up to `(select seq from asked)`, and of each other schema up to
   * `((select vector from asked) ->> source)::bigint`.
   */
  readonly at: string;
  /** Whether `at` is made of the outbox, which lets go of events after a month: without the first of them it cannot be had. */
  readonly fromEvents?: boolean;
}

/** Up to which number each schema is looked at, by schema: the `watermarks` of a snapshot. */
export type Vector = Readonly<Record<string, number>>;

/** The states of a schema as they were recorded at a vector, and those that cannot be had any more with why. */
export interface RebuiltStates {
  readonly items: SchemaSnapshot['items'];
  readonly lacking: readonly { readonly object: string; readonly why: string }[];
}

/**
 * Makes the states of one adapter again from history. A snapshot that was taken when all of its events had numbers, and its readers had read
 * them, has the same rows, sums and checksums for ever.
 */
export async function rebuildStates(
  facts: Facts,
  states: readonly RecordedState[],
  vector: Vector,
): Promise<RebuiltStates> {
  const schema = await schemaOf(facts);
  const seq = vector[schema];
  if (seq === undefined)
    return {
      items: [],
      lacking: states.map(({ object }) => ({ object, why: `the vector says nothing of ${schema}` })),
    };
  const [known] = await facts.query<{ last: number; oldest: number }>(
    `select (select coalesce(max(last_publish_seq), 0) from facts_publications) as last,
       coalesce((select min(publish_seq) from facts_events), (select coalesce(max(last_publish_seq), 0) + 1 from facts_publications)) as oldest`,
  );
  const items: SchemaSnapshot['items'][number][] = [];
  const lacking: { object: string; why: string }[] = [];
  for (const { object, sums = [], at, fromEvents = false } of states) {
    if (seq > known!.last) lacking.push({ object, why: `${schema} is numbered up to ${known!.last}` });
    else if (fromEvents && seq > 0 && known!.oldest > 1)
      lacking.push({ object, why: `the outbox of ${schema} begins with ${known!.oldest}` });
    else
      items.push(
        await digest(facts, {
          schema,
          object,
          sums,
          of: `(${at})`,
          with: {
            text: 'with asked as materialized (select $1::bigint as seq, $2::jsonb as vector)',
            values: [seq, JSON.stringify(vector)],
          },
        }),
      );
  }
  return { items, lacking };
}

/** The last event of each aggregate of a kind as of the asked number: for states that are told of by events which say all of them. */
export const lastEvents = (aggregate: string): string =>
  `select distinct on (aggregate_id) aggregate_id, aggregate_version, type, payload from facts_events
   where aggregate = '${aggregate}' and publish_seq <= (select seq from asked) order by aggregate_id, aggregate_version desc`;
