import { type Instant, instant } from '@tse/core';
import { snapshotFacts } from '@tse/core/admin';
import type { ManualClock } from '@tse/testkit';
import type { DemoAdapters } from '../demo-adapters.ts';
import { checkAdapters, eachFacts } from '../invariants.ts';
import type { Step } from '../participants/orders.ts';
import type { Invariant } from '../report.ts';
import type { ScenarioWorld } from '../scenario-run.ts';
import type { Ecosystem } from './ecosystem.ts';
import { BOOKS, measuresOf } from './measures.ts';
import type { Timeline } from './timeline.ts';

/** Around the beginning and the end of a fault business time goes in steps of so much, and for so long before and after. */
const FINE_MS = 5_000;
const FINE_BEFORE_MS = 15_000;
const FINE_AFTER_MS = 60_000;
/** Elsewhere in so many steps a wait, none longer than four hours. */
const STEPS_A_WAIT = 40;
const LONGEST_STEP_MS = 4 * 3_600_000;

/** An ecosystem as the coordinator sees it: time passes in it, it can be looked at, and brought to its end. */
export interface World extends ScenarioWorld {
  /** Plays prints, without a fault, until so many are played or none is left. */
  play(prints: number): Promise<void>;
  readonly played: number;
}

export interface WorldOptions {
  readonly ecosystem: Ecosystem;
  readonly demo: DemoAdapters;
  readonly timeline: Timeline;
  readonly clock: ManualClock;
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Told of each step: how many prints it played. */
  readonly onStep: (prints: number) => void;
  /** After the last print: what is to happen before all comes to its end. */
  readonly conclude: () => Promise<void>;
  /** What must hold beside the identities of the adapters, once all has come to its end. */
  readonly found: () => readonly Invariant[];
}

export function worldOf({
  ecosystem,
  demo,
  timeline,
  clock,
  runId,
  signal,
  onStep,
  conclude,
  found,
}: WorldOptions): World {
  let played = 0;
  /** Moments at which a fault began or must end. */
  const edges: Instant[] = [];

  /** Plays what the tape printed up to a moment, and goes there; only as far as the last print where there are more than fit. */
  async function advance(to: Instant): Promise<void> {
    const steps = await timeline.take({ until: to });
    const isAll = timeline.next === undefined || timeline.next > to;
    await act(isAll ? to : instant.of(steps.at(-1)!.print.at), steps);
  }

  async function act(at: string, steps: readonly Step[]): Promise<void> {
    signal.throwIfAborted();
    await ecosystem.step(at, steps);
    played += steps.length;
    onStep(steps.length);
  }

  async function noteEdges(): Promise<void> {
    edges.length = 0;
    for await (const { injectedAt, plannedAt, mustEndBy } of demo.testCoordinator.faults.list(
      { runId },
      { fresh: true },
    ))
      edges.push(injectedAt ?? plannedAt, mustEndBy);
  }

  const isFine = (at: Instant): boolean =>
    edges.some((edge) => {
      const after = Date.parse(at) - Date.parse(edge);
      return after >= -FINE_BEFORE_MS && after < FINE_AFTER_MS;
    });
  /** The next moment: a fine or a coarse step on, but no further than the next edge's fine time, nor the end. */
  function following(now: Instant, end: Instant, coarseMs: number): Instant {
    if (isFine(now)) return earliest(instant.plusMillis(now, FINE_MS), end);
    const fineFrom = edges.map((edge) => instant.plusMillis(edge, -FINE_BEFORE_MS)).filter((at) => at > now);
    return earliest(instant.plusMillis(now, coarseMs), end, ...fineFrom);
  }

  const look = measuresOf(demo, { tally: ecosystem.monitor.tally, runId, signal });
  return {
    clock,
    get played() {
      return played;
    },
    async play(prints) {
      while (played < prints && timeline.next !== undefined) await playNext(prints - played);
    },
    async pass(millis) {
      if (millis === 0) return await ecosystem.settle();
      await noteEdges();
      const end = instant.plusMillis(instant.of(clock.now()), millis);
      const coarseMs = Math.min(LONGEST_STEP_MS, Math.max(FINE_MS, Math.ceil(millis / STEPS_A_WAIT / 1000) * 1000));
      for (let now = instant.of(clock.now()); now < end; now = instant.of(clock.now())) {
        await advance(following(now, end, coarseMs));
      }
    },
    look,
    async settle() {
      while (timeline.next !== undefined) await playNext();
      await conclude();
    },
    async identities() {
      return [...(await checkAdapters(demo, signal, BOOKS)), ...found()];
    },
    async snapshot() {
      // Everybody has heard everything, so that each can be made again as of its watermark.
      await ecosystem.settle();
      await ecosystem.completeTrail(signal);
      const taken = await eachFacts(demo.target, snapshotFacts);
      return {
        items: taken.flatMap((schema) => schema.items.map((item) => ({ ...item, sums: { ...item.sums } }))),
        watermarks: Object.fromEntries(taken.map(({ watermark, items: [first] }) => [first!.schema, watermark])),
      };
    },
  };

  /** The next prints of the tape, at the time of the last of them. */
  async function playNext(most?: number): Promise<void> {
    const steps = await timeline.take(most === undefined ? {} : { most });
    await act(steps.at(-1)!.print.at, steps);
  }
}

const earliest = (...instants: readonly Instant[]): Instant => instants.reduce((a, b) => (b < a ? b : a));
