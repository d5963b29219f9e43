import type { Facts } from './facts.ts';
import type { RecordedState } from './recorded-states.ts';
import type { SchemaSnapshot } from './tooling.ts';

type Item = SchemaSnapshot['items'][number];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * What the facts of a schema hold: rows, sums and a checksum a view, all of one moment; beside them the states of the adapter as they are now,
 * which `rebuildStates` makes again of what was recorded up to the watermark.
 */
export async function snapshotFacts(facts: Facts, states: readonly RecordedState[] = []): Promise<SchemaSnapshot> {
  const schema = await schemaOf(facts);
  const views = await facts.query<{ object: string; numbers: string[] }>(
    `select v.viewname::text as object,
       coalesce(array_agg(c.attname::text order by c.attnum) filter (where coalesce(nullif(t.typbasetype, 0), t.oid) = 'numeric'::regtype), '{}') as numbers
     from pg_views as v
     join pg_attribute as c on c.attrelid = to_regclass(quote_ident(v.schemaname) || '.' || quote_ident(v.viewname)) and c.attnum > 0
     join pg_type as t on t.oid = c.atttypid
     where v.schemaname = current_schema() and v.viewname ~ '^facts_'
     group by v.viewname order by v.viewname`,
  );
  const items: Item[] = [];
  for (const { object, numbers } of views)
    items.push(await digest(facts, { schema, object, sums: numbers, of: quoted(object) }));
  for (const { object, sums = [], now } of states)
    items.push(await digest(facts, { schema, object, sums, of: `(${now})` }));
  const [last] = await facts.query<{ n: number; unnumbered: number }>(
    `select coalesce(max(last_publish_seq), 0) as n, (select count(*) from facts_events where publish_seq is null) as unnumbered
     from facts_publications`,
  );
  return { watermark: last!.n, unnumbered: last!.unnumbered, items };
}

export async function schemaOf(facts: Facts): Promise<string> {
  const [own] = await facts.query<{ schema: string }>('select current_schema()::text as schema');
  return own!.schema;
}

interface Digested {
  schema: string;
  object: string;
  /** Columns of exact numbers. */
  sums: readonly string[];
  /** What stands in `from`. */
  of: string;
  /** What stands before the query, with the values it takes. */
  with?: { text: string; values: unknown[] };
}

/** Order says nothing in a view, and a sum of hashes needs no memory for the rows. */
export async function digest(facts: Facts, { schema, object, sums, of, with: before }: Digested): Promise<Item> {
  const summed = sums.map((name, i) => `, coalesce(sum(${quoted(name)}), 0)::text as sum_${i}`).join('');
  const [row] = await facts.query<Record<string, string | number>>(
    `${before?.text ?? ''} select count(*) as rows, coalesce(sum(('x' || substr(md5(v::text), 1, 16))::bit(64)::bigint::numeric), 0)::text as checksum${summed}
     from ${of} as v`,
    before?.values,
  );
  return {
    schema,
    object,
    rows: row!['rows'] as number,
    sums: Object.fromEntries(sums.map((name, i) => [name, String(row![`sum_${i}`])])),
    checksum: String(row!['checksum']),
  };
}
