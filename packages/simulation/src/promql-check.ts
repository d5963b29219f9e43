import { parser } from '@prometheus-io/lezer-promql';
import type { Registry } from 'prom-client';

/** A series as `/metrics` serves it. */
export interface ServedMetric {
  readonly labels: Set<string>;
  /** By label, as far as they are known. */
  readonly values: Map<string, Set<string>>;
}
export type Served = Map<string, ServedMetric>;

/** What registries serve: the names of their series, the labels of each, and the values that these have so far. */
export async function servedBy(registries: readonly Registry[]): Promise<Served> {
  const served: Served = new Map();
  const metricOf = (name: string): ServedMetric => {
    const metric = served.get(name) ?? { labels: new Set(), values: new Map() };
    served.set(name, metric);
    return metric;
  };
  for (const registry of registries) {
    for (const made of registry.getMetricsAsArray()) {
      const { labelNames = [] } = made as { labelNames?: readonly string[] };
      // A counter that nothing was counted of yet is served all the same, without a series.
      for (const label of labelNames) metricOf(made.name).labels.add(label);
    }
    for (const { name, values } of await registry.getMetricsAsJSON()) {
      for (const { metricName = name, labels } of values as { metricName?: string; labels: Record<string, string> }[]) {
        const metric = metricOf(metricName);
        for (const [label, value] of Object.entries(labels)) {
          metric.labels.add(label);
          metric.values.set(label, (metric.values.get(label) ?? new Set()).add(value));
        }
      }
    }
  }
  return served;
}

/** What is wrong with a PromQL expression, and the labels that its answer may have. */
export function checkPromql(
  expression: string,
  served: Served,
  known: Readonly<Record<string, readonly string[]>> = {},
): { problems: string[]; labels: Set<string> } {
  const problems: string[] = [];
  const labels = new Set<string>();
  const grouped: string[] = [];
  let metric: { name: string; served: ServedMetric | undefined } | undefined;
  const text = ({ from, to }: { from: number; to: number }) => expression.slice(from, to);
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) problems.push(`no PromQL at "${expression.slice(node.from)}"`);
      if (node.name === 'VectorSelector') metric = undefined;
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') {
        const name = text(node);
        metric = { name, served: served.get(name) };
        if (metric.served === undefined) problems.push(`nothing serves ${name}`);
        for (const label of metric.served?.labels ?? []) labels.add(label);
      }
      if (node.name === 'UnquotedLabelMatcher' && metric?.served) {
        const [, label = '', operator, value = ''] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/s.exec(text(node)) ?? [];
        if (!metric.served.labels.has(label)) problems.push(`${metric.name} has no label ${label}`);
        else problems.push(...unmatched(metric.name, metric.served, label, operator!, value, known));
      }
      if (node.name === 'LabelName' && node.node.parent?.name === 'GroupingLabels') grouped.push(text(node));
    },
  });
  for (const label of grouped) if (!labels.has(label)) problems.push(`nothing it reads has the label ${label}`);
  return { problems, labels };
}

/** Each value, and each alternative of a pattern, is one that the label can have. */
function unmatched(
  name: string,
  { values }: ServedMetric,
  label: string,
  operator: string,
  value: string,
  known: Readonly<Record<string, readonly string[]>>,
): string[] {
  const pattern = value.replaceAll('\\\\', '\\');
  if (operator.endsWith('~') && pattern === '.*') return [];
  const possible = [...(values.get(label) ?? []), ...(known[label] ?? [])];
  const alternatives = operator.endsWith('~') && !pattern.includes('(') ? pattern.split('|') : [pattern];
  return alternatives
    .filter((one) => {
      const wanted = operator.endsWith('~') ? new RegExp(`^(?:${one})$`, 'u') : undefined;
      return !possible.some((each) => (wanted ? wanted.test(each) : each === one));
    })
    .map((one) => `${name} never has the ${label} ${one}`);
}
