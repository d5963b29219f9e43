import type { Facts } from './facts.ts';
import type { SchemaSnapshot } from './tooling.ts';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** What the facts of a schema hold: rows, sums and a checksum a view, all of one moment. */
export async function snapshotFacts(facts: Facts): Promise<SchemaSnapshot> {
  const [own] = await facts.query<{ schema: string }>('select current_schema()::text as schema');
  const views = await facts.query<{ object: string; numbers: string[] }>(
    `select v.viewname::text as object,
       coalesce(array_agg(c.attname::text order by c.attnum) filter (where coalesce(nullif(t.typbasetype, 0), t.oid) = 'numeric'::regtype), '{}') as numbers
     from pg_views as v
     join pg_attribute as c on c.attrelid = to_regclass(quote_ident(v.schemaname) || '.' || quote_ident(v.viewname)) and c.attnum > 0
     join pg_type as t on t.oid = c.atttypid
     where v.schemaname = current_schema() and v.viewname ~ '^facts_'
     group by v.viewname order by v.viewname`,
  );
  const items: SchemaSnapshot['items'][number][] = [];
  for (const { object, numbers } of views) {
    const sums = numbers.map((name, i) => `, coalesce(sum(${quoted(name)}), 0)::text as sum_${i}`).join('');
    // Order says nothing in a view, and a sum of hashes needs no memory for the rows.
    const [row] = await facts.query<Record<string, string | number>>(
      `select count(*) as rows, coalesce(sum(('x' || substr(md5(v::text), 1, 16))::bit(64)::bigint::numeric), 0)::text as checksum${sums}
       from ${quoted(object)} as v`,
    );
    items.push({
      schema: own!.schema,
      object,
      rows: row!['rows'] as number,
      sums: Object.fromEntries(numbers.map((name, i) => [name, String(row![`sum_${i}`])])),
      checksum: String(row!['checksum']),
    });
  }
  const [last] = await facts.query<{ n: number }>(
    'select coalesce(max(last_publish_seq), 0) as n from facts_publications',
  );
  return { watermark: last!.n, items };
}
