import type { AdminAccess } from './adapter-definition.ts';
import { checkLiterals } from './check-literals.ts';
import { adminError, openPostgres } from './postgres-session.ts';

interface Column extends Record<string, unknown> {
  table: string;
  view: boolean;
  name: string;
  nullable: boolean;
  /** Only the database gives it a value. */
  always: boolean;
  defaulted: boolean;
  array: boolean;
  /** The type of a value, a domain followed by what it is made of: `['positive_amount', 'amount', 'numeric']`. */
  types: string[];
  checks: string[];
}

/**
 * The text of a `schema.ts`: Kysely's types of all tables and views of a migrated schema, without its name. The same database gives
 * the same text, so that a difference is a drift.
 */
export async function schemaTypes(
  { postgresUrl, postgresCa }: Pick<AdminAccess, 'postgresUrl' | 'postgresCa'>,
  schema: string,
): Promise<string> {
  await using pg = await openPostgres({ url: postgresUrl, ca: postgresCa });
  try {
    return render(await pg.query<Column>(catalog, [schema]));
  } catch (error) {
    throw adminError(error);
  }
}

function render(columns: readonly Column[]): string {
  const tables = new Map<string, Column[]>();
  for (const column of columns) tables.set(column.table, [...(tables.get(column.table) ?? []), column]);
  const names = [...tables.keys()].sort();
  const interfaces = names.map((name) => {
    const members = tables.get(name)!.map((column) => `  ${memberName(column.name)}: ${columnType(column)};`);
    return `export interface ${pascalCase(name)} {\n${members.join('\n')}\n}`;
  });
  const body = [
    ...interfaces,
    `export interface Tables {\n${names.map((name) => `  ${memberName(name)}: ${pascalCase(name)};`).join('\n')}\n}`,
  ].join('\n\n');
  const used = (candidates: string[]) => candidates.filter((name) => new RegExp(`\\b${name}\\b`).test(body)).join(', ');
  const imports = [
    [used(['Decimal', 'Instant']), '@tse/core'],
    [used(['ColumnType', 'Generated', 'GeneratedAlways']), 'kysely'],
  ].flatMap(([list, module]) => (list ? [`import type { ${list} } from '${module}';\n`] : []));
  return `// GENERATED from the migrated database by \`pnpm codegen\`: do not edit.\n${imports.join('')}\n${body}\n`;
}

const pascalCase = (name: string) => name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const memberName = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function columnType(column: Column): string {
  const json = /^jsonb?$/.test(column.types.at(-1)!) && !column.array;
  const value = json ? 'unknown' : `${valueType(column)}${column.nullable ? ' | null' : ''}`;
  if (column.view) return `ColumnType<${value}, never, never>`;
  if (column.always) return `GeneratedAlways<${value}>`;
  // Written as text: the driver would take an array in JSON for one of PostgreSQL.
  if (json)
    return `ColumnType<unknown, string${column.nullable ? ' | null' : ''}${column.defaulted || column.nullable ? ' | undefined' : ''}, string${column.nullable ? ' | null' : ''}>`;
  return column.defaulted ? `Generated<${value}>` : value;
}

function valueType({ types, array, checks }: Column): string {
  const literals = checks.map(checkLiterals).find((found) => found !== undefined);
  const single =
    literals && !array ? literals.map((text) => `'${text.replace(/['\\]/g, '\\$&')}'`).join(' | ') : scalar(types);
  return array ? `${single}[]` : single;
}

/** What the codecs make of a value. */
function scalar(types: readonly string[]): string {
  if (types.includes('amount')) return 'Decimal';
  switch (types.at(-1)!) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'float4':
    case 'float8':
    case 'oid':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'timestamptz':
      return 'Instant';
    case 'bytea':
      return 'Buffer';
    case 'json':
    case 'jsonb':
    case 'interval':
    case 'point':
    case 'circle':
      return 'unknown';
    default:
      return 'string';
  }
}

// A view says nothing of its columns. Where one has name and type of a table's column that the view is made from, and no outer join can
// have left it out, that column's rules are its own.
const catalog = `
  select c.relname::text as table, c.relkind in ('v', 'm') as view, a.attname::text as name,
    not (a.attnotnull or chain.required or coalesce(origin.required, false)) as nullable,
    a.attidentity = 'a' or a.attgenerated <> '' as always,
    a.atthasdef or a.attidentity = 'd' or chain.defaulted as defaulted,
    element.oid is not null as array, chain.names as types,
    array(
      select pg_get_constraintdef(k.oid) from pg_constraint as k
      where k.contype = 'c' and (k.contypid = any(chain.oids)
        or k.conrelid = coalesce(origin.relid, c.oid) and k.conkey = array[coalesce(origin.attnum, a.attnum)])
      order by k.conname) as checks
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type as t on t.oid = a.atttypid
  left join pg_type as element on element.oid = t.typelem and t.typcategory = 'A'
  join lateral (
    with recursive made_of as (
      select coalesce(element.oid, t.oid) as oid, 1 as depth
      union all
      select d.typbasetype, depth + 1 from made_of join pg_type as d on d.oid = made_of.oid and d.typtype = 'd')
    select array_agg(m.oid) as oids, array_agg(y.typname::text order by m.depth) as names,
      element.oid is null and bool_or(y.typnotnull) as required,
      element.oid is null and bool_or(y.typdefault is not null) as defaulted
    from made_of as m join pg_type as y on y.oid = m.oid) as chain on true
  left join lateral (
    select bool_and(s.attnotnull) as required,
      case when count(*) = 1 then min(s.attrelid::bigint)::oid end as relid, case when count(*) = 1 then min(s.attnum) end as attnum
    from pg_rewrite as r
    join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_attribute as s on s.attrelid = d.refobjid and s.attnum = d.refobjsubid
    where r.ev_class = c.oid and s.attrelid <> c.oid and s.attname = a.attname and s.atttypid = a.atttypid
      and pg_get_viewdef(c.oid) !~* '\\m((left|right|full) join|nullif|grouping sets)\\M') as origin on c.relkind in ('v', 'm')
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    and c.relname <> 'schema_migrations'
  order by c.relname, a.attnum`;
