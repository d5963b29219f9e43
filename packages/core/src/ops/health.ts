import type { InstanceIdentity } from '../pipe/identity.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { Redis } from '../redis/redis.ts';
import { type Instant, systemClock } from '../values/instant.ts';
import { type StoreHealth, type StoreState, StoreWatch } from './store-watch.ts';
import { within } from './within.ts';
import { type WorkerHealth, type Workers, errorClass } from './worker.ts';

/** The stores of an adapter. */
export type Store = 'postgres' | 'redis';

/** What one check found: `down` makes the adapter unavailable, `degraded` makes it degraded. */
export interface Finding {
  state: Exclude<StoreState, 'unknown'>;
  /** Why it is not `up`: for people, without any secret. */
  reason?: string;
  /** Seconds it is behind what it follows. */
  lagSeconds?: number;
  /** What else a reader of the health page wants to know: versions, counts. */
  facts?: Readonly<Record<string, string | number | boolean>>;
}

/** A further check of an adapter: a lag, a drift, partitions made ahead. */
export interface HealthContribution {
  readonly name: string;
  /** The stores it asks: with one of them down it is not asked, and `unknown`. */
  readonly needs?: readonly Store[];
  /** Looks once; what it throws makes the state `unknown`. */
  check(): Finding | Promise<Finding>;
}

/** What a check found, and the class of its last error. */
export type CheckHealth = Omit<Finding, 'state'> & { state: StoreState; lastErrorClass?: string };

/** What an adapter says of itself. It holds no secret and no error text of a driver. */
export interface AdapterHealth {
  adapter: string;
  /** The instance's name, else the adapter's. */
  instance: string;
  /** `unavailable`: what it is for cannot be done. `degraded`: it works, with something missing or slower. */
  status: 'healthy' | 'degraded' | 'unavailable';
  /** One line for each thing that is not as it should be. */
  reasons: string[];
  /** On the host's clock. */
  checkedAt: Instant;
  postgres: StoreHealth & { pool: { total: number; idle: number; waiting: number; max: number } };
  redis: StoreHealth;
  checks: Record<string, CheckHealth>;
  workers: WorkerHealth[];
}

const CHECK_WITHIN_MS = 500;
const KEPT_MS = 1000;

interface Parts {
  identity: InstanceIdentity;
  telemetry: Telemetry;
  pg: Postgres;
  redis: Redis;
  workers: Workers;
  /** Without one of these the adapter is unavailable, without another degraded. */
  critical: readonly Store[];
}

/** Health of one adapter: each check with a deadline of its own, one at a time, kept for a second. */
export class Health {
  readonly #parts: Parts;
  readonly #contributions = new Map<string, HealthContribution>();
  readonly #postgres: StoreWatch;
  readonly #redis: StoreWatch;
  #last: AdapterHealth | undefined;
  #lastAt = -Infinity;
  #running: Promise<AdapterHealth> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#postgres = new StoreWatch(parts.pg);
    this.#redis = new StoreWatch(parts.redis);
  }

  contribute(contribution: HealthContribution): void {
    if (this.#contributions.has(contribution.name)) throw new RangeError(`two checks are called ${contribution.name}`);
    this.#contributions.set(contribution.name, contribution);
  }

  /** What the last check found, without asking anything. */
  get last(): AdapterHealth | undefined {
    return this.#last;
  }

  check(): Promise<AdapterHealth> {
    if (this.#last && performance.now() - this.#lastAt < KEPT_MS) return Promise.resolve(this.#last);
    this.#running ??= this.#checkAll().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #checkAll(): Promise<AdapterHealth> {
    const { identity, pg, workers, telemetry } = this.#parts;
    const [postgres, redis] = await Promise.all([
      this.#postgres.check(CHECK_WITHIN_MS, () => saturated(pg)),
      this.#redis.check(CHECK_WITHIN_MS, () => undefined),
    ]);
    const states = { postgres: postgres.state, redis: redis.state };
    const names = [...this.#contributions.keys()];
    const found = await Promise.all([...this.#contributions.values()].map((each) => askOne(each, states)));
    const checks = Object.fromEntries(names.map((name, i) => [name, found[i]!]));
    const health: AdapterHealth = {
      adapter: identity.name,
      instance: identity.label,
      ...this.#judge(states, checks, workers.health(), { postgres, redis }),
      checkedAt: systemClock.now(),
      postgres: { ...postgres, pool: pg.stats() },
      redis,
      checks,
      workers: workers.health(),
    };
    if (faultsOf(health) !== faultsOf(this.#last)) {
      const { status, reasons } = health;
      telemetry.log[status === 'healthy' ? 'info' : 'warn']({ reasons }, `adapter is ${status}`);
    }
    this.#last = health;
    this.#lastAt = performance.now();
    return health;
  }

  #judge(
    states: Record<Store, StoreState>,
    checks: Record<string, CheckHealth>,
    workers: readonly WorkerHealth[],
    stores: Record<Store, StoreHealth>,
  ): Pick<AdapterHealth, 'status' | 'reasons'> {
    const down = (['postgres', 'redis'] as const).filter((store) => states[store] === 'down');
    const reasons = (['postgres', 'redis'] as const)
      .filter((store) => states[store] !== 'up')
      .map(
        (store) => `${store} is ${states[store]}: ${stores[store].reason ?? stores[store].lastErrorClass ?? 'unknown'}`,
      );
    for (const [name, { state, reason, lastErrorClass }] of Object.entries(checks)) {
      if (state === 'unknown' ? lastErrorClass : state !== 'up')
        reasons.push(`${name} is ${state}${(reason ?? lastErrorClass) ? `: ${reason ?? lastErrorClass}` : ''}`);
    }
    for (const { name, state, lastErrorClass } of workers)
      if (state === 'waiting') reasons.push(`worker ${name} failed: ${lastErrorClass}`);
    const unavailable =
      down.length === 2 ||
      down.some((store) => this.#parts.critical.includes(store)) ||
      Object.values(checks).some(({ state }) => state === 'down');
    return { status: unavailable ? 'unavailable' : reasons.length > 0 ? 'degraded' : 'healthy', reasons };
  }
}

/** What is wrong, without the numbers in it: a change of this is worth a line in the log. */
const faultsOf = (health: AdapterHealth | undefined): string =>
  health?.reasons.map((reason) => reason.split(':')[0]).join() ?? '';

function saturated(pg: Postgres): string | undefined {
  const { waiting, idle, total, max } = pg.stats();
  return waiting > 0 && idle === 0 && total >= max ? `${waiting} calls wait for one of ${max} connections` : undefined;
}

async function askOne(contribution: HealthContribution, states: Record<Store, StoreState>): Promise<CheckHealth> {
  if (contribution.needs?.some((store) => states[store] === 'down')) return { state: 'unknown' };
  const late: CheckHealth = { state: 'unknown', lastErrorClass: 'check-timed-out' };
  try {
    return await within(CHECK_WITHIN_MS, Promise.resolve(contribution.check()), late);
  } catch (error) {
    return { state: 'unknown', lastErrorClass: errorClass(error) };
  }
}
