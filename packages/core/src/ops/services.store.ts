import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { CallOptions } from '../pipe/context.ts';
import { operation } from '../pipe/run.ts';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import { script } from '../redis/script.ts';
import { idInput } from '../values/id.ts';
import { type Listing, encodeCursor, listing } from '../values/page.ts';
import { KeptRegistration } from './kept-registration.ts';
import {
  type DiscoverOptions,
  type Heartbeat,
  type ListServices,
  type RegisterService,
  type RegisteredService,
  type Registration,
  ServiceNotFoundError,
  type Services,
  discoverServices,
  findService,
  heartbeat,
  listServices,
  registerService,
} from './services.ts';
import { ofMillis, toService } from './stored-service.ts';

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const scripts = {
  register: script('services.register', 'write', lua('register-service')),
  heartbeat: script('services.heartbeat', 'write', lua('heartbeat-service')),
  drop: script('services.drop', 'write', lua('drop-services')),
};

const operations = {
  register: operation('services.register', registerService, ({ id }) => id),
  heartbeat: operation('services.heartbeat', heartbeat, ({ id }) => id),
  deregister: operation('services.deregister', z.strictObject({ id: idInput }), ({ id }) => id),
  discover: operation('services.discover', discoverServices),
  find: operation('services.find', findService),
  list: operation('services.list', listServices),
};

const MOST_OF_A_NAME = 1000;
const MOST_DROPPED_A_READ = 100;

type Parsed = z.output<typeof registerService> & { id: string };

export class ServiceStore implements Services {
  readonly #context: AdapterContext;
  readonly #kept = new Map<string, { service: Parsed; registration: KeptRegistration }>();

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  register(input: RegisterService, options?: CallOptions): Promise<Registration> {
    return this.#context.run(operations.register, input, options, async (given) => {
      const service: Parsed = { ...given, id: given.id ?? this.#context.ids.next() };
      const { id } = service;
      await this.#forget(id);
      const registered = await this.#write(service);
      if (service.keepAlive) this.#keep(service);
      return { id, service: registered, [Symbol.asyncDispose]: async () => void (await this.deregister(id)) };
    });
  }

  heartbeat(input: Heartbeat, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.heartbeat, input, options, async ({ id, ...report }) => {
      const given = report.status !== undefined || report.metrics !== undefined;
      if (!(await this.#beat(id, given ? JSON.stringify(report) : ''))) throw new ServiceNotFoundError(id);
      const kept = this.#kept.get(id);
      if (kept && given) kept.service = { ...kept.service, status: undefined, metrics: undefined, ...report };
    });
  }

  deregister(id: string, options?: CallOptions): Promise<boolean> {
    return this.#context.run(operations.deregister, { id }, options, async () => this.#remove(id));
  }

  discover(name: string, { from, ...options }: DiscoverOptions = {}): Promise<RegisteredService[]> {
    return this.#context.run(operations.discover, { name, from }, options, async (given) => {
      const members = await this.#members(given.from, `[${given.name}|`, `(${given.name}}`, MOST_OF_A_NAME);
      return (await this.#read(given.from, members)).filter(({ healthy }) => healthy);
    });
  }

  find(id: string, { from, ...options }: DiscoverOptions = {}): Promise<RegisteredService | undefined> {
    return this.#context.run(operations.find, { id, from }, options, async (given) => {
      const [service] = await this.#read(given.from, [`|${given.id}`]);
      return service;
    });
  }

  async get(id: string, options?: DiscoverOptions): Promise<RegisteredService> {
    const service = await this.find(id, options);
    if (!service) throw new ServiceNotFoundError(id);
    return service;
  }

  list(input: ListServices = {}, options?: CallOptions): Listing<RegisteredService> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const [first, last] = given.name === undefined ? ['-', '+'] : [`[${given.name}|`, `(${given.name}}`];
        const members = await this.#members(
          given.from,
          given.cursor ? `(${given.cursor[0]}` : first,
          last,
          given.limit + 1,
        );
        const page = members.slice(0, given.limit);
        const items = await this.#read(given.from, page);
        return members.length > given.limit ? { items, next: encodeCursor([page.at(-1)!]) } : { items };
      }),
    );
  }

  /** Deregisters what this process keeps registered. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((id) => this.#remove(id)));
  }

  #keep(service: Parsed): void {
    const { id, name, ttlMs } = service;
    const registration = new KeptRegistration(ttlMs, {
      beat: () => this.#beat(id, ''),
      again: () => this.#write(this.#kept.get(id)?.service ?? service),
      failed: (err) => this.#context.telemetry.log.debug({ err, service: name }, 'heartbeat failed'),
    });
    this.#kept.set(id, { service, registration });
  }

  async #forget(id: string): Promise<void> {
    await this.#kept.get(id)?.registration.end();
    this.#kept.delete(id);
  }

  async #remove(id: string): Promise<boolean> {
    await this.#forget(id);
    return Number(await this.#context.redis.script(scripts.drop, this.#keys(undefined), [id, 1])) > 0;
  }

  async #write(service: Parsed): Promise<RegisteredService> {
    const { id, name, version, host, ports, metadata, ttlMs, status = 'serving', metrics = {} } = service;
    const record = { version, host, ports, metadata };
    const report = { status, metrics };
    const [now, since] = await this.#context.redis.script<[string, string]>(scripts.register, this.#keys(undefined), [
      id,
      name,
      JSON.stringify(record),
      ttlMs,
      JSON.stringify(report),
    ]);
    const healthy = status === 'serving';
    return { id, name, ...record, ...report, healthy, registeredAt: ofMillis(since), lastSeenAt: ofMillis(now) };
  }

  async #beat(id: string, report: string): Promise<boolean> {
    return (await this.#context.redis.script(scripts.heartbeat, this.#keys(undefined), [id, report])) !== null;
  }

  #members(from: string | undefined, first: string, last: string, most: number): Promise<string[]> {
    const [, , index] = this.#keys(from);
    return this.#context.redis.read('services.index', (client) =>
      client.zrangebylex(index, first, last, 'LIMIT', 0, most),
    );
  }

  /** The records of `name|id` members that are alive. Those of the own registry that are not are dropped, some at each read. */
  async #read(from: string | undefined, members: readonly string[]): Promise<RegisteredService[]> {
    if (members.length === 0) return [];
    const [records, expiries] = this.#keys(from);
    const ids = members.map((member) => member.slice(member.indexOf('|') + 1));
    const fields = ids.flatMap((id) => [id, `${id}|report`]);
    const [time, values, ends] = await this.#context.redis.read('services.read', (client) =>
      Promise.all([client.time(), client.hmget(records, ...fields), client.zmscore(expiries, ...ids)]),
    );
    const now = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
    const alive = ids.map((_, i) => Number(ends[i] ?? 0) > now);
    if (from === undefined && ids.some((_, i) => values[2 * i] !== null && !alive[i])) void this.#dropStale();
    return ids.flatMap((id, i) => {
      const service = alive[i] ? toService(id, values[2 * i], values[2 * i + 1], Number(ends[i])) : undefined;
      return service ? [service] : [];
    });
  }

  async #dropStale(): Promise<void> {
    await this.#context.redis
      .script(scripts.drop, this.#keys(undefined), ['', MOST_DROPPED_A_READ])
      .catch((err: unknown) => {
        this.#context.telemetry.log.debug({ err }, 'services that are gone could not be dropped');
      });
  }

  #keys(from: string | undefined): [records: string, expiries: string, index: string] {
    const key = from === undefined ? this.#context.coreKeys.services : keysOf(from, coreFamilies).services;
    return [key('registry'), key('registry', 'expiries'), key('registry', 'index')];
  }
}
