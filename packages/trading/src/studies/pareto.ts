/** Whether more or less of an objective is better. */
export type Direction = 'maximize' | 'minimize';

/**
 * Whether each is on the front: no other is at least as good in all objectives and better in one (Pareto). Equal ones are all on it.
 */
export function paretoFront(objectives: readonly (readonly number[])[], directions: readonly Direction[]): boolean[] {
  const gains = objectives.map((values) => values.map((value, i) => (directions[i] === 'maximize' ? value : -value)));
  // In falling order of the first objective, then the next: whoever dominates one comes before it.
  const order = gains.map((_, i) => i).toSorted((a, b) => compare(gains[b]!, gains[a]!));
  const front: number[] = [];
  const onFront = gains.map(() => false);
  for (const i of order) {
    if (front.some((j) => dominates(gains[j]!, gains[i]!))) continue;
    front.push(i);
    onFront[i] = true;
  }
  return onFront;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i === -1 ? 0 : a[i]! - b[i]!;
}

const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value >= b[i]!) && a.some((value, i) => value > b[i]!);
