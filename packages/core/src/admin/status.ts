import { type AdapterDefinition, type InstanceTarget, identityOf } from './adapter-definition.ts';
import { readLedger } from './ledger.ts';
import { readSqlFiles } from './migration-files.ts';
import { adminError, identifier, openPostgres } from './postgres-session.ts';
import { type SchemaStatus, compareSchema } from './schema-status.ts';

/** How a schema stands against the installed migrations. One that does not exist yet is pending as a whole. Changes nothing. */
export async function status(
  definition: AdapterDefinition,
  { instance, admin }: InstanceTarget,
): Promise<SchemaStatus> {
  const identity = identityOf(definition, instance);
  const files = await readSqlFiles(definition.migrations, definition.identity.schema);
  await using pg = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
  try {
    const ledger = await pg.transaction(async () => {
      const [owner] = await pg.query('select from pg_roles where rolname = $1', [identity.roles.owner]);
      if (owner) await pg.query(`set local role ${identifier(identity.roles.owner)}`);
      return readLedger(pg, identity);
    });
    return compareSchema(identity.schema, files, ledger);
  } catch (error) {
    throw adminError(error);
  }
}
