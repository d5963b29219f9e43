import type { SqlFiles } from './migration-files.ts';
import type { LedgerRow } from './ledger.ts';

/** A released migration that is not what was applied. */
export interface Drift {
  readonly name: string;
  readonly reason: 'changed' | 'missing' | 'out-of-order';
}

/** Where the migrations of a schema stand. */
export interface SchemaStatus {
  readonly schema: string;
  /** `drifted`: a released migration is not what was applied; nothing is applied until that is cleared. */
  readonly state: 'current' | 'pending' | 'drifted';
  /** The last migration applied of each folder: `core/0004_create_facts`. */
  readonly at: readonly string[];
  readonly applied: number;
  /** Migrations and functions that `migrate` would apply, in order. */
  readonly pending: readonly string[];
  readonly drifted: readonly Drift[];
  /** Migrations of a newer release than this one; this code's functions are then left alone. */
  readonly newer: readonly string[];
}

const folderOf = (name: string) => name.slice(0, name.indexOf('/'));

/** Compares what is there with what the files say. */
export function compareSchema(schema: string, files: SqlFiles, ledger: readonly LedgerRow[]): SchemaStatus {
  const applied = new Map(ledger.map((row) => [row.name, row]));
  const known = new Set(files.migrations.map(({ name }) => name));
  const migrations = ledger
    .filter(({ kind }) => kind === 'migration')
    .map(({ name }) => name)
    .sort();
  const lastOf = (names: readonly string[], folder: string) => names.findLast((name) => folderOf(name) === folder);
  const drifted: Drift[] = [];
  const newer: string[] = [];
  const fileNames = [...known].sort();

  for (const name of migrations.filter((name) => !known.has(name))) {
    if (name > (lastOf(fileNames, folderOf(name)) ?? '')) newer.push(name);
    else drifted.push({ name, reason: 'missing' });
  }
  const pending: string[] = [];
  for (const { name, sha256 } of files.migrations) {
    const row = applied.get(name);
    if (row && row.sha256 !== sha256) drifted.push({ name, reason: 'changed' });
    if (row) continue;
    if (name < (lastOf(migrations, folderOf(name)) ?? '')) drifted.push({ name, reason: 'out-of-order' });
    else pending.push(name);
  }
  if (newer.length === 0) {
    pending.push(
      ...files.functions.filter(({ name, sha256 }) => applied.get(name)?.sha256 !== sha256).map(({ name }) => name),
    );
  }
  const folders = [...new Set(migrations.map(folderOf))].sort((a, b) => Number(b === 'core') - Number(a === 'core'));
  return {
    schema,
    state: drifted.length > 0 ? 'drifted' : pending.length > 0 ? 'pending' : 'current',
    at: folders.map((folder) => lastOf(migrations, folder)!),
    applied: migrations.length,
    pending,
    drifted,
    newer,
  };
}
