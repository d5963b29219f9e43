import { type AdapterDefinition, type InstanceTarget, identityOf } from './adapter-definition.ts';
import { adminError, identifier, openPostgres } from './postgres-session.ts';

/** The `facts_*` views of one instance at one moment, read with the rights of its reader role. */
export interface Facts extends AsyncDisposable {
  /** Decimals come as canonical strings, instants and counts as everywhere in the project. */
  query<Row extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** The same where the instance is there; nothing where it was never set up. */
export async function findFacts(
  definition: Omit<AdapterDefinition, 'migrations'>,
  target: InstanceTarget,
): Promise<Facts | undefined> {
  const { schema, roles } = identityOf(definition, target.instance);
  await using pg = await openPostgres({ url: target.admin.postgresUrl, ca: target.admin.postgresCa });
  const found = await pg.query(
    'select from pg_namespace join pg_roles on rolname = $2 where nspname = $1 and to_regclass(quote_ident(nspname) || $3) is not null',
    [schema, roles.reader, '.facts_events'],
  );
  return found.length > 0 ? openFacts(definition, target) : undefined;
}

/** Opens the `facts_*` views of an instance as its reader role. Refused with `schema-missing` where it is not set up. */
export async function openFacts(
  definition: Omit<AdapterDefinition, 'migrations'>,
  { instance, admin }: InstanceTarget,
): Promise<Facts> {
  const identity = identityOf(definition, instance);
  const pg = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
  const query: Facts['query'] = async (text, values) =>
    pg.query(text, values).catch((error: unknown) => {
      throw adminError(error);
    }) as never;
  try {
    await query('begin isolation level repeatable read read only');
    await query(`set local role ${identifier(identity.roles.reader)}`);
    await query(`set local search_path = ${identifier(identity.schema)}, pg_temp; set local timezone = 'UTC'`);
  } catch (error) {
    await pg[Symbol.asyncDispose]();
    throw error;
  }
  return { query, [Symbol.asyncDispose]: () => pg[Symbol.asyncDispose]() };
}
