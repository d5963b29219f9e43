import { type Issue, anyAmount, decimal, parseDuration, parseInstant } from '@tse/core';
import { z } from 'zod';

export const parameterTypes = ['decimal', 'integer', 'duration', 'instant', 'symbol', 'text', 'boolean'] as const;

/** What a parameter may be: a type, its bounds, and what it is where nothing is given. */
export const parameterSpec = z
  .strictObject({
    type: z.enum(parameterTypes),
    description: z.string().max(500).optional(),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    min: z.union([z.string(), z.number()]).optional(),
    max: z.union([z.string(), z.number()]).optional(),
    oneOf: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .optional(),
  })
  .superRefine((spec, context) => {
    const problem = spec.default === undefined ? undefined : problemOf(spec, spec.default);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['default'], message: problem });
  });
/** What a parameter may be: its type, default and bounds. */
export type ParameterSpec = z.output<typeof parameterSpec>;
/** The value of a parameter. */
export type ParameterValue = string | number | boolean;

export const parameterSpecs = z.record(
  z.string().regex(/^[a-z][A-Za-z0-9]{0,62}$/, 'expected a name such as depegBy'),
  parameterSpec,
);
/** The parameters of a scenario or template, by name. */
export type ParameterSpecs = z.output<typeof parameterSpecs>;

const isDecimal = (text: string): boolean => anyAmount.safeParse(text).success;

/** Why a value is none of a parameter; `undefined` where it is one. */
function problemOf(spec: Omit<ParameterSpec, 'default'>, value: ParameterValue): string | undefined {
  const text = String(value);
  const isOne: Record<ParameterSpec['type'], boolean> = {
    decimal: typeof value !== 'boolean' && isDecimal(text),
    integer: Number.isSafeInteger(typeof value === 'string' ? Number(value) : value) && /^-?\d+$/.test(text),
    duration: parseDuration(text) !== undefined,
    instant: parseInstant(text) !== undefined,
    symbol: /^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/.test(text),
    text: typeof value === 'string' && text.length <= 1000,
    boolean: typeof value === 'boolean',
  };
  if (!isOne[spec.type])
    return `expected ${spec.type === 'integer' || spec.type === 'instant' ? 'an' : 'a'} ${spec.type}`;
  if (spec.oneOf && !spec.oneOf.map(String).includes(text)) return `expected one of ${spec.oneOf.join(', ')}`;
  if (spec.min !== undefined && compare(spec.type, text, String(spec.min)) < 0) return `expected at least ${spec.min}`;
  if (spec.max !== undefined && compare(spec.type, text, String(spec.max)) > 0) return `expected at most ${spec.max}`;
  return undefined;
}

function compare(type: ParameterSpec['type'], a: string, b: string): number {
  if (type === 'duration') return (parseDuration(a) ?? 0) - (parseDuration(b) ?? 0);
  if (isDecimal(a) && isDecimal(b)) return decimal.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The values of all parameters: those given, else their defaults. What is wrong is said by the parameter's name. */
export function fillIn(
  specs: ParameterSpecs,
  given: Readonly<Record<string, ParameterValue>>,
): { values: Record<string, ParameterValue>; issues: Issue[] } {
  const issues: Issue[] = Object.keys(given)
    .filter((name) => !(name in specs))
    .map((name) => ({
      path: `parameters.${name}`,
      message: `no such parameter; there is ${Object.keys(specs).join(', ') || 'none'}`,
    }));
  const values: Record<string, ParameterValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name] ?? spec.default;
    const problem = value === undefined ? 'expected a value: it has no default' : problemOf(spec, value);
    if (problem !== undefined) issues.push({ path: `parameters.${name}`, message: problem });
    else values[name] = value!;
  }
  return { values, issues };
}

const hole = /\$\{([A-Za-z0-9]+)\}/g;

/** Puts values into the holes `${name}` of all texts. A text that is nothing but a hole becomes the value itself. */
export function putIn(content: unknown, values: Readonly<Record<string, ParameterValue>>): unknown {
  if (typeof content === 'string') {
    const whole = /^\$\{([A-Za-z0-9]+)\}$/.exec(content)?.[1];
    if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole];
    return content.replaceAll(hole, (text, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : text,
    );
  }
  if (Array.isArray(content)) return content.map((each) => putIn(each, values));
  if (typeof content === 'object' && content !== null)
    return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, putIn(value, values)]));
  return content;
}

/** The holes that are named nowhere, with the path of the text that has them. */
export function unknownHoles(
  content: unknown,
  known: readonly string[],
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; name: string }[] {
  if (typeof content === 'string')
    return [...content.matchAll(hole)]
      .map(([, name]) => name!)
      .filter((name) => !known.includes(name))
      .map((name) => ({ path: [...path], name }));
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([key, value]) =>
    unknownHoles(value, known, [...path, Array.isArray(content) ? Number(key) : key]),
  );
}
