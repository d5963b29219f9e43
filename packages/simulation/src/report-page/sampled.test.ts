import { expect, test } from 'vitest';
import { sampled, take } from './sampled.ts';

const itself = (value: number) => value;

test('a short series is shown as it is', () => {
  expect(sampled([3, 1, 2], itself, 3)).toEqual({ shown: [3, 1, 2], of: 3, cut: false });
  expect(sampled([], itself, 3)).toEqual({ shown: [], of: 0, cut: false });
});

test('of a long one the first, the last and every peak stay, in their order, and not more than was asked for', () => {
  const wave = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 300));
  wave[4_321] = -9;
  wave[7_654] = 9;
  const { shown, of } = sampled(wave, itself, 100);
  expect(of).toBe(10_000);
  expect(shown.length).toBeLessThanOrEqual(100);
  expect(shown.length).toBeGreaterThan(50);
  expect([shown[0], shown.at(-1)]).toEqual([wave[0], wave.at(-1)]);
  expect([Math.min(...shown), Math.max(...shown)]).toEqual([-9, 9]);
  const places = shown.map((value) => wave.indexOf(value));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('a flat series of many points is few', () => {
  const { shown } = sampled(
    Array.from({ length: 1000 }, () => 1),
    itself,
    10,
  );
  expect(shown.length).toBeLessThanOrEqual(10);
});

test('what is taken of a list says whether there was more', async () => {
  async function* three() {
    yield* [1, 2, 3];
  }
  expect(await take(three(), 3)).toEqual({ items: [1, 2, 3], cut: false });
  expect(await take(three(), 2)).toEqual({ items: [1, 2], cut: true });
});
