import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Session } from './session.ts';

export interface Command {
  /** As it is typed: `migrate`, `credentials rotate`. */
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Answers the exit code. */
  run(args: readonly string[], session: Session): Promise<number>;
}

interface Line<Options extends ParseArgsOptionsConfig> {
  args: string[];
  options: Options;
  allowPositionals: true;
}
type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<Line<Options>>>;

interface Definition<Options extends ParseArgsOptionsConfig> {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly options: Options;
  run(parsed: Parsed<Options>, session: Session): Promise<number>;
}

/** Options that every command takes. */
export const common = {
  adapter: { type: 'string', multiple: true },
  instance: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

export const commonHelp = `
  --adapter NAME    only this adapter, by its name (exchange); may be given more than once. A plain word does the same
  --instance NAME   a named instance of that adapter instead of its default
  --json            one JSON object on stdout
  -h, --help        this text`;

export function command<const Options extends ParseArgsOptionsConfig>(definition: Definition<Options>): Command {
  const { name, summary, help, options } = definition;
  return {
    name,
    summary,
    help,
    run: (args, session) =>
      definition.run(parseArgs<Line<Options>>({ args: [...args], options, allowPositionals: true }), session),
  };
}

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const isUsageError = (error: unknown): error is Error =>
  error instanceof UsageError || String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
