import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront } from './pareto.ts';

test('the front is what no other beats, by the definition itself', () => {
  const values = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(values, (objectives) => {
      const better = (a: readonly number[], b: readonly number[]) => {
        const gains = [a[0]! - b[0]!, b[1]! - a[1]!, a[2]! - b[2]!];
        return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
      };
      expect(paretoFront(objectives, ['maximize', 'minimize', 'maximize'])).toEqual(
        objectives.map((mine) => !objectives.some((other) => better(other, mine))),
      );
    }),
  );
});
