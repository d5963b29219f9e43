import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkConservation, checkLinearizable, checkMonotonic, checkNoLossNoDouble } from './history-checkers.ts';
import type { Operation } from './invariants.ts';

const op = (process: string, type: Operation['type'], f: string, value?: unknown, key?: string): Operation => ({
  process,
  type,
  f,
  ...(value !== undefined && { value }),
  ...(key !== undefined && { key }),
});

test('money that is not conserved is found by the read that saw it', () => {
  const history = [
    op('a', 'invoke', 'read'),
    op('a', 'ok', 'read', { alice: '0.1', bob: '0.2' }),
    op('b', 'invoke', 'transfer', { from: 'alice', to: 'bob', amount: '0.1' }),
    op('a', 'invoke', 'read'),
    op('a', 'ok', 'read', { alice: '0', bob: '0.2' }),
    op('b', 'ok', 'transfer'),
  ];
  expect(checkConservation(history, '0.3')).toEqual(['read 5 sums to 0.2, not 0.3']);
  expect(checkConservation(history.slice(0, 2), '0.3')).toEqual([]);
});

test('what was acknowledged and is lost, what is there twice, and what nobody added are found', () => {
  const added = (process: string, value: number, type: Operation['type']) => [
    op(process, 'invoke', 'add', value),
    op(process, type, 'add'),
  ];
  const history = [
    ...added('a', 1, 'ok'),
    ...added('b', 2, 'ok'),
    ...added('c', 3, 'info'),
    ...added('d', 4, 'fail'),
    op('a', 'invoke', 'read'),
  ];
  const read = (values: number[]) => checkNoLossNoDouble([...history, op('a', 'ok', 'read', values)]);
  expect(read([1, 2])).toEqual([]);
  expect(read([1, 2, 3])).toEqual([]);
  expect(read([1])).toEqual(['2 was acknowledged and is lost']);
  expect(read([1, 2, 2])).toEqual(['2 is there 2 times']);
  expect(read([1, 2, 9])).toEqual(['9 was never added']);
  expect(checkNoLossNoDouble(history)).toEqual(['nothing was read at the end']);
});

test('a read that goes back is found, of each process and key by itself', () => {
  const read = (process: string, value: number, key: string) => op(process, 'ok', 'read', value, key);
  expect(checkMonotonic([read('a', 1, 'x'), read('b', 3, 'x'), read('a', 2, 'x'), read('a', 1, 'y')])).toEqual([]);
  expect(checkMonotonic([read('a', 2, 'x'), read('a', 1, 'x')])).toEqual(['operation 2: a read 1 of x after 2']);
});

test('a stale read is not linearizable, one beside the write is', () => {
  const write = [op('w', 'invoke', 'write', 1, 'x'), op('w', 'ok', 'write', undefined, 'x')];
  const readOld = [op('r', 'invoke', 'read', undefined, 'x'), op('r', 'ok', 'read', null, 'x')];
  expect(checkLinearizable([...write, ...readOld])).toEqual(['the history of x is not linearizable']);
  expect(checkLinearizable([write[0]!, ...readOld, write[1]!])).toEqual([]);
  expect(checkLinearizable([readOld[0]!, ...write, readOld[1]!])).toEqual([]);
});

test('a write whose end nobody knows may have happened at any time after, or never', () => {
  const unknown = [op('w', 'invoke', 'write', 1, 'x'), op('w', 'info', 'write', undefined, 'x')];
  const read = (value: unknown) => [op('r', 'invoke', 'read', undefined, 'x'), op('r', 'ok', 'read', value, 'x')];
  expect(checkLinearizable([...unknown, ...read(null), ...read(1)])).toEqual([]);
  expect(checkLinearizable([...unknown, ...read(null)])).toEqual([]);
  expect(checkLinearizable([...unknown, ...read(1), ...read(null)])).toEqual(['the history of x is not linearizable']);
});

test('whatever really happens one after another is linearizable; with one read changed it is found', () => {
  const step = fc.record({
    process: fc.constantFrom('a', 'b', 'c'),
    isWrite: fc.boolean(),
    value: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      let register: unknown = null;
      const history = steps.flatMap(({ process, isWrite, value }) => {
        if (isWrite) register = value;
        return [
          op(process, 'invoke', isWrite ? 'write' : 'read', isWrite ? value : undefined),
          op(process, 'ok', isWrite ? 'write' : 'read', isWrite ? undefined : register),
        ];
      });
      expect(checkLinearizable(history)).toEqual([]);
      const read = history.findIndex(({ f, type }) => f === 'read' && type === 'ok');
      if (read >= 0) expect(checkLinearizable(history.with(read, { ...history[read]!, value: -1 }))).toHaveLength(1);
    }),
  );
});
