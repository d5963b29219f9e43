import { inspect } from 'node:util';
import { type BaseAdapter, type Issue, isAdapterError, toProblem } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Attack, attacked, attacksOn } from './hostile-input.ts';
import { storedState } from './stored-state.ts';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

const RUNS = 100;
const WELL = { state: 'up', breaker: 'closed' };
const LONGEST_ERROR = 10_000;
/** Of what every adapter has beside its ports. */
const BASE_INPUTS = { 'runFences.raise': { run: 'run', fence: 1 } };

/** What nobody should take: refused with the name of the field, and without any effect. */
export function badInputContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { inputs, free = [], open = [] } = subject.calls;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject, { options: { workers: false } });
  });
  afterAll(() => box[Symbol.asyncDispose]());

  const state = () => storedState(box.admin, box.adapter.identity);
  const freeOf = (method: string) =>
    free.flatMap((path) => (path.startsWith(`${method}.`) ? [path.slice(method.length + 1)] : []));

  describe.each(Object.entries({ ...BASE_INPUTS, ...inputs }))('%s', (method, valid) => {
    test('its valid input is one', async () => {
      expect(await errorOf(() => call(box.adapter, method, valid))).not.toMatchObject({ kind: 'invalid-input' });
    });

    const { bad, anyBad, doubtful } = attacksOn(valid, { free: freeOf(method), isOpen: open.includes(method) });
    const result = (attack: Attack) => errorOf(() => call(box.adapter, method, attacked(valid, attack)));

    test(`each of ${bad.length} bad values, and any other, is refused by the name of its field and changes nothing`, async () => {
      const before = await state();
      for (const attack of bad) refused(await result(attack), attack);
      await fc.assert(
        fc.asyncProperty(anyBad, async (attack) => refused(await result(attack), attack)),
        { numRuns: RUNS },
      );
      expect(await state()).toEqual(before);
    });

    test.runIf(doubtful.length > 0)('a doubtful value is taken or refused, and breaks nothing', async () => {
      for (const attack of doubtful) survived(await result(attack), attack);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });
  });

  test('both stores are well after all of that', async () => {
    await expect.poll(() => box.adapter.health(), { timeout: 10_000 }).toMatchObject({ postgres: WELL, redis: WELL });
  });
}

/** Calls `orders.place` of an adapter; what follows a space says which of several inputs it is. */
async function call(adapter: BaseAdapter, method: string, input: unknown): Promise<unknown> {
  const names = method.split(' ')[0]!.split('.');
  let owner: unknown = adapter;
  for (const name of names.slice(0, -1)) owner = (owner as Record<string, unknown>)[name];
  const work = (owner as Record<string, unknown> | undefined)?.[names.at(-1)!];
  if (typeof work !== 'function') throw new TypeError(`the contract names ${method}, which the adapter has not`);
  return await (work as (input: unknown) => unknown).call(owner, input);
}

function refused(error: unknown, attack: Attack): void {
  const what = told(attack);
  if (!isAdapterError(error) || error.kind !== 'invalid-input')
    throw new Error(`${what} was not refused as invalid input: ${shown(error)}`);
  if (!error.issues.some((issue) => names(issue, attack.path)))
    throw new Error(`${what}: no issue names the field: ${shown(error.issues)}`);
  const { status, body } = toProblem(error);
  if (status !== 400 || JSON.stringify(body).length > LONGEST_ERROR)
    throw new Error(`${what}: the problem is not fit to be sent: ${shown(body)}`);
}

function survived(error: unknown, attack: Attack): void {
  const isTold = isAdapterError(error) && ['invalid-input', 'not-found', 'conflict'].includes(error.kind);
  if (error !== undefined && !isTold) throw new Error(`${told(attack)} ended in ${shown(error)}`);
}

const told = ({ path, value }: Attack): string => `${path.join('.') || 'the input'} = ${shown(value)}`;

/** At the field, within it, or, where several fields are judged together, above it. */
const names = ({ path, message }: Issue, field: readonly string[]): boolean => {
  const at = `${field.join('.')}.`;
  return (
    message !== '' && (path === '' || `${path}.`.startsWith(at) || at.startsWith(`${path}.`) || field.length === 0)
  );
};

const shown = (value: unknown): string => inspect(value, { depth: 4, maxStringLength: 100, breakLength: 200 });
