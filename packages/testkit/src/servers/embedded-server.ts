import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterable, type Account } from './account.ts';
import { onFreePort } from './free-port.ts';
import { keep } from './keeper.ts';
import { endsServer, type Server, type StoreStart } from './server.ts';

export interface EmbeddedProgram {
  /** `PostgreSQL` or `Redis`. */
  readonly name: string;
  readonly account: Account;
  readonly endSignal: 'INT' | 'TERM';
  readonly ready: RegExp;
  /** Below the folder, the file where the running server notes its process id. */
  readonly pidFile: string;
  /** Puts into the folder what the start needs; as the one who started us, so it hands files over to the account. */
  prepare(folder: string): Promise<void>;
  command(folder: string, port: number): readonly string[];
  adminUrl(port: number): string;
  version(adminUrl: string): Promise<string>;
}

/** Starts a program as a server on 127.0.0.1, in a folder of its own or in the kept one. */
export async function embeddedServer(program: EmbeddedProgram, start: StoreStart): Promise<Server> {
  const { account, endSignal, ready } = program;
  const launch = (folder: string, port: number, prepare?: () => Promise<void>) =>
    keep({
      command: program.command(folder, port),
      account,
      folder: start.keep === undefined ? folder : undefined,
      endSignal,
      ready,
      ...(prepare && { prepare }),
    });

  const launchAnew = async (port: number) => {
    const folder = start.keep ?? join(tmpdir(), `tse-${program.name.toLowerCase()}-${randomBytes(8).toString('hex')}`);
    if (start.keep !== undefined) await makeKeptFolder(program, start.keep);
    return { port, folder, kept: await launch(folder, port, () => program.prepare(folder)) };
  };
  let { port, folder, kept } = await onFreePort(start.port, launchAnew).catch((cause: unknown) => {
    throw new Error(`${program.name} did not start: ${(cause as Error).message}`, { cause });
  });
  const adminUrl = program.adminUrl(port);

  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (!kept.alive) return;
    try {
      process.kill(kept.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // somebody else was faster
      return await kept.gone();
    }
    if (endsServer(signal)) await kept.gone();
  };
  const stop = async (): Promise<void> => await kept.end();
  try {
    return {
      adminUrl,
      version: await program.version(adminUrl),
      origin: 'embedded',
      host: '127.0.0.1',
      port,
      get pid() {
        return kept.alive ? kept.pid : undefined;
      },
      kill,
      restart: async () => {
        await kill('SIGCONT');
        await kill(`SIG${endSignal}`);
        const next = await launch(folder, port);
        kept.leave();
        kept = next;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeKeptFolder({ account, pidFile }: EmbeddedProgram, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
  await untilUnused(join(folder, pidFile));
  await chown(folder, account.uid, account.gid);
  if (!(await enterable(account, folder)))
    throw new Error(`its account cannot enter ${folder}: choose a folder outside of a private home.`);
}

/** A server left by a killed run is still on its way out for a moment; one that stays makes the folder another's. */
async function untilUnused(pidFile: string): Promise<void> {
  for (let waited = 0; ; waited += 100) {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
    if (!(pid > 0) || !isRunning(pid)) return;
    if (waited >= 3_000)
      throw new Error(`process ${pid} already uses this data: stop it first, or choose another folder.`);
    await sleep(100);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
