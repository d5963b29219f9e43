import { instant, isAdapterError, parseDuration } from '@tse/core';
import {
  type Fault,
  type PlacedStep,
  type ProbeSpec,
  type ScenarioSpec,
  type Step,
  type TestCoordinatorAdapter,
  deviationFrom,
} from '@tse/test-coordinator';
import type { Invariant } from './report.ts';

/** What a run of a scenario needs of the world around it. */
export interface ScenarioWorld {
  readonly clock: { now(): string };
  /** Lets business time pass, and everybody do what becomes due in it; with nothing to pass, what they have been told. */
  pass(millis: number): Promise<void>;
  /** After all is undone: lets everything that goes on come to its end. */
  settle(): Promise<void>;
  /** What must hold between all of them, now. */
  identities(): Promise<readonly Invariant[]>;
  /** What is seen when a probe looks; nothing where it cannot be known. */
  look(probe: Pick<ProbeSpec, 'target' | 'measure' | 'with'>): Promise<string | number | boolean | undefined>;
  /** The state of the system, object by object. */
  snapshot(): Promise<{
    watermarks: Record<string, unknown>;
    items: { schema: string; object: string; rows: number; sums: Record<string, string>; checksum: string }[];
  }>;
}

/** A run, as whoever writes for it names it. */
export interface RunRef {
  readonly runId: string;
  readonly fence: number;
}

const CONFIRMED_WITHIN_MS = 30_000;
const POLL_MS = 20;
const MOST_OF_A_NAME = 64;

/** Milliseconds of a duration that a scenario's schema has let pass. */
const millisOf = (duration: string): number => parseDuration(duration)!;

const lasts = (step: Step): boolean =>
  'wait' in step || ('serial' in step && step.serial.some(lasts)) || ('parallel' in step && step.parallel.some(lasts));

/** Carries out the steps of one run, and says of each what became of it. */
export class ScenarioRun {
  readonly #coordinator: TestCoordinatorAdapter;
  readonly #world: ScenarioWorld;
  readonly #run: RunRef;
  readonly #signal: AbortSignal;
  #failed = 0;

  constructor(coordinator: TestCoordinatorAdapter, world: ScenarioWorld, run: RunRef, signal: AbortSignal) {
    this.#coordinator = coordinator;
    this.#world = world;
    this.#run = run;
    this.#signal = signal;
  }

  /** Answers how many probes did not pass. */
  async carryOut({ steps }: ScenarioSpec, placed: readonly PlacedStep[]): Promise<number> {
    for (const [i, step] of steps.entries()) await this.#step(step, `${i + 1}`, placed);
    return this.#failed;
  }

  /** Whether the steady state holds now. */
  async hypothesis(phase: 'before' | 'during' | 'after', { hypothesis }: ScenarioSpec): Promise<boolean> {
    const deviations: string[] = [];
    for (const probe of hypothesis) {
      const deviation = deviationFrom(probe.tolerance, await this.#world.look(probe));
      if (deviation !== undefined) deviations.push(`${probe.probe}: ${deviation}`);
    }
    const { met } = await this.#coordinator.validations.recordHypothesis({ ...this.#run, phase, deviations });
    return met;
  }

  /** Keeps what was found of each identity; answers how many are broken. */
  async identities(phase: 'before' | 'during' | 'after'): Promise<number> {
    const found = await this.#world.identities();
    for (const { name, ok, compared, problem } of found)
      await this.#coordinator.invariants.record({
        ...this.#run,
        name: name.slice(0, MOST_OF_A_NAME),
        phase,
        passed: ok,
        compared,
        ...(!ok && { samples: [problem?.slice(0, 1000) ?? ''] }),
      });
    return found.filter(({ ok }) => !ok).length;
  }

  async snapshot(phase: 'before' | 'during' | 'after'): Promise<string> {
    const { watermarks, items } = await this.#world.snapshot();
    const snapshotId = `${this.#run.runId}/${phase}`;
    await this.#coordinator.snapshots.record({ ...this.#run, snapshotId, phase, watermarks, items });
    return snapshotId;
  }

  /** Has everything undone that this run injected, and waits until its targets have confirmed. */
  async undoAll(reason: string): Promise<void> {
    const { faults } = this.#coordinator;
    const { runId, fence } = this.#run;
    for await (const { faultId } of faults.list({ runId, state: ['planned', 'injecting', 'injected'] }))
      await faults.undo({ faultId, fence, reason });
    for await (const { faultId } of faults.list({ runId, state: ['undoing'] }))
      await this.#until(faultId, ['undone', 'failed']);
  }

  async #step(step: Step, path: string, placed: readonly PlacedStep[]): Promise<void> {
    this.#signal.throwIfAborted();
    const { runs } = this.#coordinator;
    const { attempt } = await runs.startStep({ ...this.#run, path });
    const end = (status: 'passed' | 'failed' | 'error', error?: string) =>
      runs.endStep({ ...this.#run, path, attempt, status, ...(error !== undefined && { error }) });
    try {
      const problem = await this.#content(step, path, placed);
      this.#signal.throwIfAborted();
      await end(problem === undefined ? 'passed' : 'failed', problem);
    } catch (error) {
      // What the coordinator itself refuses, or an interrupt, is not the step's failure.
      if (isAdapterError(error) || this.#signal.aborted) throw error;
      await end('error', (error as Error).message.slice(0, 2000));
      throw error;
    }
  }

  async #content(step: Step, path: string, placed: readonly PlacedStep[]): Promise<string | undefined> {
    if ('wait' in step) {
      await this.#world.pass(millisOf(step.wait));
      const broken = await this.identities('during');
      if (broken > 0) return `${broken} identities are broken`;
    } else if ('fault' in step) await this.#inject(step, path);
    else if ('probe' in step) return await this.#probe(step, path);
    else if ('serial' in step)
      for (const [i, each] of step.serial.entries()) await this.#step(each, `${path}.${i + 1}`, placed);
    else {
      // What takes no business time comes first, in its order: so it is the same each time.
      const members = step.parallel.map((each, i) => [each, `${path}.${i + 1}`] as const);
      for (const [each, at] of members.filter(([each]) => !lasts(each))) await this.#step(each, at, placed);
      await Promise.all(members.filter(([each]) => lasts(each)).map(([each, at]) => this.#step(each, at, placed)));
    }
    return undefined;
  }

  async #inject(step: Extract<Step, { fault: string }>, path: string): Promise<void> {
    const { faults } = this.#coordinator;
    const { target, kind, with: params, undo } = step;
    const mustEndBy = instant.plusMillis(instant.of(this.#world.clock.now()), millisOf(step.for));
    const faultId = `${this.#run.runId}/${path}`;
    await faults.plan({ ...this.#run, faultId, path, target, kind, params, undo, mustEndBy });
    await faults.inject({ faultId, fence: this.#run.fence });
    const { state } = await this.#until(faultId, ['injected', 'undoing', 'undone', 'failed']);
    if (state !== 'injected') throw new Error(`${target} did not inject ${step.fault}: it is ${state}`);
  }

  async #probe(probe: Extract<Step, { probe: string }>, path: string): Promise<string | undefined> {
    let deviation: string | undefined;
    let seen: string | number | boolean | undefined;
    let attempts = 0;
    do {
      seen = await this.#world.look(probe);
      deviation = deviationFrom(probe.tolerance, seen);
      attempts += 1;
    } while (deviation !== undefined && attempts < probe.attempts);
    if (deviation !== undefined) this.#failed += 1;
    const { probe: name, assertion, mode, weight, tolerance } = probe;
    await this.#coordinator.validations.record({
      ...this.#run,
      results: [
        {
          path,
          probe: name,
          assertion,
          mode,
          weight,
          attempts,
          verdict: deviation === undefined ? 'passed' : 'failed',
          expected: JSON.stringify(tolerance),
          ...(seen !== undefined && { actual: String(seen) }),
          ...(deviation !== undefined && { error: deviation }),
        },
      ],
    });
    return deviation;
  }

  /** Waits until a fault is in one of these states; a target that says nothing for half a minute is a problem of its own. */
  async #until(faultId: string, states: readonly Fault['state'][]): Promise<Fault> {
    const deadline = performance.now() + CONFIRMED_WITHIN_MS;
    for (;;) {
      const fault = await this.#coordinator.faults.get(faultId, { fresh: true });
      if (states.includes(fault.state)) return fault;
      if (performance.now() > deadline)
        throw new Error(`${fault.target} did not confirm ${faultId}: it is ${fault.state}`);
      await this.#world.pass(0);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
