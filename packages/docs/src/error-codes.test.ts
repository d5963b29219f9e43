import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  ConflictError,
  InternalError,
  InvalidInputError,
  NotFoundError,
  OutcomeUnknownError,
  UnavailableError,
  toProblem,
} from '@tse/core';
import { expect, test } from 'vitest';
import { errorCodes } from './error-codes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ofEvery = new Set(['core', 'cli']);
const kinds = [
  new InvalidInputError([]),
  new NotFoundError('', ''),
  new ConflictError('', ''),
  new UnavailableError('', ''),
  new OutcomeUnknownError(''),
  new InternalError('', ''),
].map((error) => ({ kind: error.kind as string, status: String(toProblem(error).status) }));

interface Row {
  readonly code: string;
  readonly kinds: string;
  readonly statuses: string;
  readonly of: string;
}

test(
  'the page has each code that the sources can make, with its kinds and statuses, and no other',
  { timeout: 300_000 },
  async () => {
    const { codes, open } = errorCodes(root);
    expect(open, 'codes that the sources do not show: give the expression a literal type').toEqual([]);
    const byCode = Map.groupBy(codes, ({ code }) => code);
    const expected = [...byCode].map(([code, found]): Row => {
      const known = kinds.filter(({ kind }) => found.some((each) => each.kind === kind));
      const packages = [...new Set(found.map((each) => each.package))].toSorted();
      return {
        code,
        kinds: known.map(({ kind }) => `\`${kind}\``).join(', '),
        statuses: known.map(({ status }) => status).join(', '),
        of: packages.some((each) => ofEvery.has(each)) ? 'every' : packages.join(', '),
      };
    });
    const { rows, unexplained } = await page();
    expect(rows.toSorted(byName)).toEqual(expected.toSorted(byName));
    expect(unexplained, 'rows without a meaning or without what to do').toEqual([]);
  },
);

async function page(): Promise<{ rows: Row[]; unexplained: string[] }> {
  const text = await readFile(new URL('../../core/ERRORS.md', import.meta.url), 'utf8');
  const rows: Row[] = [];
  const unexplained: string[] = [];
  for (const section of text.split('\n## ').slice(1)) {
    const [title, ...lines] = section.split('\n');
    for (const line of lines.filter((each) => each.startsWith('| `'))) {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const [code, kindsOfIt, statuses, ...rest] = cells;
      const several = title === 'Several adapters' ? rest.shift() : undefined;
      const of = several ?? /^`@tse\/([\w-]+)`$/.exec(title!)?.[1] ?? 'every';
      rows.push({ code: code!.slice(1, -1), kinds: kindsOfIt!, statuses: statuses!, of });
      if (rest.length !== 2 || rest.includes('')) unexplained.push(code!);
    }
  }
  return { rows, unexplained };
}

const byName = (a: Row, b: Row) => (a.code < b.code ? -1 : 1);
