import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandText, valueReader } from './redis-frames.ts';

const VALUES = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':12\r\n',
  '$-1\r\n',
  '$5\r\na\r\nbc\r\n',
  '*-1\r\n',
  '*0\r\n',
  '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
  '%1\r\n+a\r\n~2\r\n:1\r\n#t\r\n',
  '>2\r\n+message\r\n$2\r\nhi\r\n',
  '|1\r\n+ttl\r\n:3\r\n$1\r\nx\r\n',
  ',1.5\r\n',
  '_\r\n',
  '=7\r\ntxt:abc\r\n',
];

test('values are told apart however their bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...VALUES)),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (values, sizes) => {
        const bytes = Buffer.from(values.join(''));
        const read = valueReader();
        const found: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          read(bytes.subarray(at, at + size), (value) => found.push(value.toString()));
          at += size;
        }
        expect(found).toEqual(values);
      },
    ),
  );
});

test('a command is named with its first arguments', () => {
  expect(commandText(Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n42\r\n'))).toBe('SET a 42');
});
