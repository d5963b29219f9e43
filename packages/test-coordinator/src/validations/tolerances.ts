import { anyAmount, decimal } from '@tse/core';
import type { Tolerance } from '../scenarios/scenario-spec.ts';

const isDecimal = (text: string): boolean => anyAmount.safeParse(text).success;

/** Why what was seen is not within a tolerance, in words; `undefined` where it is. Numbers compare as decimals. */
export function deviationFrom(tolerance: Tolerance, seen: string | number | boolean | undefined): string | undefined {
  if (seen === undefined) return 'nothing was seen';
  const text = String(seen);
  const { equals, min, max, matches } = tolerance;
  if (equals !== undefined && !isEqual(text, String(equals))) return `expected ${equals}, saw ${text}`;
  if (matches !== undefined && !new RegExp(matches).test(text)) return `expected a match of ${matches}, saw ${text}`;
  if (min === undefined && max === undefined) return undefined;
  if (!isDecimal(text)) return `expected a number, saw ${text}`;
  if (min !== undefined && decimal.compare(text, String(min)) < 0) return `expected at least ${min}, saw ${text}`;
  if (max !== undefined && decimal.compare(text, String(max)) > 0) return `expected at most ${max}, saw ${text}`;
  return undefined;
}

const isEqual = (a: string, b: string): boolean =>
  a === b || (isDecimal(a) && isDecimal(b) && decimal.compare(a, b) === 0);
