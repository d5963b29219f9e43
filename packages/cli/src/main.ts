import { isAdapterError } from '@tse/core';
import { type Adapter, installedAdapters } from './adapters.ts';
import { type Command, isUsageError } from './command.ts';
import { commands } from './commands/index.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { exitCode } from './exit-codes.ts';
import { Output, type Stream, table } from './output.ts';

/** Where a run of the command reads and writes. */
export interface Io {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly signal: AbortSignal;
  /** Default: those that are installed. */
  readonly adapters?: readonly Adapter[];
}

/** Runs one command line and answers its exit code. Throws nothing. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const output = new Output(io.stdout, io.stderr, io.env);
  const found = commands.find(({ name }) => name === argv.slice(0, name.split(' ').length).join(' '));
  const args = argv.slice(found?.name.split(' ').length ?? 0);
  if (!found) return withoutCommand(argv, output);
  if (args.some(isHelp)) {
    output.print(found.help.trim());
    return exitCode.ok;
  }
  try {
    return await found.run(args, {
      env: readEnvironment(io.env, io.cwd),
      cwd: io.cwd,
      output,
      signal: io.signal,
      adapters: () => (io.adapters ? Promise.resolve(io.adapters) : installedAdapters()),
    });
  } catch (error) {
    return told(found, error, args.includes('--json'), output, io.signal);
  } finally {
    output.done();
  }
}

const isHelp = (word: string) => word === '--help' || word === '-h';

function withoutCommand([word, ...rest]: readonly string[], output: Output): number {
  const group = commands.filter(({ name }) => name.startsWith(`${word} `));
  const text = overview(group.length > 0 ? group : commands);
  if (word === undefined || word === 'help' || [word, ...rest].some(isHelp)) {
    output.print(text);
    return exitCode.ok;
  }
  output.note(`tse: ${group.length > 0 ? `${word} needs a second word` : `there is no command ${word}`}\n\n${text}`);
  return exitCode.usage;
}

function told({ name }: Command, error: unknown, json: boolean, output: Output, signal: AbortSignal): number {
  if (signal.aborted && !isAdapterError(error)) {
    output.note(`tse ${name}: interrupted`);
    return exitCode.interrupted;
  }
  const message = error instanceof Error ? error.message : 'failed';
  if (isUsageError(error)) {
    output.note(`tse ${name}: ${message}\nSee tse ${name} --help`);
    return exitCode.usage;
  }
  if (json) output.json({ error: { code: isAdapterError(error) ? error.code : 'internal', message } });
  output.note(`tse ${name}: ${message}`);
  return exitCode.failed;
}

const overview = (list: readonly Command[]): string => `tse COMMAND [OPTIONS]

Sets up and looks after what the data adapters keep in PostgreSQL and Redis.

${table(list.map(({ name, summary }) => [`  ${name}`, summary]))}

tse COMMAND --help says more. The servers are those of TSE_ADMIN_POSTGRES_URL and TSE_ADMIN_REDIS_URL, in the
environment or in .env here. Exit codes: 0 done, 1 failed, 2 wrong command line; status --check: 3 pending, 4 drifted.`;

/** The command as a process: its arguments, its streams, Ctrl-C once for an orderly end and twice for any. */
export async function runProcess(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(name)));
  }
  process.stdout.on('error', () => {}); // a reader such as `head` may leave before the end
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
  });
}
