import { parseDuration, positiveAmount, symbolInput } from '@tse/core';
import { z } from 'zod';
import { isPositiveSemidefinite, matrixOf } from '../correlations/correlation-matrix.ts';

export const scenarioTypes = [
  'rally',
  'crash',
  'divergence',
  'mean-reverting',
  'volatility-spike',
  'consolidation',
] as const;
/** What a scenario is about. */
export type ScenarioType = (typeof scenarioTypes)[number];

export const priceModels = [
  'statistical-similarity',
  'monte-carlo',
  'brownian-motion',
  'mean-reversion',
  'trend-following',
] as const;
/** By which process prices move. */
export type PriceModel = (typeof priceModels)[number];

const MOST_SYMBOLS = 64;
const MOST_STEPS = 100_000_000;

const duration = z
  .string({ error: 'expected an ISO-8601 duration such as PT15M' })
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'expected an ISO-8601 duration above zero, such as PT15M');

const start = z.strictObject({
  symbol: symbolInput,
  /** Where its price begins. */
  startPrice: positiveAmount,
  /** Of the logarithm of the price, a day. */
  drift: z.number().min(-100).max(100).default(0),
  volatility: z.number().min(0).max(100).default(0),
});

const aimed = z.strictObject({ first: symbolInput, second: symbolInput, target: z.number().min(-1).max(1) });

/** What a price scenario does. Factors have no unit; 1 is as usual. */
export const scenarioSpec = z
  .strictObject({
    type: z.enum(scenarioTypes),
    model: z.enum(priceModels),
    symbols: z.array(start).min(1).max(MOST_SYMBOLS),
    /** Of business time, whole, and from one move of a symbol to its next. */
    duration,
    step: duration,
    intensity: z.number().min(0).max(100).default(1),
    durationFactor: z.number().gt(0).max(100).default(1),
    /** How much of the move is taken back at the end: 0 none, 1 all. */
    recoveryFactor: z.number().min(0).max(1).default(0),
    gradualTransition: z.boolean().default(true),
    /** Pairs that are not named are aimed at zero. */
    correlations: z
      .array(aimed)
      .max((MOST_SYMBOLS * (MOST_SYMBOLS - 1)) / 2)
      .default([]),
  })
  .superRefine(({ symbols, duration: whole, step, correlations }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = symbols.map(({ symbol }) => symbol);
    for (const [i, name] of names.entries())
      if (names.indexOf(name) !== i) refuse(['symbols', i, 'symbol'], 'this symbol is there twice');
    const [wholeMs, stepMs] = [parseDuration(whole) ?? 0, parseDuration(step) ?? 0];
    if (stepMs > wholeMs) refuse(['step'], 'expected a step no longer than the duration');
    else if (stepMs > 0 && wholeMs / stepMs > MOST_STEPS) refuse(['step'], `more than ${MOST_STEPS} steps`);
    const pairs = new Set<string>();
    for (const [i, { first, second }] of correlations.entries()) {
      const pair = [first, second].toSorted().join(' ');
      if (first === second) refuse(['correlations', i, 'second'], 'expected two symbols');
      else if (pairs.has(pair)) refuse(['correlations', i], 'this pair is there twice');
      if (!names.includes(first)) refuse(['correlations', i, 'first'], 'is none of the symbols');
      if (!names.includes(second)) refuse(['correlations', i, 'second'], 'is none of the symbols');
      pairs.add(pair);
    }
    if (!isPositiveSemidefinite(matrixOf(names, correlations)))
      refuse(['correlations'], 'no prices can be correlated like this: the matrix is not positive semidefinite');
  });
export type ScenarioSpec = z.output<typeof scenarioSpec>;
