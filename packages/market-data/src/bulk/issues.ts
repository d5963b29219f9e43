/** What a zod transform is given, as far as bulk checks need it. */
interface TransformContext {
  issues: { push(issue: { code: 'custom'; message: string; input: unknown; path: (string | number)[] }): unknown };
}

const MOST = 20;

/** What is wrong with a batch that is checked by hand: the first findings, each with its place. */
export class Issues {
  readonly #context: TransformContext;
  #found = 0;

  constructor(context: TransformContext) {
    this.#context = context;
  }

  get some(): boolean {
    return this.#found > 0;
  }
  /** Whether it is worth going on. */
  get few(): boolean {
    return this.#found < MOST;
  }

  add(path: (string | number)[], message: string): void {
    this.#found += 1;
    this.#context.issues.push({ code: 'custom', message, input: undefined, path });
  }

  /** Whether this is an array of one to `most` members. */
  isBatch(input: unknown, most: number): input is unknown[] {
    if (Array.isArray(input) && input.length > 0 && input.length <= most) return true;
    this.add([], `expected an array of 1 to ${most}`);
    return false;
  }
}

/** The fields of an object that has no others than these. */
export function fieldsOf(value: unknown, known: readonly string[]): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  // oxlint-disable-next-line guard-for-in -- an inherited field is as unknown as an own one
  for (const field in value) if (!known.includes(field)) return undefined;
  return value as Record<string, unknown>;
}
