import { execFile, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { NoProgramError } from './server.ts';

/** The account that servers run as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const idOf = async (flag: '-u' | '-g'): Promise<number> =>
  Number((await promisify(execFile)('id', [flag, 'nobody'])).stdout);

/** One's own account; for root `nobody`, because PostgreSQL refuses root. */
export async function serverAccount(): Promise<Account> {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined)
    throw new NoProgramError('Embedded servers need Linux or macOS: start Docker, or name servers of your own by URL.');
  return uid === 0 ? { uid: await idOf('-u'), gid: await idOf('-g') } : { uid, gid };
}

/** All that a server or its tools see of our environment: nothing secret, one locale, UTC. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' });

/** Runs a program as the account, to its end; answers what it printed, or throws its last line. */
export async function runAs(account: Account, command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, {
    ...account,
    cwd: tmpdir(),
    env: serverEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `${command} ended with code ${code}`);
  return stdout;
}

/** Whether the account gets into the folder (or, for a file, may run it). */
export const enterable = (account: Account, path: string): Promise<boolean> =>
  runAs(account, 'test', ['-x', path]).then(
    () => true,
    () => false,
  );
