import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  arrayLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type ActivateScenario,
  type DefineScenario,
  type GetScenarioVersion,
  type ListScenarios,
  type Scenario,
  type ScenarioRefusal,
  type ScenarioVersion,
  type Scenarios,
  activateScenario,
  defineScenario,
  getScenarioVersion,
  listScenarios,
} from './scenarios.ts';

const db = queryBuilder<Tables>();
const columns = ['id', 'name', 'active_version', 'last_version'] as const;

const outcome = answers<{ outcome: ScenarioRefusal | 'ok' | 'same' }>();

const statements = {
  define: functionCall(
    'market-data.scenarios.define',
    'write',
    'define_scenario',
    ['scenarioId', 'version', 'name', 'spec', 'specHash', 'symbols', 'at'],
    outcome,
  ),
  activate: functionCall(
    'market-data.scenarios.activate',
    'write',
    'activate_scenario',
    ['scenarioId', 'version'],
    outcome,
  ),
  find: statement('market-data.scenarios.find', 'read', (p: { id: string }) =>
    db.selectFrom('scenarios').select(columns).where('id', '=', p.id),
  ),
  findVersion: statement(
    'market-data.scenarios.findVersion',
    'read',
    (p: { id: string; version: number | undefined }) =>
      db
        .selectFrom('scenario_versions as v')
        .innerJoin('scenarios as s', 's.id', 'v.scenario_id')
        .select(['v.scenario_id', 'v.version', 'v.spec', 'v.spec_hash', 'v.defined_at'])
        .where('s.id', '=', p.id)
        .where(sql<boolean>`v.version = coalesce(${p.version}::integer, s.active_version)`),
  ),
};

const byId = z.strictObject({ scenarioId: idInput });
const operations = {
  define: operation('market-data.scenarios.define', defineScenario, (input) => input.scenarioId),
  activate: operation('market-data.scenarios.activate', activateScenario, (input) => input.scenarioId),
  find: operation('market-data.scenarios.find', byId),
  get: operation('market-data.scenarios.get', byId),
  getVersion: operation('market-data.scenarios.getVersion', getScenarioVersion),
  list: operation('market-data.scenarios.list', listScenarios),
};

export class ScenarioRepository implements Scenarios {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  define(input: DefineScenario, options?: CallOptions): Promise<ScenarioVersion> {
    return this.#context.run(operations.define, input, options, async ({ scenarioId, version, name, spec }) => {
      const symbols = spec.symbols.map(({ symbol }) => symbol);
      const answer = await this.#context.pg.one(statements.define, {
        scenarioId,
        version,
        name,
        spec: JSON.stringify(spec),
        specHash: requestHash(spec),
        symbols: arrayLiteral(symbols),
        at: this.#context.clock.now(),
      });
      this.#accept(answer.outcome, { scenarioId, version });
      return this.#version(scenarioId, version);
    });
  }

  activate(input: ActivateScenario, options?: CallOptions): Promise<Scenario> {
    return this.#context.run(operations.activate, input, options, async ({ scenarioId, version }) => {
      const answer = await this.#context.pg.one(statements.activate, { scenarioId, version });
      this.#accept(answer.outcome, { scenarioId, version });
      return this.#get(scenarioId);
    });
  }

  find(scenarioId: string, options?: CallOptions): Promise<Scenario | undefined> {
    return this.#context.run(operations.find, { scenarioId }, options, (input) => this.#find(input.scenarioId));
  }

  get(scenarioId: string, options?: CallOptions): Promise<Scenario> {
    return this.#context.run(operations.get, { scenarioId }, options, (input) => this.#get(input.scenarioId));
  }

  getVersion(input: GetScenarioVersion, options?: CallOptions): Promise<ScenarioVersion> {
    return this.#context.run(operations.getVersion, input, options, ({ scenarioId, version }) =>
      this.#version(scenarioId, version),
    );
  }

  list(input: ListScenarios = {}, options?: CallOptions): Listing<Scenario> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ cursor, limit }) => {
        let query = db
          .selectFrom('scenarios')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('market-data.scenarios.list', 'read', query);
        return toPage(rows.map(toScenario), limit, ({ scenarioId }) => [scenarioId]);
      }),
    );
  }

  #accept(answer: ScenarioRefusal | 'ok' | 'same', details: Record<string, string | number>): void {
    if (answer !== 'ok' && answer !== 'same') throw refusal(answer, details);
  }

  async #find(id: string): Promise<Scenario | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toScenario(row);
  }

  async #get(scenarioId: string): Promise<Scenario> {
    const scenario = await this.#find(scenarioId);
    if (!scenario) throw refusal('unknown-scenario', { scenarioId });
    return scenario;
  }

  async #version(scenarioId: string, version: number | undefined): Promise<ScenarioVersion> {
    const row = await this.#context.pg.maybe(statements.findVersion, { id: scenarioId, version });
    if (row) return toVersion(row);
    await this.#get(scenarioId);
    throw refusal('unknown-scenario-version', { scenarioId, version });
  }
}

const toScenario = (row: NonNullable<(typeof statements.find)['row']>): Scenario => ({
  scenarioId: row.id,
  name: row.name,
  activeVersion: row.active_version,
  lastVersion: row.last_version,
});

const toVersion = (row: NonNullable<(typeof statements.findVersion)['row']>): ScenarioVersion => ({
  scenarioId: row.scenario_id,
  version: row.version,
  spec: row.spec as ScenarioVersion['spec'],
  specHash: row.spec_hash,
  definedAt: row.defined_at,
});
