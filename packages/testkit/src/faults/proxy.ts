import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { link, type Link, type Weather } from './link.ts';
import { Armory, type Strike, type StrikeOptions } from './strike.ts';

export type { Strike, StrikeOptions } from './strike.ts';

/** A fault that lasts until it is disposed of; `using` and `await using` both do. */
export type Fault = Disposable & AsyncDisposable;

/**
 * A TCP proxy before a PostgreSQL or a Redis (without TLS), which breaks what goes through it. Each fault's disposable
 * ends that fault.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The URL, with the proxy in place of its server. */
  url(of: string): string;
  /** Makes each request take that much longer on its way. */
  delay(ms: number): Fault;
  /** Resets all live connections, whatever they are doing; answers how many. */
  cut(): number;
  /** Resets new connections at once; live ones go on. */
  refuse(on?: boolean): Fault;
  /** Nothing goes through and nobody hears of it; at the end connections that lost something are reset. */
  blackhole(on?: boolean): Fault;
  /** As if the server were gone: refuses new connections and cuts the live ones. */
  down(): Fault;
  /** The next COMMIT, or write outside of a transaction, never reaches PostgreSQL; its connection is reset. */
  cutBeforeCommit(options?: StrikeOptions): Strike;
  /**
   * The next COMMIT, or write outside of a transaction, that succeeds is done, but the reply is lost and the connection
   * reset.
   */
  cutAfterCommit(options?: StrikeOptions): Strike;
  /** The next successful write to Redis is done, but the reply is lost and the connection reset. */
  cutReply(options?: StrikeOptions): Strike;
  /** Ends all faults and calls off those that still wait. */
  heal(): void;
  /** Cuts all connections and frees the port. */
  stop(): Promise<void>;
}

/** What the proxy stands before. */
export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
}

/** Starts a proxy on a port of its own. */
export async function startProxy({ target }: ProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>();
  const weather: Weather = { delayMs: 0, blackhole: false, armory: new Armory() };
  let refusing = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {});
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const made = link(client, target, weather, () => links.delete(made));
    links.add(made);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const cut = (): number => {
    const live = [...links];
    for (const each of live) each.reset();
    return live.length;
  };
  const refuse = (on = true): Fault => {
    refusing = on;
    return until(() => (refusing = false));
  };
  const delay = (ms: number): Fault => {
    weather.delayMs = ms;
    return until(() => (weather.delayMs = 0));
  };
  const blackhole = (on = true): Fault => {
    const ends = weather.blackhole && !on;
    weather.blackhole = on;
    if (ends) for (const each of links) each.resetIfDamaged();
    return until(() => blackhole(false));
  };
  const heal = (): void => {
    refuse(false);
    delay(0);
    blackhole(false);
    weather.armory.callOff();
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    weather.armory.callOff();
    cut();
    await closed;
  };
  return {
    host: '127.0.0.1',
    port,
    url: (of) => {
      const url = new URL(of);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    delay,
    cut,
    refuse,
    blackhole,
    down: () => {
      const refused = refuse();
      cut();
      return refused;
    },
    cutBeforeCommit: (options = {}) => weather.armory.arm('before-commit', options),
    cutAfterCommit: (options = {}) => weather.armory.arm('after-commit', options),
    cutReply: (options = {}) => weather.armory.arm('reply', options),
    heal,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const until = (end: () => unknown): Fault => ({
  [Symbol.dispose]: () => void end(),
  [Symbol.asyncDispose]: async () => void end(),
});
