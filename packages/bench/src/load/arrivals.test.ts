import type { Print, PrintSource } from '@tse/simulation';
import { expect, test } from 'vitest';
import { Tape, offer } from './arrivals.ts';

/** Prints at these seconds. */
const source = (...seconds: number[]): PrintSource => ({
  name: 'a tape',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    for (const [i, second] of seconds.entries())
      yield {
        id: String(i + 1),
        sequence: i + 1,
        price: '100',
        quantity: '1',
        taker: 'buy',
        at: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000Z`,
      } satisfies Print;
  },
});

test('a tape keeps its gaps, shortened by the multiple, and begins again where it ends', async () => {
  const tape = await Tape.read(source(0, 1, 1, 4));
  expect(tape.perSecond).toBe(0.75);
  const arrivals = [...tape.between(1000, 1600, 10)];
  expect(arrivals.map(({ id, number, due }) => [id, number, Math.round(due)])).toEqual([
    ['0/1', 1, 1133], // the first one after the average gap
    ['0/2', 2, 1233],
    ['0/3', 3, 1233],
    ['0/4', 4, 1533],
  ]);
  expect([...tape.between(0, 240, 10)].map(({ id, number }) => [id, number])).toEqual([
    ['1/1', 5],
    ['1/2', 6],
    ['1/3', 7],
  ]);
});

test('a tape needs prints at different times', async () => {
  await expect(Tape.read(source())).rejects.toThrow('holds no prints');
  await expect(Tape.read(source(3, 3))).rejects.toThrow('different times');
});

test('what is due is sent though nothing is answered; what the time did not suffice for is counted', async () => {
  const tape = await Tape.read(source(0, 1, 2, 3));
  const now = performance.now();
  const sent: number[] = [];
  const offered = await offer(tape.between(now, now + 200, 20), ({ number }) => sent.push(number), now + 200);
  expect(offered.sent + offered.unsent).toBe(3);
  expect(sent).toEqual([1, 2, 3].slice(0, offered.sent));
  expect(performance.now()).toBeGreaterThan(now + 198); // a timer may be a millisecond early

  const late = await offer(tape.between(now, now + 100, 100), () => sent.push(0), now + 100);
  expect(late).toEqual({ sent: 0, unsent: 9 });
});
