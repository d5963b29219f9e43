import { connect, type Socket } from 'node:net';
import { watchPostgres } from './postgres-watch.ts';
import { watchRedis } from './redis-watch.ts';
import type { Armory, Watch, Wire } from './strike.ts';

/** What holds for all connections of a proxy at once. */
export interface Weather {
  delayMs: number;
  blackhole: boolean;
  readonly armory: Armory;
}

/** One client's connection through the proxy. */
export interface Link {
  reset(): void;
  /** After a black hole: what lost bytes, or lost its other end meanwhile, cannot go on. */
  resetIfDamaged(): void;
}

/** Connects a client to the target, until either end closes; calls `gone` then. */
export function link(
  client: Socket,
  target: { readonly host: string; readonly port: number },
  weather: Weather,
  gone: () => void,
): Link {
  const server = connect(target);
  let damaged = weather.blackhole;
  let watch: Watch | undefined;

  const reset = (): void => {
    resetSocket(client);
    resetSocket(server);
    gone();
  };
  const toServer = lane(client, server, () => weather.delayMs);
  const toClient = lane(server, client, () => 0);
  const wire: Wire = { toServer: toServer.send, toClient: toClient.send, reset, armory: weather.armory };

  const unlessBlackhole = (pass: () => void): void => {
    if (weather.blackhole) damaged = true;
    else pass();
  };
  client
    .setNoDelay(true)
    .on('data', (chunk: Buffer) => unlessBlackhole(() => (watch ??= watchFor(chunk, wire)).fromClient(chunk)));
  server
    .setNoDelay(true)
    .on('data', (chunk: Buffer) => unlessBlackhole(() => (watch ?? passOn(wire)).fromServer(chunk)));
  client.on('end', () => unlessBlackhole(toServer.end));
  server.on('end', () => unlessBlackhole(toClient.end));
  client.on('error', () => unlessBlackhole(reset));
  server.on('error', () => unlessBlackhole(reset));
  client.on('close', () => unlessBlackhole(() => (toServer.end(), gone())));
  return { reset, resetIfDamaged: () => (damaged ? reset() : undefined) };
}

/** A socket that is reset while its end is on its way is never closed: Node then spins at the end of the process. */
const resetSocket = (socket: Socket): void => void (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());

const passOn = ({ toServer, toClient }: Wire): Watch => ({ fromClient: toServer, fromServer: toClient });

/** PostgreSQL begins with a length, whose first byte is zero, Redis with an array. */
function watchFor(first: Buffer, wire: Wire): Watch {
  if (first[0] === 0) return watchPostgres(wire);
  return first.toString('latin1', 0, 1) === '*' ? watchRedis(wire) : passOn(wire);
}

/** One direction: keeps the order under a delay, and holds the source back while the other end is slow. */
function lane(
  from: Socket,
  to: Socket,
  delayMs: () => number,
): { readonly send: (bytes: Buffer) => void; readonly end: () => void } {
  let last = 0;
  let waiting = 0;
  const later = (act: () => void): void => {
    const due = Math.max(last, performance.now() + delayMs());
    const wait = due - performance.now();
    if (wait <= 0 && waiting === 0) return act();
    last = due;
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      act();
    }, wait);
  };
  return {
    send: (bytes) =>
      later(() => {
        if (to.destroyed || to.write(bytes) || from.isPaused()) return;
        from.pause();
        to.once('drain', () => from.resume());
      }),
    end: () => later(() => to.end()),
  };
}
