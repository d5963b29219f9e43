import { InvalidInputError, type Issue } from '@tse/core';
import { type Document, LineCounter, type Node, isMap, isNode, isPair, parseDocument } from 'yaml';
import { z } from 'zod';
import { type ParameterSpecs, type ParameterValue, fillIn, parameterSpecs, putIn, unknownHoles } from './parameters.ts';
import { type ScenarioSpec, scenarioSpec } from './scenario-spec.ts';

const LONGEST_FILE = 262_144;

/** A scenario as a person wrote it. */
export interface ScenarioFile {
  /** What it is called, and whether it is a template: a template's parameters need no defaults. */
  readonly id: string;
  readonly kind: 'scenario' | 'template';
  readonly parameters: ParameterSpecs;
  readonly text: string;
  /** The scenario with its parameters filled in; of a template too, as far as its defaults reach. */
  filled(given?: Readonly<Record<string, ParameterValue>>): {
    spec: ScenarioSpec;
    values: Record<string, ParameterValue>;
  };
}

const id = z
  .string({ error: 'expected an id' })
  .regex(/^[A-Za-z0-9._:/-]{1,64}$/, 'expected 1 to 64 characters of A-Z a-z 0-9 . _ : / -');
const head = z.looseObject({
  scenario: id.optional(),
  template: id.optional(),
  parameters: parameterSpecs.default({}),
});

/**
 * Reads a scenario or a template. What is wrong with it is refused with the path of the place, and its line and column in the
 * message.
 * @throws InvalidInputError `malformed-scenario`
 */
export function readScenarioFile(text: string): ScenarioFile {
  if (text.length > LONGEST_FILE)
    throw malformed([{ path: '', message: `expected at most ${LONGEST_FILE} characters` }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: false });
  const at = (position: number): string => {
    const { line, col } = lines.linePos(position);
    return `line ${line}, column ${col}`;
  };
  if (document.errors.length > 0)
    throw malformed(document.errors.map(({ message, pos }) => ({ path: '', message: `${at(pos[0])}: ${message}` })));
  const placed = (path: readonly PropertyKey[], message: string, wantsKey = false): Issue => ({
    path: path.map(String).join('.'),
    message: `${at(positionOf(document, path, wantsKey))}: ${message}`,
  });

  const content = toJs(document);
  const parsed = head.safeParse(content);
  if (!parsed.success) throw malformed(issuesOf(parsed.error, placed));
  const { scenario, template, parameters, ...body } = parsed.data;
  const name = scenario ?? template;
  if (name === undefined || (scenario !== undefined && template !== undefined))
    throw malformed([placed([], 'expected either `scenario: <id>` or `template: <id>`')]);
  const kind = scenario === undefined ? 'template' : 'scenario';
  const holes = unknownHoles(body, Object.keys(parameters));
  if (holes.length > 0)
    throw malformed(holes.map(({ path, name: hole }) => placed(path, `\${${hole}} is no parameter of this ${kind}`)));
  const lacking = Object.entries(parameters).filter(([, { default: value }]) => value === undefined);
  if (kind === 'scenario' && lacking.length > 0)
    throw malformed(
      lacking.map(([hole]) => placed(['parameters', hole], 'expected a default: only a template may do without')),
    );

  const filled: ScenarioFile['filled'] = (given = {}) => {
    const { values, issues } = fillIn(parameters, given);
    if (issues.length > 0) throw new InvalidInputError(issues, 'bad-parameters');
    const parsedSpec = scenarioSpec.safeParse(putIn(body, values));
    if (!parsedSpec.success) throw malformed(issuesOf(parsedSpec.error, placed));
    return { spec: parsedSpec.data, values };
  };
  const file: ScenarioFile = { id: name, kind, parameters, text, filled };
  // What can be known to be wrong is said now, not when it runs.
  if (lacking.length === 0) filled();
  return file;
}

const malformed = (issues: Issue[]) => new InvalidInputError(issues, 'malformed-scenario');

/** Without aliases: they let a small file become a huge one, and an error is better told where it stands. */
function toJs(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw malformed([{ path: '', message: 'aliases (*name) are not taken: write it out, or use a parameter' }]);
  }
}

function issuesOf(
  error: z.ZodError,
  placed: (path: PropertyKey[], message: string, wantsKey?: boolean) => Issue,
): Issue[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => placed([...issue.path, key], `${key} is not known here`, true))
      : [placed(issue.path, issue.message)],
  );
}

/** Where the deepest node of a path stands that is there; of a key, the key itself. */
function positionOf(document: Document, path: readonly PropertyKey[], wantsKey: boolean): number {
  let node: Node | null = document.contents;
  let position = node?.range?.[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isNode(key) && String((key as { value?: unknown }).value) === String(part),
      );
      if (!isPair(pair)) return position;
      const { key, value } = pair as { key: Node; value: Node | null };
      node = value;
      position =
        (depth === path.length - 1 && wantsKey ? key.range?.[0] : (value?.range?.[0] ?? key.range?.[0])) ?? position;
    } else {
      const items = (node as { items?: Node[] } | null)?.items;
      node = items?.[Number(part)] ?? null;
      if (node === null) return position;
      position = node.range?.[0] ?? position;
    }
  }
  return position;
}
