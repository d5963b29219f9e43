import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether nobody listens there on this machine. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

/**
 * A free port below those the system hands to outgoing connections: there, a client that keeps calling a killed server
 * would one day be given the server's own port, and the server could not come back.
 */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(16_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port was found between 16000 and 32000.');
}

/** Launches on the wanted port, else on a free one; when another took that in the meantime, on another. */
export async function onFreePort<T>(wanted: number | undefined, launch: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(wanted ?? (await freePort()));
    } catch (error) {
      const reasons = `${String(error)} ${String((error as Error).cause)}`;
      if (wanted !== undefined || attempt === 3 || !/address already in use|already allocated/i.test(reasons))
        throw error;
    }
  }
}

/** The port itself, or the next free one above it. */
export async function freePortFrom(port: number): Promise<number> {
  for (let candidate = port; candidate < port + 100; candidate += 1) if (await isFree(candidate)) return candidate;
  throw new Error(`No free port was found from ${port} to ${port + 99}.`);
}
