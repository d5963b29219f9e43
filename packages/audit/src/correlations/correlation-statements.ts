import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Tables } from '../schema.ts';
import type { EventRow } from './correlation-portions.ts';
import type { Member } from './correlation-rules.ts';
import type { Correlation, CorrelationRefusal, CorrelationRule, defineRule } from './correlations.ts';

const db = queryBuilder<Tables>();

const MOST_OF_A_KEY = 1000;

export const ruleColumns = ['rule_id', 'version', 'kind', 'definition', 'defined_at', 'actor'] as const;
export const columns = [
  'rule_id',
  'rule_version',
  'input_hash',
  'correlation_key',
  'confidence',
  'positions',
  'evidence',
  'first_at',
  'last_at',
  'recorded_at',
] as const;

export const statements = {
  define: functionCall(
    'audit.correlations.defineRule',
    'write',
    'define_correlation_rule',
    ['ruleId', 'version', 'kind', 'definition', 'requestHash', 'definedAt', 'actor'],
    answers<{ outcome: CorrelationRefusal | 'ok' | 'same' }>(),
  ),
  rule: statement('audit.correlations.rule', 'read', (p: { ruleId: string; version: number }) =>
    db
      .selectFrom('correlation_rules')
      .select(ruleColumns)
      .where('rule_id', '=', p.ruleId)
      .where('version', '=', p.version),
  ),
  lastRules: statement('audit.correlations.lastRules', 'read', (p: { ruleId: string | undefined }) => ({
    compile: () =>
      sql<RuleRow>`select distinct on (r.rule_id) r.rule_id, r.version, r.kind, r.definition, r.defined_at, r.actor
        from correlation_rules as r where ${p.ruleId}::text is null or r.rule_id = ${p.ruleId}
        order by r.rule_id, r.version desc`.compile(db),
  })),
  time: functionCall(
    'audit.correlations.time',
    'write',
    'trail_time',
    [],
    answers<{ position: number; at: Instant }>(),
  ),
  lock: statement('audit.correlations.lock', 'write', (p: { name: string }) => ({
    compile: () =>
      sql<{
        position: number;
      }>`select p.position from projections as p where p.name = ${p.name} for no key update skip locked`.compile(db),
  })),
  move: statement('audit.correlations.move', 'write', (p: { name: string; position: number }) =>
    db
      .updateTable('projections')
      .set({ position: p.position, updated_at: sql`clock_timestamp()` })
      .where('name', '=', p.name),
  ),
  events: statement(
    'audit.correlations.events',
    'read',
    (p: { after: number; to: number; types: string | undefined; withPayload: boolean; limit: number }) => ({
      compile: () =>
        sql<EventRow>`
        select e.position, e.source, e.type, e.occurred_at, e.recorded_at, e.correlation_id, e.trace_id, e.run_id, e.aggregate_id,
          case when ${p.withPayload}::boolean then e.payload end as payload
        from events as e
        where e.position > ${p.after} and e.position <= ${p.to} and (${p.types}::text[] is null or e.type = any(${p.types}::text[]))
        order by e.position limit ${p.limit}`.compile(db),
    }),
  ),
  takeOpen: statement(
    'audit.correlations.takeOpen',
    'write',
    (p: { ruleId: string; version: number; keys: string; before: Instant }) => ({
      compile: () =>
        sql<{ correlation_key: string; members: Member[] }>`
        delete from open_correlations as o
        where o.rule_id = ${p.ruleId} and o.rule_version = ${p.version}
          and (o.correlation_key = any(${p.keys}::text[]) or o.last_at < ${p.before}::timestamptz)
        returning o.correlation_key, o.members`.compile(db),
    }),
  ),
  keepOpen: statement(
    'audit.correlations.keepOpen',
    'write',
    (p: { ruleId: string; version: number; groups: string }) => ({
      compile: () =>
        sql`insert into open_correlations (rule_id, rule_version, correlation_key, members, last_at)
        select ${p.ruleId}, ${p.version}, g.correlation_key, g.members, g.last_at
        from jsonb_to_recordset(${p.groups}::jsonb) as g (correlation_key text, members jsonb, last_at timestamptz)`.compile(
          db,
        ),
    }),
  ),
  record: functionCall(
    'audit.correlations.record',
    'write',
    'record_correlations',
    ['ruleId', 'version', 'findings'],
    answers<{ added: number }>(),
  ),
  countOfKey: statement('audit.correlations.countOfKey', 'read', (p: { key: string }) =>
    db
      .selectFrom('correlations')
      .select(sql<number>`count(*)`.as('count'))
      .where('correlation_key', '=', p.key),
  ),
  ofKey: statement('audit.correlations.ofKey', 'read', (p: { key: string }) =>
    db
      .selectFrom('correlations')
      .select(columns)
      .where('correlation_key', '=', p.key)
      .orderBy('last_at', 'desc')
      .orderBy('input_hash', 'desc')
      .limit(MOST_OF_A_KEY),
  ),
};

type RuleRow = Pick<Tables['correlation_rules'], 'rule_id' | 'kind' | 'defined_at' | 'actor'> & {
  version: number;
  definition: unknown;
};
export function toRule(row: RuleRow): CorrelationRule {
  const { within, settle, ...definition } = row.definition as Omit<
    z.output<typeof defineRule>,
    'ruleId' | 'version' | 'kind'
  >;
  const { types, ...plain } = definition;
  return {
    ruleId: row.rule_id,
    version: row.version,
    kind: row.kind,
    ...plain,
    ...(types && { types }),
    withinMs: within,
    settleMs: settle,
    definedAt: row.defined_at,
    ...(row.actor !== null && { actor: row.actor }),
  };
}

type CorrelationRow = Pick<
  Tables['correlations'],
  'rule_id' | 'rule_version' | 'input_hash' | 'correlation_key' | 'confidence' | 'positions' | 'first_at' | 'last_at'
> & { evidence: unknown; recorded_at: Instant };
export const toCorrelation = (row: CorrelationRow): Correlation => ({
  ruleId: row.rule_id,
  ruleVersion: row.rule_version,
  inputHash: row.input_hash,
  key: row.correlation_key,
  confidence: row.confidence,
  positions: row.positions,
  evidence: row.evidence as Record<string, unknown>,
  firstAt: row.first_at,
  lastAt: row.last_at,
  recordedAt: row.recorded_at,
});
