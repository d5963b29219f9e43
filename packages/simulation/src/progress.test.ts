import { expect, test } from 'vitest';
import { grouped, startProgress } from './progress.ts';
import { screen } from './screen.fixture.ts';

test('off a terminal a line comes every five seconds, and one at the end', () => {
  const { written, stream, now, pass } = screen();
  const progress = startProgress({ doing: 'Settling', what: 'trades', total: 12_477, stream, now });
  for (let batch = 0; batch < 9; batch += 1) {
    pass(1_000);
    progress.add(1_200);
  }
  pass(1_000);
  progress.add(1_677);
  expect(progress.end()).toEqual({ count: 12_477, seconds: 10, perSecond: 1_247.7 });
  expect(written).toEqual([
    'Settling: 6,000 of 12,477 trades (48%), 1,200/s, 5.4 s left\n',
    'Settling: 12,477 of 12,477 trades (100%), 1,248/s, 0 s left\n',
    'Settling: 12,477 trades in 10 s, 1,248/s\n',
  ]);
});

test('on a terminal a bar is drawn over itself, at most ten times a second', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, columns: 100 });
  const progress = startProgress({ doing: 'Settling', what: 'trades', total: 200, stream, now });
  for (let trade = 0; trade < 100; trade += 1) {
    pass(10);
    progress.add();
  }
  expect(written).toHaveLength(10);
  expect(written.at(-1)).toBe('\rSettling [############------------]  50%  100 of 200 trades, 100/s, 1 s left\u001B[K');
  progress.end();
  expect(written.at(-1)).toBe('\rSettling: 100 trades in 1 s, 100/s\u001B[K\n');
});

test('a narrow terminal cuts the line, so that it stays one line', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, columns: 30 });
  const progress = startProgress({ doing: 'Settling', what: 'trades', total: 200, stream, now });
  pass(500);
  progress.add();
  expect(written[0]).toBe(`\rSettling [${'-'.repeat(19)}\u001B[K`);
});

test('work of unknown length has no share of a whole', () => {
  const { written, stream, now, pass } = screen();
  const progress = startProgress({ doing: 'Reading', what: 'prints', stream, now });
  pass(5_000);
  progress.add(50);
  expect(written).toEqual(['Reading: 50 prints, 10/s\n']);
});

test('quiet is quiet, and short work says one line', () => {
  const loud = screen();
  startProgress({ doing: 'Reading', what: 'prints', stream: loud.stream, now: loud.now }).end();
  expect(loud.written).toEqual(['Reading: 0 prints in 0 s, 0/s\n']);
  const { written, stream, now, pass } = screen({ isTTY: true });
  const progress = startProgress({ doing: 'Reading', what: 'prints', quiet: true, stream, now });
  pass(9_000);
  progress.add();
  progress.end();
  expect(written).toEqual([]);
});

test('what passes through is counted and unchanged', async () => {
  const { stream, now } = screen();
  const progress = startProgress({ doing: 'Reading', what: 'prints', stream, now });
  const items = async function* () {
    yield* ['a', 'b', 'c'];
  };
  expect(await Array.fromAsync(progress.through(items()))).toEqual(['a', 'b', 'c']);
  expect(progress.end().count).toBe(3);
});

test('an hour is not told in seconds', () => {
  const { written, stream, now, pass } = screen();
  const progress = startProgress({ doing: 'Settling', what: 'trades', total: 1_000_000, stream, now });
  pass(10_000);
  progress.add(1_000);
  expect(written[0]).toContain('2 h 46 min left');
});

test.each([
  [0, '0'],
  [1.25, '1.3'],
  [12_477, '12,477'],
  [1_247.7, '1,248'],
])('%d reads %s', (value, text) => expect(grouped(value)).toBe(text));
