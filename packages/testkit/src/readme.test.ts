import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows a test as it is run', async () => {
  const example = await read('../../exchange/src/testkit-example.int.test.ts');
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${example}\`\`\``);
});
