import { open } from 'node:fs/promises';
import { InputError } from '../input-error.ts';

export interface Line {
  readonly number: number;
  readonly text: string;
}

const CURE: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
};

/** The lines of a text file that are not empty, numbered from 1; the file is never held as a whole. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  try {
    await using file = await open(path);
    let number = 0;
    for await (const raw of file.readLines()) {
      number += 1;
      const text = number === 1 && raw.startsWith('\uFEFF') ? raw.slice(1) : raw;
      if (text.trim() !== '') yield { number, text };
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw code in CURE ? new InputError(`Cannot read ${path}: ${CURE[code]}.`) : error;
  }
}

/** Answers with the place of what is wrong. */
export function malformed(path: string, line: number, problem: string): InputError {
  return new InputError(`${path}, line ${line}: ${problem}.`);
}

const PLAIN_DECIMAL = /^\d{1,20}(\.\d{1,18}0*)?$/;

/** The text of a price or quantity, where it is a plain decimal above zero. */
export function positive(path: string, line: number, field: string, text: string | undefined): string {
  if (text === undefined || !PLAIN_DECIMAL.test(text) || !/[1-9]/.test(text))
    throw malformed(path, line, `${field} "${text ?? ''}" is not a plain decimal above zero`);
  return text;
}
