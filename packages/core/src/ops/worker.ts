import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, isAdapterError } from '../pipe/errors.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import { type Instant, systemClock } from '../values/instant.ts';
import { settledWithin } from './within.ts';

/** A background loop: it goes on until the signal aborts. Where it ends or fails before, it is started again after a pause. */
export interface Worker {
  /** Kebab-case, unique in its adapter: `expire-holds`. The setting `workers` names it. */
  readonly name: string;
  /** Works until the signal aborts; what it throws is logged, and it runs again after a growing pause. */
  run(signal: AbortSignal): Promise<void>;
  /** Where it may also be asked to do its work: all that is due, or left to do, by now. */
  catchUp?(): Promise<void>;
  /** Seconds it is behind what it follows, from a number it keeps: asked at each scrape, so it must not wait. */
  lagSeconds?(): number | undefined;
}

/** How a background loop does. */
export interface WorkerHealth {
  name: string;
  /** `waiting`: it failed and pauses before it runs again. `off`: the setting `workers` leaves it out. */
  state: 'running' | 'waiting' | 'off' | 'stopped';
  restarts: number;
  lagSeconds?: number;
  /** Of the last failure, with its time on the host's clock. */
  lastErrorClass?: string;
  lastErrorAt?: Instant;
}

/** Which workers of an adapter run: all, none, these by name, or all but those that `catchUp` stands for. */
export type WorkerSelection = boolean | 'catch-up' | readonly string[];

interface Loop {
  readonly worker: Worker;
  health: WorkerHealth;
  ended: Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A run that lasted this long was healthy: the next failure starts with the first pause again. */
const HEALTHY_RUN_MS = 30_000;

/** The workers of one adapter. A failing one never ends the process nor another one. */
export class Workers {
  readonly #telemetry: Telemetry;
  readonly #selection: WorkerSelection;
  readonly #loops = new Map<string, Loop>();
  readonly #failures: (values: { worker: string }) => void;
  readonly #stop = new AbortController();

  /** `selection` is the setting `workers`. */
  constructor(telemetry: Telemetry, selection: WorkerSelection) {
    this.#telemetry = telemetry;
    this.#selection = selection;
    this.#failures = telemetry.counter('adapter_worker_failures_total', 'Runs of a worker that ended in an error', [
      'worker',
    ]);
  }

  /** Starts those of the workers that the setting selects. A name in the setting that is none of them is an error. */
  start(workers: readonly Worker[]): void {
    const names = workers.map(({ name }) => name);
    const selection = this.#selected(workers);
    const unknown = selection.filter((name) => !names.includes(name));
    if (unknown.length > 0) {
      throw new InvalidInputError(
        [{ path: 'workers', message: `no worker is called ${unknown.join(', ')}; there are ${names.join(', ')}` }],
        'invalid-configuration',
      );
    }
    for (const worker of workers) {
      const on = selection.includes(worker.name);
      const loop: Loop = {
        worker,
        health: { name: worker.name, state: on ? 'running' : 'off', restarts: 0 },
        ended: Promise.resolve(),
      };
      this.#loops.set(worker.name, loop);
      if (on) loop.ended = this.#supervise(loop);
    }
  }

  /** Has each worker, in their order, do what is due now. */
  async catchUp(): Promise<void> {
    for (const { worker } of this.#loops.values()) await worker.catchUp?.();
  }

  health(): WorkerHealth[] {
    return [...this.#loops.values()].map(({ health, worker }) => {
      const lagSeconds = health.state === 'off' ? undefined : worker.lagSeconds?.();
      return Object.assign({}, health, lagSeconds === undefined ? {} : { lagSeconds });
    });
  }

  /** Ends all loops; answers the names of those that have not ended by the deadline. */
  async stop(deadlineMs: number): Promise<string[]> {
    this.#stop.abort();
    const loops = [...this.#loops.values()];
    await settledWithin(
      deadlineMs,
      loops.map(({ ended }) => ended),
    );
    return loops
      .filter(({ health }) => health.state === 'running' || health.state === 'waiting')
      .map(({ worker }) => worker.name);
  }

  #selected(workers: readonly Worker[]): readonly string[] {
    if (typeof this.#selection === 'object') return this.#selection;
    const wanted = workers.filter((worker) => this.#selection !== 'catch-up' || worker.catchUp === undefined);
    return this.#selection === false ? [] : wanted.map(({ name }) => name);
  }

  async #supervise(loop: Loop): Promise<void> {
    const { signal } = this.#stop;
    const { health, worker } = loop;
    // The composition root goes on first: a worker may use what is mounted after it.
    await Promise.resolve();
    for (let failures = 0; !signal.aborted;) {
      const started = performance.now();
      health.state = 'running';
      try {
        await worker.run(signal);
        if (signal.aborted) break;
        throw new Error('the worker ended by itself');
      } catch (err) {
        if (signal.aborted) break;
        failures = performance.now() - started > HEALTHY_RUN_MS ? 1 : failures + 1;
        health.state = 'waiting';
        health.restarts += 1;
        this.#failures({ worker: worker.name });
        health.lastErrorClass = errorClass(err);
        health.lastErrorAt = systemClock.now();
        // A store that is down fails every worker all the time: told once a streak.
        this.#telemetry.log[failures === 1 ? 'warn' : 'debug']({ err, worker: worker.name }, 'worker failed');
      }
      await sleep(pauseMs(failures), undefined, { signal, ref: false }).catch(() => {});
    }
    health.state = 'stopped';
  }
}

const pauseMs = (failures: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

/** What an error may be called outside: its code or class, never its text. */
export const errorClass = (error: unknown): string =>
  isAdapterError(error) ? error.code : error instanceof Error ? error.name : typeof error;
