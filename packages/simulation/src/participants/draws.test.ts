import { expect, test } from 'vitest';
import { drawsOf } from './draws.ts';

test('draws depend on the text alone, and neighbours differ', () => {
  const first = (text: string) => {
    const draw = drawsOf(text);
    return Array.from({ length: 8 }, () => draw(1000));
  };
  expect(first('13519807')).toEqual(first('13519807'));
  expect(first('13519807')).not.toEqual(first('13519808'));
});

test('draws are spread evenly', () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let id = 0; id < 8_000; id += 1) counts[drawsOf(String(id))(8)]! += 1;
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
