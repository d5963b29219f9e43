import { isAdapterError } from '@tse/core';
import { type Line, readLines as readBatches } from '@tse/market-data/tooling';
import { InputError } from '../input-error.ts';

/** The lines of a text file that are not empty, numbered from 1; the file is never held as a whole. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  try {
    for await (const lines of readBatches(path)) yield* lines;
  } catch (error) {
    throw isAdapterError(error) ? new InputError(error.message) : error;
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
