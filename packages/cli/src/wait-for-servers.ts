import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '@tse/core';
import { type AdminAccess, serversAnswer } from '@tse/core/admin';
import type { Session } from './session.ts';

const LONGEST_MS = 120_000;

/** Waits until both servers take the administrator's login. What waiting does not cure ends it at once. */
export async function waitForServers(admin: AdminAccess, { output, signal }: Session): Promise<void> {
  const started = performance.now();
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    const missing = await serversAnswer(admin);
    if (missing === undefined) return;
    const waitedMs = performance.now() - started;
    if (waitedMs > LONGEST_MS) throw new UnavailableError('servers-missing', `after two minutes: ${missing}`);
    if (tries % 10 === 0) output.progress(`waiting for the servers (${Math.round(waitedMs / 1000)} s): ${missing}`);
    await sleep(1000, undefined, { signal });
  }
}
