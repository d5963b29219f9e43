/** One way of doing a thing, run for a while: how often it was done, and how long each took where that is known. */
export interface Sample {
  done: number;
  seconds: number;
  /** Milliseconds at the 99th percentile. */
  p99?: number;
}

export interface Contender {
  name: string;
  run(seconds: number): Promise<Sample>;
}

export interface Row {
  bench: string;
  /** What is compared: our rate over the peer's, unless `unit` says otherwise. */
  peer: string;
  ratio: number;
  min: number;
  max: number;
  target: number;
  /** `at-least` for rates, `at-most` for times. */
  bound: 'at-least' | 'at-most';
  met: boolean;
  unit?: string;
  note?: string;
}

export interface Rounds {
  rounds: number;
  seconds: number;
  progress: (text: string) => void;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * Runs contenders in interleaved rounds, every other round in reverse, after one round to warm up that does not count. Machines are
 * shared, so only ratios within a round mean anything.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, seconds, progress }: Rounds,
): Promise<Map<string, Sample[]>> {
  const samples = new Map(contenders.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contender of round % 2 ? contenders : contenders.toReversed()) {
      progress(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${contender.name}`);
      const sample = await contender.run(round === 0 ? Math.min(1, seconds) : seconds);
      if (round > 0) samples.get(contender.name)!.push(sample);
    }
  }
  return samples;
}

const rate = ({ done, seconds }: Sample) => done / seconds;

interface Comparison {
  bench: string;
  ours: string;
  peer: string;
  target: number;
  of?: 'rate' | 'p99';
  note?: string;
}

/** The ratio of ours to a peer's, round by round. */
export function compare(
  samples: ReadonlyMap<string, readonly Sample[]>,
  { bench, ours, peer, target, of = 'rate', note }: Comparison,
): Row {
  const a = samples.get(ours)!;
  const b = samples.get(peer)!;
  const value = (sample: Sample) => (of === 'rate' ? rate(sample) : sample.p99!);
  const ratios = a.map((sample, i) => value(sample) / value(b[i]!));
  const ratio = median(ratios);
  const bound = of === 'rate' ? 'at-least' : 'at-most';
  return {
    bench,
    peer,
    ratio,
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    target,
    bound,
    met: bound === 'at-least' ? ratio >= target : ratio <= target,
    ...(of === 'p99' && { unit: 'p99' }),
    ...(note !== undefined && { note }),
  };
}

/** Runs `work` with so many callers at once for a while. */
export async function callers(
  concurrency: number,
  seconds: number,
  work: (caller: number) => Promise<unknown>,
): Promise<Sample> {
  const started = performance.now();
  const ends = started + seconds * 1000;
  const times: number[] = [];
  const loop = async (caller: number) => {
    for (let now = performance.now(); now < ends;) {
      await work(caller);
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, caller) => loop(caller)));
  times.sort((a, b) => a - b);
  return {
    done: times.length,
    seconds: (performance.now() - started) / 1000,
    p99: times[Math.floor(times.length * 0.99)]!,
  };
}

/** A row that could not be measured. */
export const skipped = (bench: string, note: string): Row => ({
  bench,
  peer: '-',
  ratio: Number.NaN,
  min: Number.NaN,
  max: Number.NaN,
  target: 0,
  bound: 'at-least',
  met: false,
  note,
});
