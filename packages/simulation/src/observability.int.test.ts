import { readFileSync, readdirSync } from 'node:fs';
import { createAuditAdapter } from '@tse/audit';
import { auditEvents } from '@tse/audit/events';
import type { BaseAdapter } from '@tse/core';
import { createCustodianAdapter } from '@tse/custodian';
import { custodianEvents } from '@tse/custodian/events';
import { createExchangeAdapter } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { createMarketDataAdapter } from '@tse/market-data';
import { marketDataEvents } from '@tse/market-data/events';
import { createRiskAdapter } from '@tse/risk';
import { riskEvents } from '@tse/risk/events';
import { createTestCoordinatorAdapter } from '@tse/test-coordinator';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';
import { type Sandbox, sandbox } from '@tse/testkit';
import { createTradingAdapter } from '@tse/trading';
import { tradingEvents } from '@tse/trading/events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { type Served, checkPromql, servedBy } from './promql-check.ts';

const factories = {
  'market-data': createMarketDataAdapter,
  exchange: createExchangeAdapter,
  custodian: createCustodianAdapter,
  risk: createRiskAdapter,
  trading: createTradingAdapter,
  'test-coordinator': createTestCoordinatorAdapter,
  audit: createAuditAdapter,
};
type Name = keyof typeof factories;
const names = Object.keys(factories) as Name[];
const catalogs = {
  'market-data': marketDataEvents,
  exchange: exchangeEvents,
  custodian: custodianEvents,
  risk: riskEvents,
  trading: tradingEvents,
  'test-coordinator': testCoordinatorEvents,
  audit: auditEvents,
};

const root = new URL('../../../', import.meta.url);
const folder = new URL('../observability/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');
const yaml = <T>(path: string) => parse(read(path)) as T;

interface Query {
  refId: string;
  expr: string;
  legendFormat?: string;
  datasource: { uid: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { uid: string };
  targets?: Query[];
  gridPos: { x: number; y: number; w: number; h: number };
}
interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { datasource: { uid: string }; query: { query: string } }[] };
}
const dashboards = readdirSync(new URL('grafana/dashboards/', folder)).map(
  (file) => [file, JSON.parse(read(`grafana/dashboards/${file}`)) as Dashboard] as const,
);
const { groups } = yaml<{ groups: { name: string; rules: { alert: string; expr: string; annotations: object }[] }[] }>(
  'alerts.yml',
);

/** What the sources call their methods and batches: a metric has them as labels only once they were used. */
const called = (pattern: RegExp): string[] =>
  readdirSync(new URL('packages/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[a-z-]+\/src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'))
    .flatMap((path) =>
      [...readFileSync(new URL(`packages/${path}`, root), 'utf8').matchAll(pattern)].map(([, name]) => name!),
    );

const known = {
  op: called(/operation\(\s*['`]([\w.-]+)/g),
  batch: called(/name: '([\w.-]+)',\s+batch:/g),
  outcome: ['ok', 'aborted', 'invalid-input', 'not-found', 'conflict', 'unavailable', 'outcome-unknown', 'internal'],
  detector: ['any'],
  measure: ['precision', 'recall', 'f1'],
  result: ['delivered', 'failed'],
  state: ['linked', 'unresolved', 'none'],
};
const typesOf = (of: readonly Name[]) => of.flatMap((name) => Object.keys(catalogs[name].types));

let box: Sandbox<typeof factories>;
const served = {} as Record<Name, Served>;
let all: Served;
beforeAll(async () => {
  box = await sandbox(factories);
  // A symbol has its writers and archivers from its first tick on.
  const symbol = 'BTC-USD';
  await box['market-data'].instruments.register({ symbol, tickSize: '0.01', stepSize: '0.001' });
  const eventAt = box.clock.now();
  await box['market-data'].prices.record([{ symbol, source: 'test', price: '30000', sequence: 1, eventAt }]);
  await vi.waitUntil(() => box['market-data'].metrics.getSingleMetric('adapter_archived_facts_total'), 20_000);
  for (const name of names) {
    const adapter: BaseAdapter = box[name];
    await adapter.ready();
    // What only a service that listens to another has.
    const from = name === 'exchange' ? marketDataEvents : exchangeEvents;
    adapter.inbox.consume({ name: 'watch', from, start: 'latest' }, async () => {});
    await adapter.services.find('a-service');
    await adapter.health();
    served[name] = await servedBy([adapter.metrics]);
  }
  all = await servedBy(names.map((name) => box[name].metrics));
});
afterAll(() => box[Symbol.asyncDispose]());

const queriesOf = ({ panels }: Dashboard) =>
  panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
/** Grafana fills these in. */
const filledIn = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');

test('there is a dashboard for each adapter and one for the scenario, and Grafana is told where they and their data are', () => {
  expect(dashboards.map(([file]) => file).sort()).toEqual([...names, 'scenario'].map((name) => `${name}.json`).sort());
  expect(dashboards.map(([, { uid }]) => `${uid}.json`)).toEqual(dashboards.map(([file]) => file));
  const { datasources } = yaml<{ datasources: { uid: string; type: string; url: string }[] }>(
    'grafana/provisioning/datasources/datasources.yml',
  );
  const prometheus = datasources.find(({ uid }) => uid === 'prometheus');
  expect(prometheus).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' });
  for (const [, { panels, templating }] of dashboards) {
    const used = [
      ...panels.filter(({ type }) => type !== 'row'),
      ...panels.flatMap(({ targets = [] }) => targets),
      ...templating.list,
    ];
    for (const { datasource } of used) expect(datasource?.uid).toBe(prometheus!.uid);
  }
  const { providers } = yaml<{ providers: { options: { path: string } }[] }>(
    'grafana/provisioning/dashboards/dashboards.yml',
  );
  const { services } = parse(readFileSync(new URL('docker-compose.yml', root), 'utf8')) as {
    services: Record<string, { image: string; profiles?: string[]; volumes?: string[] }>;
  };
  const watching = Object.keys(services).filter((name) => services[name]!.profiles?.includes('observability'));
  expect(watching.sort()).toEqual(['grafana', 'jaeger', 'prometheus']);
  for (const name of watching) expect(services[name]!.image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
  const mounts = Object.fromEntries(
    watching.flatMap((name) => services[name]!.volumes ?? []).map((each) => each.split(':')),
  );
  expect(mounts['./packages/simulation/observability/grafana/dashboards']).toBe(providers[0]!.options.path);
  const config = yaml<{ rule_files: string[] }>('prometheus.yml');
  expect(config.rule_files).toEqual([mounts['./packages/simulation/observability/alerts.yml']]);
  for (const path of Object.keys(mounts)) expect(() => readdirSync(new URL(path, root))).not.toThrow('ENOENT');
});

describe.each(dashboards)('%s', (_file, dashboard) => {
  const name = names.find((each) => each === dashboard.uid);

  test('each panel has a place, a title of its own kind and a query', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const shown = panels.filter(({ type }) => type !== 'row');
    expect(shown.length).toBeGreaterThan(15);
    for (const { title, targets, gridPos } of shown) {
      expect(title).not.toBe('');
      expect(targets?.length, title).toBeGreaterThan(0);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    }
    for (const [i, a] of panels.entries())
      for (const b of panels.slice(i + 1)) expect(overlap(a, b), `${a.title} and ${b.title}`).toBe(false);
  });

  test('asks for what the adapters serve', () => {
    const of = name === undefined ? names : [name];
    const metrics = name === undefined ? all : served[name];
    const values = { ...known, adapter: of, type: typesOf(of) };
    const problems = queriesOf(dashboard).flatMap(({ title, expr, legendFormat = '' }) => {
      const found = checkPromql(filledIn(expr), metrics, values);
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      return [
        ...found.problems,
        ...legend.filter((label) => !found.labels.has(label)).map((label) => `the legend has no ${label}`),
        ...(name !== undefined && !expr.includes(`adapter="${name}"`) ? ['it is not of this adapter alone'] : []),
      ].map((problem) => `${title}: ${problem}`);
    });
    expect(problems).toEqual([]);
    for (const { query } of dashboard.templating.list) {
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
      const found = checkPromql(selector, metrics);
      expect(found.problems).toEqual([]);
      expect(found.labels).toContain(label);
    }
  });
});

test('alerts ask for what the adapters serve, and say which of them it is about', () => {
  const rules = groups.flatMap(({ rules: some }) => some);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  const problems = rules.flatMap(({ alert, expr, annotations }) => {
    const found = checkPromql(expr, all, { ...known, type: typesOf(names) });
    const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    return [
      ...found.problems,
      ...named.filter((label) => !found.labels.has(label)).map((label) => `no label ${label}`),
    ].map((problem) => `${alert}: ${problem}`);
  });
  expect(problems).toEqual([]);
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
