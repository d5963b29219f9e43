import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Scenario, ScenarioRefusal } from './scenarios.ts';

const db = queryBuilder<Tables>();

type Outcome = ScenarioRefusal | 'ok' | 'same';

export const columns = [
  'id',
  'name',
  'type',
  'description',
  'tags',
  'status',
  'active_version',
  'last_version',
  'created_by',
  'version',
  'created_at',
] as const;

export const statements = {
  publish: functionCall(
    'test-coordinator.scenarios.publish',
    'write',
    'publish_scenario',
    [
      'id',
      'name',
      'type',
      'description',
      'tags',
      'createdBy',
      'status',
      'spec',
      'specText',
      'specHash',
      'templateId',
      'templateVersion',
      'parameters',
      'steps',
      'at',
    ],
    answers<{ outcome: Outcome; version: number | null }>(),
  ),
  change: functionCall(
    'test-coordinator.scenarios.change',
    'write',
    'change_scenario',
    ['id', 'version', 'status', 'activeVersion'],
    answers<{ outcome: Outcome }>(),
  ),
  publishTemplate: functionCall(
    'test-coordinator.scenarios.publishTemplate',
    'write',
    'publish_template',
    ['id', 'text', 'hash', 'parameters', 'at'],
    answers<{ outcome: Outcome; version: number }>(),
  ),
  find: statement('test-coordinator.scenarios.find', 'read', (p: { id: string }) =>
    db.selectFrom('scenarios').select(columns).where('id', '=', p.id),
  ),
  findVersion: statement(
    'test-coordinator.scenarios.findVersion',
    'read',
    (p: { id: string; version: number | undefined }) =>
      db
        .selectFrom('scenario_versions as v')
        .innerJoin('scenarios as s', 's.id', 'v.scenario_id')
        .select([
          'v.scenario_id',
          'v.version',
          'v.spec_text',
          'v.spec_hash',
          'v.template_id',
          'v.template_version',
          'v.parameters',
          'v.created_at',
        ])
        .where('v.scenario_id', '=', p.id)
        .where(sql<boolean>`v.version = coalesce(${p.version}::integer, s.active_version)`),
  ),
  findTemplate: statement(
    'test-coordinator.scenarios.findTemplate',
    'read',
    (p: { id: string; version: number | undefined }) =>
      db
        .selectFrom('templates')
        .select(['id', 'version', 'body_text', 'created_at'])
        .where('id', '=', p.id)
        .where(sql<boolean>`version = coalesce(${p.version}::integer, version)`)
        .orderBy('version', 'desc')
        .limit(1),
  ),
};

export const toScenario = (row: NonNullable<(typeof statements.find)['row']>): Scenario => ({
  scenarioId: row.id,
  name: row.name,
  type: row.type,
  ...(row.description !== null && { description: row.description }),
  tags: row.tags,
  status: row.status,
  activeVersion: row.active_version,
  lastVersion: row.last_version,
  ...(row.created_by !== null && { createdBy: row.created_by }),
  version: row.version,
  createdAt: row.created_at,
});
