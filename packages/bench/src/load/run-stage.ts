import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arrival, type Tape, offer } from './arrivals.ts';
import { type Judged, riseOf } from './knee.ts';
import type { Lags, LagWatch } from './lags.ts';
import type { Latencies, PortRow } from './latencies.ts';
import { memoryNow, rssNow } from './memory.ts';
import type { Requests } from './requests.ts';

/** What a series of looks at a lag came to. */
export interface LagRow {
  /** Seconds the oldest event had waited: at the median look, at the worst one, and by how much that rose. */
  readonly age: { readonly p50: number; readonly max: number; readonly rise: number };
  readonly mostEvents: number;
}

/** What one stage came to. */
export interface Stage extends Judged {
  readonly seconds: number;
  readonly offeredPerSecond: number;
  readonly donePerSecond: number;
  readonly failed: number;
  /** That the generator itself did not come to. */
  readonly unsent: number;
  readonly ports: readonly PortRow[];
  readonly lags: Readonly<Record<keyof Lags, LagRow>>;
  /** From the end of the load until nothing was under way and everything read. */
  readonly drainSeconds: number;
  readonly memory: {
    /** Megabytes, at its end. */
    readonly rss: number;
    /** Megabytes a minute, over its second half. */
    readonly rssSlope: number;
  };
  /** Shares of one core: of this process, and of its event loop the time that was not idle. */
  readonly cpu: number;
  readonly busy: number;
}

export interface StageOptions {
  readonly multiple: number;
  readonly seconds: number;
  readonly progress: (text: string) => void;
}

export interface Running {
  readonly tape: Tape;
  readonly requests: Requests;
  readonly latencies: Latencies;
  readonly watch: LagWatch;
  /** Waits until everything that was caused is in the trail. */
  readonly drain: () => Promise<void>;
}

/** What is due later is under way when the stage ends, and not judged. */
const GRACE_MS = 1000;
const LOOK_EVERY_MS = 1000;
const LEAST_LOOKS = 16;
/** Looks from one line of progress to the next. */
const SAY_EVERY = 5;
const KINDS = ['relay', 'audit', 'inbox'] as const;

/** One multiple for a while, then nothing until all of it is done. */
export async function runStage(running: Running, { multiple, seconds, progress }: StageOptions): Promise<Stage> {
  const { tape, requests, latencies, watch, drain } = running;
  const before = memoryNow();
  latencies.take();
  const looks: Lags[] = [];
  const rss: { at: number; rss: number }[] = [];
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const began = performance.now();
  const ends = began + seconds * 1000;

  const looking = new AbortController();
  const everyMs = Math.min(LOOK_EVERY_MS, (seconds * 1000) / LEAST_LOOKS);
  const look = async () => {
    for (let next = began + everyMs; next < ends; next += everyMs) {
      await sleep(Math.max(0, next - performance.now()), undefined, { signal: looking.signal });
      looks.push(await watch.look());
      rss.push({ at: performance.now() / 60_000, rss: rssNow() });
      const { relay, audit, inbox } = looks.at(-1)!;
      if (looks.length % SAY_EVERY === 0)
        progress(
          `×${multiple}: ${Math.round((performance.now() - began) / 1000)} of ${seconds} s, ${requests.inFlight} in flight, ` +
            `lag ${[relay, audit, inbox].map(({ age }) => `${age.toFixed(2)} s`).join(', ')}`,
        );
    }
  };
  const all = { done: 0, failed: 0 };
  const judged = { offered: 0, done: 0 };
  const send = async (arrival: Arrival) => {
    const isOk = await requests.send(arrival);
    if (!isOk) all.failed += 1;
    if (!isOk || performance.now() > ends) return;
    all.done += 1;
    if (arrival.due <= ends - GRACE_MS) judged.done += 1;
  };
  const counted = function* () {
    for (const arrival of tape.between(began, ends, multiple)) {
      if (arrival.due <= ends - GRACE_MS) judged.offered += 1;
      yield arrival;
    }
  };
  const [{ sent, unsent }] = await Promise.all([
    offer(counted(), (arrival) => void send(arrival), ends),
    look(),
  ]).finally(() => looking.abort());
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { utilization: busy } = performance.eventLoopUtilization(loop);
  const rssAtEnd = rssNow();

  progress(`×${multiple}: waiting until all is done and read`);
  const stopped = performance.now();
  await requests.drain();
  await drain();
  const drainSeconds = (performance.now() - stopped) / 1000;
  const after = memoryNow();
  const lags = Object.fromEntries(
    KINDS.map((kind) => [kind, lagRow(looks.map((each) => each[kind]))]),
  ) as Stage['lags'];
  return {
    multiple,
    seconds: took,
    ...judged,
    offeredPerSecond: (sent + unsent) / seconds,
    donePerSecond: all.done / seconds,
    failed: all.failed,
    unsent,
    ports: latencies.take(),
    lags,
    rise: { relay: lags.relay.age.rise, audit: lags.audit.age.rise, inbox: lags.inbox.age.rise },
    kept: { before: before.kept, after: after.kept },
    drainSeconds,
    memory: { rss: rssAtEnd, rssSlope: slopeOf(rss.slice(rss.length >> 1)) },
    cpu: (user + system) / 1e6 / took,
    busy,
  };
}

function lagRow(lags: readonly { events: number; age: number }[]): LagRow {
  const ages = lags.map(({ age }) => age);
  const sorted = ages.toSorted((a, b) => a - b);
  return {
    age: { p50: sorted[sorted.length >> 1] ?? 0, max: sorted.at(-1) ?? 0, rise: riseOf(ages) },
    mostEvents: Math.max(0, ...lags.map(({ events }) => events)),
  };
}

/** By least squares. */
function slopeOf(points: readonly { at: number; rss: number }[]): number {
  if (points.length < 2) return 0;
  const mean = (of: (point: { at: number; rss: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, rss] = [mean((point) => point.at), mean((point) => point.rss)];
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point.at - at) * (point.rss - rss), 0) / spread;
}
