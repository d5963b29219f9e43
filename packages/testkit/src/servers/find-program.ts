import { access, constants, glob } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const runnable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** The program in the first of these folders that has it. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await runnable(path)) return path;
  }
  return undefined;
}

/** The folders of the path, and those where a package manager puts servers without naming them on the path. */
export async function programFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const debian = await Array.fromAsync(glob('/usr/lib/postgresql/*/bin'));
  const homebrew = ['/opt/homebrew/bin', '/usr/local/bin', '/opt/homebrew/opt/libpq/bin', '/usr/local/opt/libpq/bin'];
  return [...onPath, '/usr/sbin', ...debian.toSorted().reverse(), ...homebrew];
}
