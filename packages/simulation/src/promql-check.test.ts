import { Counter, Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { checkPromql, servedBy } from './promql-check.ts';

const registry = new Registry();
const registers = [registry];
// Nothing was counted yet.
registry.registerMetric(
  new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['op', 'outcome'], registers: [] }),
);
new Gauge({ name: 'lag_seconds', help: 'Lag', labelNames: ['of'], registers }).set({ of: 'relay-events' }, 1);
const served = await servedBy(registers);
const known = { op: ['orders.place', 'orders.close'] };
const problems = (expression: string) => checkPromql(expression, served, known).problems;

test.each([
  'sum by (op) (rate(calls_total{op=~"orders\\\\..*"}[1m])) > 0',
  'topk(10, sum by (op, outcome) (rate(calls_total{op!="orders.close"}[5m])))',
  'max(lag_seconds{of="relay-events"}) or vector(0)',
  'calls_total{op=~"orders\\\\.(place|close)"}',
])('%s is well', (expression) => expect(problems(expression)).toEqual([]));

test.each([
  ['a metric that was renamed', 'sum(rate(call_total[1m]))', 'nothing serves call_total'],
  ['a label that it does not have', 'calls_total{method="place"}', 'calls_total has no label method'],
  ['a value that it never has', 'lag_seconds{of="relay"}', 'lag_seconds never has the of relay'],
  [
    'an alternative that it never has',
    'calls_total{op=~"orders\\\\.place|orders\\\\.cancel"}',
    'calls_total never has the op orders\\.cancel',
  ],
  ['a grouping by another label', 'sum by (adapter) (lag_seconds)', 'nothing it reads has the label adapter'],
  ['no PromQL', 'sum(rate(calls_total[1m])', 'no PromQL at ""'],
])('%s is told', (_what, expression, problem) => expect(problems(expression)).toContain(problem));
