/** How many observations are in which bucket; see `histogram_bucket` in the migrations. */
export type LogHistogram = Readonly<Record<string, number>>;

/** A bucket's bounds are this far apart: what is said of it is right to half of that. */
export const GROWTH = 1.02;

/** Microseconds, right to 1 %; nothing where nothing was observed. After DDSketch (Masson, Rim, Lee, 2019), whose buckets these are. */
export function quantile(histogram: LogHistogram, q: number): number | undefined {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= rank) return valueOf(bucket);
  }
  return undefined;
}

/** The value that is nearest, in proportion, to all of a bucket. The first one holds a microsecond and less. */
const valueOf = (bucket: number): number => (bucket === 0 ? 1 : (2 * GROWTH ** bucket) / (1 + GROWTH));
