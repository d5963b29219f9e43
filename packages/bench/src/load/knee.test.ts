import { expect, test } from 'vitest';
import { type Judged, faultsOf, kneeOf, nextMultiple, riseOf } from './knee.ts';

const stage = (multiple: number, more: Partial<Judged> = {}): Judged => ({
  multiple,
  offered: 1000,
  done: 1000,
  rise: { relay: 0, audit: 0, inbox: 0 },
  kept: { before: 100, after: 100 },
  ...more,
});
const overloaded = { done: 900 };

test('a stage holds that did nearly all, and left neither lag nor memory behind', () => {
  expect(
    faultsOf(stage(1, { done: 990, rise: { relay: 0.9, audit: -3, inbox: 1 }, kept: { before: 100, after: 110 } })),
  ).toEqual([]);
  expect(
    faultsOf(stage(1, { done: 989, rise: { relay: 1.1, audit: 2, inbox: 3 }, kept: { before: 100, after: 111 } })),
  ).toEqual(['done', 'relay lag', 'audit lag', 'inbox lag', 'memory']);
  expect(faultsOf(stage(1, { kept: { before: 20, after: 28 } }))).toEqual([]);
});

test('a lag rises by the medians of the second and the last quarter', () => {
  expect(riseOf([9, 9, 1, 2, 5, 5, 4, 3])).toBe(2);
  expect(riseOf([0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 0])).toBe(0); // one hiccup is no rise
  expect(riseOf([1, 2, 3])).toBe(0);
});

test('the knee has no stage below it that does not hold', () => {
  expect(kneeOf([stage(1), stage(2), stage(4, overloaded), stage(8)])?.multiple).toBe(2);
  expect(kneeOf([stage(4), stage(2)])?.multiple).toBe(4);
  expect(kneeOf([stage(1, overloaded), stage(2)])).toBeUndefined();
});

test('multiples double up to the first that is too much, and close in on the knee from there', () => {
  const stages: Judged[] = [];
  const tried = Array.from({ length: 8 }, () => {
    const multiple = nextMultiple(stages, 128);
    stages.push(stage(multiple, multiple > 1500 ? overloaded : {}));
    return multiple;
  });
  expect(tried).toEqual([128, 256, 512, 1024, 2048, 1400, 1700, 1500]);
  expect(nextMultiple([stage(64, overloaded)], 64)).toBe(32);
});
