import { type AdapterContext, type KeyOf, type Lease, script } from '@tse/core';

const mirrorLock = script(
  'test-coordinator.locks.mirror',
  'write',
  new URL('../../lua/mirror-lock.lua', import.meta.url),
);

/** Shows in Redis who holds which lock: a hint for those who look, never what decides. */
export class LockMirrorStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  /** Shows a lease as long as it is held. */
  async show(lease: Lease, ttlMs: number): Promise<void> {
    await this.#tell(lease, ttlMs);
    const refreshing = setInterval(() => void this.#tell(lease, ttlMs), ttlMs / 3).unref();
    const end = () => {
      clearInterval(refreshing);
      void this.#tell(lease, 0);
    };
    if (lease.signal.aborted) end();
    else lease.signal.addEventListener('abort', end, { once: true });
  }

  #tell({ name, fence, holder }: Lease, lifeMs: number): Promise<unknown> {
    return this.#context.redis
      .script(mirrorLock, [this.#key(name)], [fence, holder, lifeMs])
      .catch((err: unknown) => this.#context.telemetry.log.debug({ err }, 'a lock was not mirrored'));
  }
}
