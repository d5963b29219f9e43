import type { Metric, Registry } from 'prom-client';

type Labels = Record<string, string>;

interface Series {
  readonly labels: Labels;
  /** One more than there are bounds: the last counts what lies beyond them. */
  readonly counts: number[];
  sum: number;
}

/** Seconds: of calls, from half a millisecond to the default deadline. */
const ofCalls = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * A histogram of seconds in a prom-client registry. The library's own looks its labels up at each observation, which
 * is the dearest part of a whole call; here they are bound once, and an observation is two additions.
 */
export class LatencyHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #bounds: readonly number[];
  readonly #series: Series[] = [];

  constructor(name: string, help: string, registry: Registry, bounds: readonly number[] = ofCalls) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
    registry.registerMetric(this as unknown as Metric);
  }

  bind(labels: Labels): (seconds: number) => void {
    const bounds = this.#bounds;
    const series = this.#find(labels) ?? { labels, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
    if (!this.#series.includes(series)) this.#series.push(series);
    const { counts } = series;
    return (seconds) => {
      let bucket = 0;
      while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
      counts[bucket]! += 1;
      series.sum += seconds;
    };
  }

  get() {
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: this.#series.flatMap(({ labels, counts, sum }) => {
        let total = 0;
        const buckets = counts.map((count, i) => ({
          metricName: `${this.name}_bucket`,
          labels: { ...labels, le: String(this.#bounds[i] ?? '+Inf') },
          value: (total += count),
        }));
        return [
          ...buckets,
          { metricName: `${this.name}_sum`, labels, value: sum },
          { metricName: `${this.name}_count`, labels, value: total },
        ];
      }),
    });
  }

  /** What the registry's `resetMetrics` calls. */
  reset(): void {
    for (const series of this.#series) {
      series.counts.fill(0);
      series.sum = 0;
    }
  }

  #find(labels: Labels): Series | undefined {
    const names = Object.keys(labels);
    return this.#series.find((series) => names.every((name) => series.labels[name] === labels[name]));
  }
}
