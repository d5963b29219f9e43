import { expect, test } from 'vitest';
import { Output, bar, table } from './output.ts';

function streams(isTTY: boolean) {
  const written = { out: '', err: '' };
  return {
    written,
    output: new Output(
      { isTTY, write: (text) => (written.out += text) },
      { isTTY, write: (text) => (written.err += text) },
      {},
    ),
  };
}

test('progress is one line on a terminal, gone before the next result', () => {
  const { written, output } = streams(true);
  output.progress('one');
  output.progress('two');
  output.print('result');
  expect(written).toEqual({ out: 'result\n', err: 'one\r\u001b[2Ktwo\r\u001b[2K' });
});

test('elsewhere it is plain lines, and nothing is coloured', () => {
  const { written, output } = streams(false);
  output.progress('one');
  output.progress('two');
  output.print(output.colour('red', 'result'));
  expect(written).toEqual({ out: 'result\n', err: 'one\ntwo\n' });
});

test('colours a terminal unless it is told not to', () => {
  expect(streams(true).output.colour('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  const plain = new Output({ isTTY: true, write: () => {} }, { write: () => {} }, { NO_COLOR: '1' });
  expect(plain.colour('red', 'x')).toBe('x');
});

test('shows steps as a bar on a terminal, and plainly elsewhere', () => {
  const [terminal, file] = [streams(true), streams(false)];
  for (const { output } of [terminal, file]) output.step(1, 2, 'a');
  expect(terminal.written.err).toBe(bar(1, 2, 'a'));
  expect(file.written.err).toBe('1/2 a\n');
});

test('draws how far it is', () => {
  expect(bar(0, 12, 'a')).toBe(`[${'-'.repeat(24)}]  0/12 a`);
  expect(bar(6, 12, 'b')).toBe(`[${'#'.repeat(12)}${'-'.repeat(12)}]  6/12 b`);
  expect(bar(0, 0, 'c')).toBe(`[${'#'.repeat(24)}] 0/0 c`);
});

test('aligns columns', () => {
  expect(
    table([
      ['a', 'bbb', ''],
      ['aaa', 'b', 'c'],
    ]),
  ).toBe('a    bbb\naaa  b    c');
});
