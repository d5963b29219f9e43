import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { InstanceIdentity } from '../pipe/identity.ts';
import { ConflictError, InternalError } from '../pipe/errors.ts';
import { type AdapterDefinition, type InstanceTarget, identityOf } from './adapter-definition.ts';
import { grantChanges } from './grants.ts';
import { createLedger, readLedger, record } from './ledger.ts';
import { type SqlFile, type SqlFiles, readSqlFiles } from './migration-files.ts';
import { type StepOptions, type Waiting, asOwner } from './owner-step.ts';
import { type PostgresSession, adminError, openPostgres, sqlState } from './postgres-session.ts';
import { type SchemaStatus, compareSchema } from './schema-status.ts';
import { refuseUnfitServer } from './unfit-server.ts';

/** One step of a migration. */
export interface MigrationProgress {
  /** The file that is being applied. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
  readonly waiting?: Waiting;
}

/** What to migrate, and whom to tell. */
export interface MigrateOptions extends InstanceTarget {
  /** Told before each file, and while it waits for another migration or for a lock. */
  readonly onProgress?: (progress: MigrationProgress) => void;
  readonly signal?: AbortSignal;
}

/** What a migration did. */
export interface Migrated {
  readonly schema: string;
  /** What this call applied; others may have applied the rest at the same time. */
  readonly applied: readonly { readonly name: string; readonly durationMs: number }[];
  /** Statements that brought rights back to what they have to be. */
  readonly grants: readonly string[];
  readonly status: SchemaStatus;
}

/**
 * Brings a provisioned schema to the newest version: each migration that is missing in a transaction of its own, then the functions whose
 * text changed, all at once. Any number may run at the same time. Refuses, and changes nothing, where a released migration was changed.
 */
export async function migrate(definition: AdapterDefinition, options: MigrateOptions): Promise<Migrated> {
  const { admin, onProgress, signal } = options;
  const identity = identityOf(definition, options.instance);
  const files = await readSqlFiles(definition.migrations, definition.identity.schema);
  await using pg = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
  const applied: { name: string; durationMs: number }[] = [];
  const grants: string[] = [];
  const step = <T>(name: string, total: number, work: () => Promise<T>): Promise<T> => {
    const progress = { name, done: applied.length, total };
    const steps: StepOptions = { signal, onWaiting: (waiting) => onProgress?.({ ...progress, waiting }) };
    if (total > 0) onProgress?.(progress);
    return asOwner(pg, identity, work, steps);
  };

  try {
    await refuseUnfitServer(pg);
    await refuseUnprovisioned(pg, identity);
    const before = await asOwner(
      pg,
      identity,
      async () => {
        await createLedger(pg);
        return refuseDrift(await compare(pg, identity, files));
      },
      { signal },
    );
    const total = before.pending.length;
    // A schema that nobody has worked on yet gets its rights at the end, another one with each file.
    const inUse = before.applied > 0;
    for (const file of files.migrations.filter(({ name }) => before.pending.includes(name))) {
      const durationMs = await step(file.name, total, () => applyMigration(pg, identity, files, file, inUse));
      if (durationMs !== undefined) applied.push({ name: file.name, durationMs });
    }
    const last = await step('functions', total, () => applyFunctions(pg, identity, files));
    applied.push(...last.applied);
    grants.push(...last.grants);
    refuseOldFiles(definition, last.status);
    return { schema: identity.schema, applied, grants, status: last.status };
  } catch (error) {
    throw adminError(error);
  }
}

const compare = async (pg: PostgresSession, identity: InstanceIdentity, files: SqlFiles): Promise<SchemaStatus> =>
  compareSchema(identity.schema, files, await readLedger(pg, identity));

/** Applies one file, or nothing where another migrator was faster. */
async function applyMigration(
  pg: PostgresSession,
  identity: InstanceIdentity,
  files: SqlFiles,
  file: SqlFile,
  inUse: boolean,
): Promise<number | undefined> {
  const { pending } = refuseDrift(await compare(pg, identity, files));
  if (!pending.includes(file.name)) return undefined;
  const started = performance.now();
  await runFile(pg, file);
  const durationMs = performance.now() - started;
  await record(pg, 'migration', [{ file, durationMs }]);
  if (inUse) await applyGrants(pg, identity);
  return durationMs;
}

async function applyFunctions(
  pg: PostgresSession,
  identity: InstanceIdentity,
  files: SqlFiles,
): Promise<Pick<Migrated, 'applied' | 'grants' | 'status'>> {
  const { pending } = refuseDrift(await compare(pg, identity, files));
  const changed = files.functions.filter(({ name }) => pending.includes(name));
  const applied: { file: SqlFile; durationMs: number }[] = [];
  // Twice: unchecked, so that they may call each other in any order, and then checked.
  await pg.query('set local check_function_bodies = off');
  for (const file of changed) await runFile(pg, file);
  await pg.query('set local check_function_bodies = on');
  for (const file of changed) {
    const started = performance.now();
    await runFile(pg, file);
    applied.push({ file, durationMs: performance.now() - started });
  }
  await record(pg, 'function', applied);
  const [epoch] = await pg.query<{ there: boolean }>(`select to_regclass('epoch') is not null as there`);
  if (epoch!.there) await pg.query('insert into epoch (epoch) values ($1) on conflict do nothing', [randomUUID()]);
  return {
    applied: applied.map(({ file, durationMs }) => ({ name: file.name, durationMs })),
    grants: await applyGrants(pg, identity),
    status: await compare(pg, identity, files),
  };
}

/** In one round trip: a new schema needs a hundred of them. */
async function applyGrants(pg: PostgresSession, identity: InstanceIdentity): Promise<string[]> {
  const changes = await grantChanges(pg, identity);
  if (changes.length > 0) await pg.query(changes.join(';\n'));
  return changes;
}

async function runFile(pg: PostgresSession, { name, text }: SqlFile): Promise<void> {
  try {
    await pg.query(text);
  } catch (error) {
    const code = sqlState(error);
    // A lock that did not come is tried again; without a code the connection is gone.
    if (code === undefined || code === '55P03' || code === '57P01') throw error;
    const { message, position } = error as pg.DatabaseError;
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`;
    throw new InternalError(
      'migration-failed',
      `${name}.sql${line}: ${message} (${code}); nothing of this file was applied`,
    );
  }
}

async function refuseUnprovisioned(pg: PostgresSession, identity: InstanceIdentity): Promise<void> {
  const [schema] = await pg.query<{ owner: string }>(
    'select pg_get_userbyid(nspowner)::text as owner from pg_namespace where nspname = $1',
    [identity.schema],
  );
  if (schema?.owner === identity.roles.owner) return;
  throw new ConflictError(
    schema ? 'schema-taken' : 'schema-missing',
    schema
      ? `the schema ${identity.schema} belongs to ${schema.owner}, not to ${identity.roles.owner}`
      : `the schema ${identity.schema} does not exist: run \`tse migrate\` with its roles`,
  );
}

function refuseDrift(status: SchemaStatus): SchemaStatus {
  if (status.state !== 'drifted') return status;
  const list = status.drifted.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  throw new ConflictError(
    'schema-drifted',
    `the schema ${status.schema} was not made by these migrations: ${list}; a released file never changes, put it back or add a new one`,
  );
}

function refuseOldFiles({ identity, minSchema }: AdapterDefinition, { at, newer }: SchemaStatus): void {
  const needed = minSchema && `${identity.schema}/${minSchema}`;
  if (!needed || newer.length > 0 || at.some((name) => name.startsWith(`${identity.schema}/`) && name >= needed))
    return;
  throw new ConflictError(
    'migrations-outdated',
    `the installed migrations end before ${needed}, which the ${identity.name} adapter needs: update @tse/migrations`,
  );
}
