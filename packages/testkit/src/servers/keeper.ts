import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { serverEnvironment, type Account } from './account.ts';

/**
 * A shell that outlives us for a moment. Its stdin is a pipe from this process: when that ends, however this process
 * ended, the server is stopped (even one that is halted, and by force after ten seconds) and its folder removed. When
 * the server ends by itself the folder stays until then; the line `leave` leaves it to a next server. The signal is
 * repeated because a server that is just starting ignores it, and a closed pipe must not end the shell before its work
 * is done.
 */
const KEEPER = `
trap '' PIPE; folder=$1 signal=$2; shift 2; exec 3<&0
remove() { [ -z "$folder" ] || rm -rf "$folder"; exit; }
[ -z "$folder" ] || mkdir -p -m 700 "$folder"; echo made
read -r word <&3; [ -n "$word" ] || remove
"$@" </dev/null 3<&- 2>&1 & server=$!
echo "kept $server"
{ read -r _; i=0
  while kill -$signal $server; do
    kill -CONT $server; [ $i -lt 100 ] || kill -KILL $server; i=$((i+1)); sleep 0.1
  done; } <&3 >/dev/null 2>&1 & watch=$!
wait $server; kill $watch; wait $watch
exec >&-
read -r word <&3; [ -n "$word" ] || remove
`;

export interface KeepOptions {
  /** The program and its arguments; it must become the server (`exec`), not start it. */
  readonly command: readonly string[];
  readonly account: Account;
  /** Made by the account at the beginning and removed at the end; none for data that is kept. */
  readonly folder: string | undefined;
  /** Puts into the folder what the start needs. */
  readonly prepare?: () => Promise<void>;
  /** What asks the server to end at once, and may be repeated: of Redis only `TERM`, of PostgreSQL only `INT`. */
  readonly endSignal: 'INT' | 'TERM';
  /** What the server prints when it takes connections. */
  readonly ready: RegExp;
}

/** A running server that ends with this process. */
export interface Kept {
  readonly pid: number;
  /** False once the server and all it started are gone. */
  readonly alive: boolean;
  /** Resolves when the server and all it started are gone. */
  gone(): Promise<void>;
  /** Lets the keeper go without removing the folder; only once the server is gone. */
  leave(): void;
  /** Stops the server and removes the folder. */
  end(): Promise<void>;
}

type Keeper = ChildProcessByStdio<Writable & Partial<Unreferable>, Readable & Partial<Unreferable>, null>;
interface Unreferable {
  ref(): void;
  unref(): void;
}

/** Starts a server under a keeper and waits until it is ready; throws what it said last when it does not get there. */
export async function keep({ command, account, folder, prepare, endSignal, ready }: KeepOptions): Promise<Kept> {
  const child: Keeper = spawn('sh', ['-c', KEEPER, 'sh', folder ?? '', endSignal, ...command], {
    ...account,
    detached: true,
    cwd: tmpdir(),
    env: serverEnvironment(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {}); // the keeper may end first
  const exit = new Promise((resolve) => child.on('exit', resolve).on('error', resolve));
  const silent = new Promise((resolve) => child.stdout.on('close', resolve));
  let alive = true;
  void silent.then(() => (alive = false));
  const reference = (change: 'ref' | 'unref'): void => {
    child[change]();
    child.stdin[change]?.();
    child.stdout[change]?.();
  };
  const end = async (): Promise<void> => {
    reference('ref');
    child.stdin.end();
    await exit;
  };
  const said = listen(child);
  try {
    await said(/^made$/m);
    await prepare?.();
    child.stdin.write('start\n');
    await said(ready);
  } catch (error) {
    await end();
    throw error;
  }
  const pid = Number((await said(/^kept (\d+)$/m))[1]);
  child.stdout.removeAllListeners('data');
  child.stdout.resume();
  reference('unref');
  return {
    pid,
    get alive() {
      return alive;
    },
    gone: async () => {
      reference('ref');
      await silent;
      reference('unref');
    },
    leave: () => child.stdin.end('leave\n'),
    end,
  };
}

/** Waits until the keeper or the server has said something; throws their last words when they end before. */
function listen(child: Keeper): (what: RegExp) => Promise<RegExpExecArray> {
  let output = '';
  let failure: Error | undefined;
  const heard = new EventEmitter();
  const end = (error?: Error): void => {
    failure ??= error ?? new Error(lastWords(output));
    heard.emit('more');
  };
  child.on('error', end);
  setTimeout(() => end(new Error('it was not ready within two minutes')), 120_000).unref();
  child.stdout.on('close', () => end());
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    heard.emit('more');
  });
  return async (what) => {
    for (;;) {
      const found = what.exec(output);
      if (found !== null) return found;
      if (failure !== undefined) throw failure;
      await once(heard, 'more');
    }
  };
}

function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line !== '' && !/^(made|kept \d+)$/.test(line));
  const fatal = lines.findLast((line) => /FATAL|error|bind|fail/i.test(line));
  return (fatal ?? lines.at(-1) ?? 'it ended without a word').replace(/^.*?(FATAL|ERROR|#):?\s+/, '');
}
