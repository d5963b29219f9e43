import { z } from 'zod';
import type { CallOptions } from '../pipe/context.ts';
import { NotFoundError } from '../pipe/errors.ts';
import { idInput, textInput } from '../values/id.ts';
import type { Instant } from '../values/instant.ts';
import { type Listing, pageFields } from '../values/page.ts';

const serviceName = z
  .string({ error: 'expected a service name' })
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/,
    'expected 1 to 64 lower-case letters, digits, inner dots or hyphens',
  );

const labels = (longest: number) => z.record(textInput(64), textInput(longest)).default({});
const fewerThan = (most: number) => (entries: object) => Object.keys(entries).length <= most;

const report = {
  /** What the service says of itself. One that is not `serving` is registered but not healthy. */
  status: z.enum(['starting', 'serving', 'draining', 'failing']).optional(),
  /** Numbers about itself: requests, errors, milliseconds. Statistics, never money. */
  metrics: z.record(textInput(64), z.number()).refine(fewerThan(32), 'expected at most 32 metrics').optional(),
};

/** Input schema. */
export const registerService = z.strictObject({
  /** Of this running instance; made where none is given. The same id again replaces what was registered. */
  id: idInput.optional(),
  name: serviceName,
  version: textInput(64),
  host: textInput(255),
  /** By purpose: `{ http: 8080, grpc: 50051 }`. */
  ports: z
    .record(textInput(32), z.int().min(1).max(65_535))
    .refine(fewerThan(16), 'expected at most 16 ports')
    .default({}),
  metadata: labels(1024).refine(fewerThan(32), 'expected at most 32 entries'),
  ...report,
  /** After this long without a heartbeat it counts as gone, by the clock of Redis. */
  ttlMs: z.int().min(100).max(3_600_000).default(30_000),
  /** Off where the caller sends the heartbeats itself. */
  keepAlive: z.boolean().default(true),
});
export type RegisterService = z.input<typeof registerService>;

/** Input schema. */
export const heartbeat = z.strictObject({ id: idInput, ...report });
export type Heartbeat = z.input<typeof heartbeat>;

const from = z
  .string()
  .regex(/^[a-z0-9:-]{1,64}$/, 'expected the key prefix of an adapter')
  .optional();

/** Input schema. */
export const discoverServices = z.strictObject({ name: serviceName, from });
/** Input schema. */
export const findService = z.strictObject({ id: idInput, from });
/** Input schema. */
export const listServices = z.strictObject({ name: serviceName.optional(), from, ...pageFields(z.string().max(256)) });
export type ListServices = z.input<typeof listServices>;

/** A service that others can discover. */
export interface RegisteredService {
  id: string;
  name: string;
  version: string;
  host: string;
  ports: Record<string, number>;
  metadata: Record<string, string>;
  status: 'starting' | 'serving' | 'draining' | 'failing';
  metrics: Record<string, number>;
  /** Seen within its time to live, and serving. */
  healthy: boolean;
  /** Both by the clock of Redis. */
  registeredAt: Instant;
  lastSeenAt: Instant;
}

/** A registration of this process. Disposing of it deregisters the service. */
export interface Registration extends AsyncDisposable {
  readonly id: string;
  readonly service: RegisteredService;
}

export class ServiceNotFoundError extends NotFoundError {
  constructor(id: string) {
    super('service-not-found', 'no such service is registered, or it was not seen for longer than its time to live', {
      id,
    });
  }
}

export interface DiscoverOptions extends CallOptions {
  /** Whose registry is read: the key prefix of another adapter (`exchange:okx`); the adapter's own where none is given. */
  from?: string | undefined;
}

/** Who runs where. A registry per adapter, in Redis; the registries of other adapters may be read. */
export interface Services {
  /** Registers a service of this process and keeps it registered (through a loss of Redis too) until it is deregistered. */
  register(input: RegisterService, options?: CallOptions): Promise<Registration>;
  /** Of an id that is not registered: `ServiceNotFoundError`. */
  heartbeat(input: Heartbeat, options?: CallOptions): Promise<void>;
  /** Whether it was registered. */
  deregister(id: string, options?: CallOptions): Promise<boolean>;
  /** The healthy services of a name, at most 1 000. */
  discover(name: string, options?: DiscoverOptions): Promise<RegisteredService[]>;
  /** A registered service; nothing where it is not registered or its heartbeat ended. */
  find(id: string, options?: DiscoverOptions): Promise<RegisteredService | undefined>;
  /** A registered service; `service-not-found` where it is not registered or its heartbeat ended. */
  get(id: string, options?: DiscoverOptions): Promise<RegisteredService>;
  /** All that are registered, healthy or not, by name and id. */
  list(input?: ListServices, options?: CallOptions): Listing<RegisteredService>;
}
