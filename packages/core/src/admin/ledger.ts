import type { InstanceIdentity } from '../pipe/identity.ts';
import type { SqlFile } from './migration-files.ts';
import { type PostgresSession, identifier } from './postgres-session.ts';

export interface LedgerRow extends Record<string, unknown> {
  readonly name: string;
  readonly kind: 'migration' | 'function';
  readonly sha256: string;
}

/** The caller holds the migration lock. */
export async function createLedger(pg: PostgresSession): Promise<void> {
  const [found] = await pg.query<{ there: boolean }>(`select to_regclass('schema_migrations') is not null as there`);
  if (found!.there) return;
  await pg.query(`
    create table schema_migrations (
      name text primary key,
      kind text not null check (kind in ('migration', 'function')),
      sha256 text not null,
      min_code text,
      duration_ms integer not null,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  await pg.query(
    `comment on table schema_migrations is 'immutable for the adapter: what was applied to this schema, and when'`,
  );
}

/** What was applied; nothing where the schema or its ledger does not exist yet. */
export async function readLedger(pg: PostgresSession, identity: InstanceIdentity): Promise<LedgerRow[]> {
  const table = `${identifier(identity.schema)}.schema_migrations`;
  const [found] = await pg.query<{ there: boolean }>(
    `select exists (select from pg_class where relname = 'schema_migrations' and relnamespace = to_regnamespace($1)) as there`,
    [identity.schema],
  );
  return found!.there ? pg.query<LedgerRow>(`select name, kind, sha256 from ${table}`) : [];
}

/** Notes what was applied, and how long each file took. */
export async function record(
  pg: PostgresSession,
  kind: LedgerRow['kind'],
  applied: readonly { readonly file: SqlFile; readonly durationMs: number }[],
): Promise<void> {
  if (applied.length === 0) return;
  await pg.query(
    `insert into schema_migrations as m (name, kind, sha256, min_code, duration_ms)
     select name, $1, sha256, min_code, duration_ms
     from unnest($2::text[], $3::text[], $4::text[], $5::integer[]) as a (name, sha256, min_code, duration_ms)
     on conflict (name) do update set sha256 = excluded.sha256, min_code = excluded.min_code,
       duration_ms = excluded.duration_ms, applied_at = excluded.applied_at
       where m.kind = 'function'`,
    [
      kind,
      applied.map(({ file }) => file.name),
      applied.map(({ file }) => file.sha256),
      applied.map(({ file }) => file.minCode ?? null),
      applied.map(({ durationMs }) => Math.round(durationMs)),
    ],
  );
}
