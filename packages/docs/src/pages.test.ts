import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '@tse/cli';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const files = (pattern: string) =>
  Array.fromAsync(
    glob(pattern, { cwd: root, exclude: (path) => path.includes('node_modules') || path.includes('dist') }),
  );

const pages = (await files('{*.md,migrations/*.md,packages/*/*.md}')).toSorted();
const sources = new Map((await files('packages/*/src/**/*.ts')).map((path) => [path, read(path)]));
const tests = [...sources].filter(([path]) => path.endsWith('.test.ts'));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
}
const manifests = (await files('packages/*/package.json')).map((path) => JSON.parse(read(path)) as Manifest);
const published = new Set(manifests.filter((each) => !each.private).map(({ name }) => name));
const programs = manifests.flatMap(({ bin = {} }) => Object.keys(bin));
const catalog = read('pnpm-workspace.yaml');

interface Example {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const examples = pages.flatMap((page) => {
  const text = read(page);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language, 2: body, index }): Example => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language: language!,
    text: body!,
  }));
});
const of = (...languages: string[]) => examples.filter(({ language }) => languages.includes(language));

describe('examples', () => {
  test('are of a kind that is held to something', () => {
    expect(pages.length).toBeGreaterThan(10);
    // Without a language it is a drawing.
    const others = examples.filter(({ language }) => !['ts', 'sh', 'yaml', ''].includes(language));
    expect(others.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });

  test.each(of('ts'))('$page:$line is the text of a file that a test runs', ({ text }) => {
    const [path] = [...sources].find(([, source]) => source === text) ?? [];
    expect(path, 'no file has this text').toBeDefined();
    const name = path!.split('/').at(-1)!;
    const runners = tests.filter(
      ([test, source]) => test === path || (dirname(test) === dirname(path!) && source.includes(name)),
    );
    expect(
      runners.map(([test]) => test),
      `no test beside ${path} runs it`,
    ).not.toEqual([]);
  });

  test.each(of('yaml'))('$page:$line is the text of what a test takes in', ({ page, text }) => {
    const folder = dirname(page);
    const takers = tests.filter(
      ([path, source]) => path.startsWith(folder) && source.includes('README.md') && source.includes('```yaml'),
    );
    expect(
      takers.map(([path]) => path),
      `no test of ${folder} takes in its yaml`,
    ).not.toEqual([]);
    expect(text).not.toBe('');
  });

  // The runbook's are run, each one, by its own test.
  test.each(of('sh').filter(({ page }) => !page.endsWith('RUNBOOK.md')))(
    '$page:$line are commands that there are',
    { timeout: 60_000 },
    async ({ text }) => {
      for (const line of text.trim().split('\n')) await check(line.replace(/\s+#.*$/, ''));
    },
  );
});

async function check(line: string): Promise<void> {
  const words = line
    .replace(/^npx -y pnpm@12 /, 'pnpm ')
    .replace(/^(pnpm exec|npx) /, '')
    .trim()
    .split(/ +/);
  const [program, ...rest] = words;
  if (program === 'tse') return expect(await optionsParse(rest), line).toBe(true);
  if (program === 'npm') {
    const unknown = rest
      .slice(1)
      .filter((word) => !word.startsWith('--') && !published.has(word) && !catalog.includes(`'${word}':`));
    return expect(unknown, line).toEqual([]);
  }
  if (program!.startsWith('tse-')) return expect(programs, line).toContain(program);
  if (program === 'pnpm') return expect(scripts[rest[0]!], line).toBeDefined();
  expect(program, line).toBe('node');
  const path = rest.find((word) => word.endsWith('.ts'))!;
  const name = path.split('/').at(-1)!;
  expect(tests.filter(([, source]) => source.includes(`'${name}'`)).length, `no test runs ${path}`).toBeGreaterThan(0);
}

/** Whether `tse` takes the words, and only lacks servers. */
async function optionsParse(words: readonly string[]): Promise<boolean> {
  let said = '';
  const stream = { write: (text: string) => (said += text) };
  const code = await main(words, {
    env: {},
    cwd: tmpdir(),
    stdout: stream,
    stderr: stream,
    signal: new AbortController().signal,
  });
  return code === 1 && said.includes('TSE_ADMIN_POSTGRES_URL');
}

test('commands that are named in running text are there', { timeout: 60_000 }, async () => {
  const unknown: string[] = [];
  for (const page of pages)
    for (const [, text] of read(page).matchAll(/`((?:pnpm(?: exec)? )?(?:tse|pnpm) [a-z][^`]*)`/g)) {
      const words = text!
        .replace(/^pnpm exec /, '')
        .replace(/ \|.*$/, '')
        .split(' ')
        .filter((word) => !/^[A-Z….[]/.test(word));
      if (words[0] === 'tse' && words.length > 1) {
        const help = await helpOf(words.slice(1));
        const options = words.filter((word) => word.startsWith('--'));
        if (help === undefined || options.some((option) => !help.includes(option))) unknown.push(`${page}: ${text}`);
      } else if (
        words[0] === 'pnpm' &&
        scripts[words[1]!] === undefined &&
        words[1] !== 'exec' &&
        !['install', 'import'].includes(words[1]!)
      )
        unknown.push(`${page}: ${text}`);
    }
  expect(unknown).toEqual([]);
});

async function helpOf(words: readonly string[]): Promise<string | undefined> {
  const names = words.filter((word) => !word.startsWith('--'));
  for (let n = Math.min(2, names.length); n > 0; n -= 1) {
    let said = '';
    const stream = { write: (text: string) => (said += text) };
    const code = await main([...names.slice(0, n), '--help'], {
      env: {},
      cwd: tmpdir(),
      stdout: stream,
      stderr: stream,
      signal: new AbortController().signal,
    });
    if (code === 0) return said;
  }
  return undefined;
}

test('links within the pages lead somewhere', () => {
  const broken: string[] = [];
  for (const page of pages)
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split('#');
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path!);
      if (!existsSync(file)) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor))
        broken.push(`${page}: ${target}`);
    }
  expect(broken).toEqual([]);
});

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('what the pages say is known to git', () => {
  const tracked = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  expect(
    tracked.filter((path) => !pages.includes(path) && !path.startsWith('.')),
    'a page that is looked at by no test',
  ).toEqual([]);
});
