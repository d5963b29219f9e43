import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultsOf } from './tarball.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tarball-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const whole = {
  'README.md': '[More](MORE.md#much), [elsewhere](https://example.com/x.md)',
  'MORE.md': '',
  LICENSE: '',
  'lua/put.lua': '',
  'bin/x.js': "import '../dist/index.js';\n",
  'dist/index.js': "import pg from 'pg';\nexport { sum } from './sum.js';\nconst sql = `select 1 from 'nothing'`;\n",
  'dist/index.d.ts': "export { sum } from './sum.ts';\n",
  'dist/sum.js': 'const at = new URL(`./walk.thread${end}`, import.meta.url);\n',
  'dist/sum.d.ts': "/** As in `import './elsewhere.js'`. */\nexport declare const sum: import('pg').Pool;\n",
  'dist/walk.thread.js': '',
};
const manifest = {
  name: '@tse/x',
  version: '1.0.0',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  bin: { x: './bin/x.js' },
  dependencies: { pg: '^8.0.0' },
};

async function faults(files: Record<string, string | undefined> = {}, changed: object = {}): Promise<string[]> {
  const all = { ...whole, 'package.json': JSON.stringify({ ...manifest, ...changed }), ...files };
  for (const [path, text] of Object.entries(all)) {
    if (text === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return await faultsOf(folder);
}

test('a package that is whole has no fault', async () => expect(await faults()).toEqual([]));

test('what is missing is named: a licence, an entry, a file that another leads to', async () => {
  const gone = {
    LICENSE: undefined,
    'MORE.md': undefined,
    'dist/index.d.ts': undefined,
    'dist/sum.js': undefined,
    'dist/sum.d.ts': undefined,
  };
  expect(await faults(gone)).toEqual([
    'lacks LICENSE',
    'names ./dist/index.d.ts, which is not in it',
    'README.md leads to MORE.md, which is not in it',
    'dist/index.js leads to ./sum.js, which is not in it',
    'holds dist/walk.thread.js, which nothing leads to',
  ]);
});

test('what should not be there is named: tests, maps, the way to the sources', async () => {
  const exports = { '.': { '@tse/source': './dist/index.js', ...manifest.exports['.'] } };
  const index = `${whole['dist/index.js']}//# sourceMappingURL=index.js.map\n`;
  expect(await faults({ 'dist/sum.test.js': '', 'dist/index.js': index }, { exports })).toEqual([
    'exports the condition @tse/source',
    'dist/index.js names a source map, which is not in it',
    'holds dist/sum.test.js, which nothing leads to',
  ]);
});

test('an import of what the manifest does not name is named, in code and in declarations', async () => {
  expect(await faults({}, { dependencies: { zod: 'catalog:' } })).toEqual([
    'needs zod at catalog:',
    'dist/index.js imports pg, which it does not need',
    'dist/sum.d.ts imports pg, which it does not need',
  ]);
});
