import { expect, test, vi } from 'vitest';
import { RecentIds } from './recent-ids.ts';

test('what was written longest ago goes first: by its age, and where there are too many', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const ids = new RecentIds(60_000, 3);
  for (const [at, id] of [
    [0, 'a'],
    [10_000, 'b'],
    [20_000, 'c'],
    [30_000, 'a'],
    [40_000, 'd'],
  ] as const) {
    now.mockReturnValue(at);
    ids.add(id);
  }
  expect(ids.list()).toEqual(['c', 'a', 'd']);
  now.mockReturnValue(85_000);
  expect(ids.list()).toEqual(['a', 'd']);
  now.mockReturnValue(200_000);
  expect(ids.list()).toEqual([]);
  now.mockRestore();
});
