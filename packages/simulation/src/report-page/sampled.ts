import type { Sampled } from './run-page.ts';

/** The first of a list, and whether there were more. */
export async function take<T>(list: AsyncIterable<T>, most: number): Promise<{ items: T[]; cut: boolean }> {
  const items: T[] = [];
  for await (const item of list) {
    if (items.length === most) return { items, cut: true };
    items.push(item);
  }
  return { items, cut: false };
}

/**
 * At most `most` of a series in time: of each of as many spans as fit, what is lowest and what is highest, and the first and the last of all,
 * so that no peak is lost by leaving out what lies between.
 */
export function sampled<T>(items: readonly T[], valueOf: (item: T) => number, most: number, cut = false): Sampled<T> {
  const of = items.length;
  if (of <= most) return { shown: [...items], of, cut };
  const spans = Math.max(1, Math.floor((most - 2) / 2));
  const kept = new Set([0, of - 1]);
  for (let span = 0; span < spans; span += 1) {
    const [from, to] = [Math.floor((span * of) / spans), Math.floor(((span + 1) * of) / spans)];
    let [low, high] = [from, from];
    for (let i = from; i < to; i += 1) {
      if (valueOf(items[i]!) < valueOf(items[low]!)) low = i;
      if (valueOf(items[i]!) > valueOf(items[high]!)) high = i;
    }
    kept.add(low).add(high);
  }
  return { shown: [...kept].toSorted((a, b) => a - b).map((i) => items[i]!), of, cut };
}
