import { constants } from 'node:os';

/** Why a run ended before its end: somebody asked for it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** As shells have it: 130 after Ctrl-C. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Aborts, with an `Interrupted`, when the process is asked to end, so that it can end in order. Asked again, it ends at once. */
export function onInterrupt(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => abort.abort(new Interrupted(name)));
  return abort.signal;
}
