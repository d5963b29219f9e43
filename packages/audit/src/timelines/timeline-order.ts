/** What happened, and which others of the same timeline it followed from. */
export interface Ordered {
  readonly key: string;
  /** Microseconds, on the clock that the timeline goes by. */
  readonly at: bigint;
  /** Of those at one moment the lower one comes first. */
  readonly place: number;
  readonly causes: readonly string[];
}

/**
 * By time, but no cause after its effect, whatever their clocks say: an effect that claims to be earlier waits for its last cause (Kahn's
 * algorithm, the earliest of those free coming next). Those that name each other in a circle come by time.
 */
export function timelineOrder<Item extends Ordered>(items: readonly Item[]): Item[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  const effects = new Map<string, Item[]>();
  const open = new Map<string, number>();
  for (const item of items) {
    const causes = new Set(item.causes.filter((cause) => cause !== item.key && byKey.has(cause)));
    open.set(item.key, causes.size);
    for (const cause of causes) effects.set(cause, [...(effects.get(cause) ?? []), item]);
  }
  const byTime = items.toSorted(earlier);
  const free = new Heap<Item>(earlier);
  for (const item of byTime) if (open.get(item.key) === 0) free.push(item);
  const order: Item[] = [];
  const done = new Set<string>();
  let nextInCircle = 0;
  while (order.length < byKey.size) {
    let item = free.pop();
    while (!item) {
      const candidate = byTime[nextInCircle]!;
      nextInCircle += 1;
      if (!done.has(candidate.key)) item = candidate;
    }
    if (done.has(item.key)) continue;
    done.add(item.key);
    order.push(item);
    for (const effect of effects.get(item.key) ?? []) {
      const left = open.get(effect.key)! - 1;
      open.set(effect.key, left);
      if (left === 0 && !done.has(effect.key)) free.push(effect);
    }
  }
  return order;
}

const earlier = (a: Ordered, b: Ordered): number =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : a.place - b.place || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** A binary heap: the least comes first. */
class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #compare: (a: Item, b: Item) => number;

  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.#compare(items[at]!, items[up]!) < 0; up = (at - 1) >> 1) {
      [items[at], items[up]] = [items[up]!, items[at]!];
      at = up;
    }
  }

  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return least;
    items[0] = last;
    for (let at = 0; ;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && this.#compare(items[down + 1]!, items[down]!) < 0) down += 1;
      if (this.#compare(items[at]!, items[down]!) <= 0) break;
      [items[at], items[down]] = [items[down]!, items[at]!];
      at = down;
    }
    return least;
  }
}
