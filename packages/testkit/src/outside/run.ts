import { spawn, type ChildProcess } from 'node:child_process';

export interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Both outputs of a command; one that fails is an error that shows them. */
export async function run(command: string, args: readonly string[], where: Where): Promise<string> {
  const child = start(command, args, where);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0)
    throw new Error(`${command.split('/').at(-1)} ${args.join(' ')} ended with ${code}\n${output.trim()}`);
  return output;
}

export const start = (command: string, args: readonly string[], where: Where): ChildProcess =>
  spawn(command, args, { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
