import { type Step, type StepKind, kindOf, millisOf } from './scenario-spec.ts';

/** A step with its place: `1.2` is the second step of the first. */
export interface PlacedStep {
  readonly path: string;
  /** Its number in the order in which steps begin, were none of them side by side. */
  readonly n: number;
  readonly kind: StepKind;
  readonly name: string;
  readonly deadlineMs?: number;
  /** The step itself, without those below it. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** All steps of a tree, each before those below it. */
export function placeSteps(steps: readonly Step[]): PlacedStep[] {
  const placed: PlacedStep[] = [];
  const walk = (below: readonly Step[], parent: string): void => {
    for (const [i, step] of below.entries()) {
      const path = `${parent}${i + 1}`;
      const kind = kindOf(step)!;
      const { [kind]: content, ...rest } = step as Step & Record<string, unknown>;
      const children = Array.isArray(content) ? (content as Step[]) : undefined;
      placed.push({
        path,
        n: placed.length + 1,
        kind,
        name: nameOf(step, kind),
        ...('deadline' in step && step.deadline !== undefined && { deadlineMs: millisOf(step.deadline) }),
        spec: children ? rest : { ...rest, [kind]: content },
      });
      if (children) walk(children, `${path}.`);
    }
  };
  walk(steps, '');
  return placed;
}

function nameOf(step: Step, kind: StepKind): string {
  if ('probe' in step) return step.probe;
  if ('fault' in step) return step.fault;
  if ('wait' in step) return `wait ${step.wait}`;
  return step.name ?? kind;
}
