import fc from 'fast-check';

/** A field of an input, or the input as a whole (an empty path), with a value that takes its place. */
export interface Attack {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What is hostile to a valid value, by its shape. */
interface Hostile {
  /** Never right in its place. */
  readonly bad: readonly unknown[];
  /** Never right either, without end. */
  readonly anyBad: fc.Arbitrary<unknown>;
  /** Mostly wrong, but some field may take it. */
  readonly doubtful: readonly unknown[];
}

const HUGE = 'x'.repeat(10_000_000);
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

const badText = [
  '',
  'a\0b',
  '\uD800',
  'tail\uDFFF',
  HUGE,
  0,
  1,
  -1,
  NaN,
  Infinity,
  true,
  null,
  {},
  [],
  ['a'],
  Symbol('s'),
  10n,
  () => 'a',
  new Date(NaN),
  new Map(),
];
const badAmount = [
  'NaN',
  'Infinity',
  '-Infinity',
  '1e5',
  '0x10',
  ' 1',
  '1,5',
  '1.2.3',
  '--1',
  '0.0000000000000000001',
  '1'.repeat(21),
  '1_000',
];
const badInstant = [
  'yesterday',
  '2026-02-30T00:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01',
  '0',
  '2026-01-01T00:00:00',
];
const badNumber = ['1', '', NaN, Infinity, -Infinity, 2 ** 53, 1e300, true, null, {}, [], [1], 10n, Symbol('s')];
const badFlag = ['true', 'yes', 0, 1, null, {}, []];
const badList = ['a', '', 1, true, null, { length: 1 }, new Map(), HUGE];
const badObject = ['not an object', 1, true, null, [], [{}], () => ({}), HUGE];

const doubtfulText = [
  'no-such-word',
  '__proto__',
  'constructor',
  "'; drop table outbox; --",
  '../../etc/passwd',
  '{"$gt":""}',
  '\uFF21',
  '\u202Ea',
  ' ',
  '-1',
  '0',
  '1.000',
];
const doubtfulNumbers = [-1, 0, 1.5, -0, 2 ** 31, 5e-324];
const polluting = [
  JSON.parse('{"__proto__": {"polluted": true}}'),
  JSON.parse('{"constructor": {"prototype": {"polluted": true}}}'),
];
const doubtfulObjects = [{}, new Map(), { toString: 1 }, ...polluting, nested(5000)];

/** Absent is often right, and so is a `Date` for an instant. */
const anythingBut = (type: string): fc.Arbitrary<unknown> =>
  fc.anything().filter((value) => typeof value !== type && value !== undefined);
/** An id may stand for an object that names something. */
const anythingButObjects = anythingBut('object').filter(
  (value) => typeof value !== 'string' || /[^\w.:/-]/.test(value),
);
const brokenText = fc
  .tuple(fc.string(), fc.constantFrom('\0', '\uD83D ', ' \uDE00'), fc.string())
  .map((parts) => parts.join(''));
const tooManyDigits = fc.bigInt({ min: 10n ** 18n, max: 10n ** 30n }).map((digits) => `0.${digits * 10n + 1n}`);

const isAmount = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
const isInstant = (text: string): boolean => /^\d{4}-\d\d-\d\dT/.test(text);

function hostileTo(valid: unknown): Hostile {
  if (typeof valid === 'string') {
    const special = isAmount(valid) ? badAmount : isInstant(valid) ? badInstant : [];
    const anyBad = fc.oneof(brokenText, anythingBut('string'), ...(isAmount(valid) ? [tooManyDigits] : []));
    return { bad: [...badText, ...special], anyBad, doubtful: doubtfulText };
  }
  if (typeof valid === 'number') return { bad: badNumber, anyBad: anythingBut('number'), doubtful: doubtfulNumbers };
  if (typeof valid === 'boolean') return { bad: badFlag, anyBad: anythingBut('boolean'), doubtful: [] };
  if (Array.isArray(valid)) return { bad: badList, anyBad: anythingBut('object'), doubtful: [[]] };
  return { bad: badObject, anyBad: anythingButObjects, doubtful: doubtfulObjects };
}

export interface Attacks {
  readonly bad: readonly Attack[];
  readonly anyBad: fc.Arbitrary<Attack>;
  readonly doubtful: readonly Attack[];
}

/**
 * Attacks on a valid input as a whole and on each of its fields, however deep; `free` fields are attacked from outside only. Unless it is
 * `isOpen`, a field that nobody knows is bad too.
 */
export function attacksOn(input: unknown, { free, isOpen }: { free: readonly string[]; isOpen: boolean }): Attacks {
  const fields: { path: readonly string[]; hostile: Hostile }[] = [];
  const strangers: Attack[] = [];
  const visit = (valid: unknown, path: readonly string[]): void => {
    const isFree = free.includes(path.join('.'));
    const hostile = hostileTo(valid);
    fields.push({ path, hostile });
    if (isFree || typeof valid !== 'object' || valid === null) return;
    if (!isOpen && !Array.isArray(valid)) strangers.push({ path, value: { ...valid, surprise: 1 } });
    for (const [key, member] of Object.entries(valid)) visit(member, [...path, key]);
  };
  visit(input, []);
  const listed = (kind: 'bad' | 'doubtful'): Attack[] =>
    fields.flatMap(({ path, hostile }) => hostile[kind].map((value) => ({ path, value })));
  return {
    bad: [...listed('bad'), ...strangers],
    anyBad: fc.oneof(...fields.map(({ path, hostile }) => hostile.anyBad.map((value) => ({ path, value })))),
    doubtful: listed('doubtful'),
  };
}

/** The input with the attack's value in it; everything else is as it was. */
export const attacked = (input: unknown, { path, value }: Attack): unknown => replaced(input, path, value);

function replaced(input: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(input) ? [...(input as unknown[])] : { ...(input as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}
