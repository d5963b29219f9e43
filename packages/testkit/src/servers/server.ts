/** Where a server comes from: named by a URL, a container, or started from a program on this machine. */
export type Origin = 'url' | 'docker' | 'embedded';

/** A real server, reachable as its administrator. */
export interface ServerInfo {
  /** URL of the administrator, with the password: a secret. */
  readonly adminUrl: string;
  /** As the server itself says it: `18.4`. */
  readonly version: string;
  readonly origin: Origin;
}

/**
 * A server of one's own, to be killed and brought back: always on the same port, and with the same data when durable.
 */
export interface Server extends ServerInfo, AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The server's main process; of a container the engine's number for it; `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Sends a signal (default `SIGKILL`); for one that ends a server, resolves when all its processes are gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Brings it back, stopping it first where it still runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it for good and removes what it left, except a kept folder. */
  stop(): Promise<void>;
}

/** What is fixed of a server. */
export interface StoreOptions {
  /** A port to have; otherwise a free one. */
  readonly port?: number;
  /** The administrator's password; otherwise a random one. Letters, digits, `-` and `_`. */
  readonly password?: string;
}

/** What servers are for, and how they are started. */
export interface StartOptions {
  /** Tests prefer Docker and drop durability; a demo and a stack prefer the embedded servers. */
  readonly purpose: 'test' | 'demo' | 'stack';
  /** A folder whose data outlives the servers. */
  readonly keep?: string;
  /** Whether an acknowledged write survives a crash of the server; default: not for tests. */
  readonly durable?: boolean;
  /** Gets each line about what is taken, fetched and kept; default: stderr. */
  readonly log?: (line: string) => void;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  readonly postgres?: StoreOptions;
  readonly redis?: StoreOptions;
}

/** The options of one store, with nothing left open. */
export interface StoreStart {
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly password: string;
  readonly port: number | undefined;
  readonly durable: boolean;
  /** The folder of this store below a kept one. */
  readonly keep: string | undefined;
}

/** There is no program here to be an embedded server: the only reason to turn to Docker instead. */
export class NoProgramError extends Error {}

const ENDING = new Set<NodeJS.Signals>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGBUS']);

/** Whether a server that gets this signal is expected to end. */
export const endsServer = (signal: NodeJS.Signals): boolean => ENDING.has(signal);
