import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  InvalidInputError,
  arrayLiteral,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import type { ParameterValue } from './parameters.ts';
import { type ScenarioFile, readScenarioFile } from './scenario-file.ts';
import type { ScenarioSpec } from './scenario-spec.ts';
import { columns, statements, toScenario } from './scenario-statements.ts';
import {
  type ChangeScenario,
  type GetScenarioVersion,
  type InstantiateTemplate,
  type ListScenarios,
  type PublishScenario,
  type PublishTemplate,
  type ResolveScenario,
  type Scenario,
  type ScenarioVersion,
  type Scenarios,
  type Template,
  changeScenario,
  getScenarioVersion,
  instantiateTemplate,
  listScenarios,
  publishScenario,
  publishTemplate,
  resolveScenario,
} from './scenarios.ts';
import { type PlacedStep, placeSteps } from './step-tree.ts';

const db = queryBuilder<Tables>();
const byId = z.strictObject({ scenarioId: idInput });
const operations = {
  publish: operation('test-coordinator.scenarios.publish', publishScenario),
  change: operation('test-coordinator.scenarios.change', changeScenario, (input) => input.scenarioId),
  find: operation('test-coordinator.scenarios.find', byId),
  get: operation('test-coordinator.scenarios.get', byId),
  list: operation('test-coordinator.scenarios.list', listScenarios),
  getVersion: operation('test-coordinator.scenarios.getVersion', getScenarioVersion),
  resolve: operation('test-coordinator.scenarios.resolve', resolveScenario),
  publishTemplate: operation('test-coordinator.scenarios.publishTemplate', publishTemplate),
  getTemplate: operation(
    'test-coordinator.scenarios.getTemplate',
    z.strictObject({ templateId: idInput, version: z.int().min(1).max(2_147_483_647).optional() }),
  ),
  instantiate: operation('test-coordinator.scenarios.instantiate', instantiateTemplate, (input) => input.scenarioId),
};

/** What a file becomes when it is published. */
interface Publication {
  readonly id: string;
  readonly spec: ScenarioSpec;
  readonly text: string;
  readonly status: 'draft' | 'active';
  readonly createdBy?: string | undefined;
  readonly file: ScenarioFile;
  readonly template?: { templateId: string; version: number; values: Record<string, ParameterValue> };
}

export class ScenarioRepository implements Scenarios {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  publish(input: PublishScenario, options?: CallOptions): Promise<ScenarioVersion> {
    return this.#context.run(operations.publish, input, options, ({ text, status, createdBy }) => {
      const file = readScenarioFile(text);
      if (file.kind === 'template')
        throw new InvalidInputError(
          [{ path: 'text', message: 'this is a template: publish it as one' }],
          'malformed-scenario',
        );
      return this.#publish({ id: file.id, spec: file.filled().spec, text, status, createdBy, file });
    });
  }

  change(input: ChangeScenario, options?: CallOptions): Promise<Scenario> {
    return this.#context.run(
      operations.change,
      input,
      options,
      async ({ scenarioId, version, status, activeVersion }) => {
        const { outcome } = await this.#context.pg.one(statements.change, {
          id: scenarioId,
          version,
          status,
          activeVersion,
        });
        if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scenarioId });
        return this.#get(scenarioId);
      },
    );
  }

  find(scenarioId: string, options?: CallOptions): Promise<Scenario | undefined> {
    return this.#context.run(operations.find, { scenarioId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, { id: input.scenarioId });
      return row && toScenario(row);
    });
  }

  get(scenarioId: string, options?: CallOptions): Promise<Scenario> {
    return this.#context.run(operations.get, { scenarioId }, options, (input) => this.#get(input.scenarioId));
  }

  list(input: ListScenarios = {}, options?: CallOptions): Listing<Scenario> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ type, status, tag, cursor, limit }) => {
        let query = db
          .selectFrom('scenarios')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (type !== undefined) query = query.where('type', '=', type);
        if (status !== undefined) query = query.where('status', '=', status);
        if (tag !== undefined) query = query.where(sql<boolean>`tags @> ${arrayLiteral([tag])}::text[]`);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('test-coordinator.scenarios.list', 'read', query);
        return toPage(rows.map(toScenario), limit, (scenario) => [scenario.scenarioId]);
      }),
    );
  }

  getVersion(input: GetScenarioVersion, options?: CallOptions): Promise<ScenarioVersion> {
    return this.#context.run(operations.getVersion, input, options, ({ scenarioId, version }) =>
      this.#version(scenarioId, version),
    );
  }

  resolve(
    input: ResolveScenario,
    options?: CallOptions,
  ): Promise<{ scenarioId: string; version: number; spec: ScenarioSpec; steps: PlacedStep[] }> {
    return this.#context.run(
      operations.resolve,
      input,
      options,
      async ({ scenarioId, version: wanted, parameters }) => {
        const { text, template, version } = await this.#version(scenarioId, wanted);
        const { spec } = readScenarioFile(text).filled({ ...template?.values, ...parameters });
        return { scenarioId, version, spec, steps: placeSteps(spec.steps) };
      },
    );
  }

  publishTemplate(input: PublishTemplate, options?: CallOptions): Promise<Template> {
    return this.#context.run(operations.publishTemplate, input, options, async ({ text }) => {
      const file = readScenarioFile(text);
      if (file.kind === 'scenario')
        throw new InvalidInputError(
          [{ path: 'text', message: 'this is a scenario: publish it as one' }],
          'malformed-scenario',
        );
      const { version } = await this.#context.pg.one(statements.publishTemplate, {
        id: file.id,
        text,
        hash: requestHash(text),
        parameters: JSON.stringify(file.parameters),
        at: this.#context.clock.now(),
      });
      return this.#template(file.id, version);
    });
  }

  getTemplate(input: { templateId: string; version?: number }, options?: CallOptions): Promise<Template> {
    return this.#context.run(operations.getTemplate, input, options, ({ templateId, version }) =>
      this.#template(templateId, version),
    );
  }

  instantiate(input: InstantiateTemplate, options?: CallOptions): Promise<ScenarioVersion> {
    return this.#context.run(operations.instantiate, input, options, async (given) => {
      const { templateId, scenarioId, parameters, status, createdBy } = given;
      const { text, version } = await this.#template(templateId, given.version);
      const file = readScenarioFile(text);
      const { spec, values } = file.filled(parameters);
      return this.#publish({
        id: scenarioId,
        spec,
        text,
        status,
        createdBy,
        file,
        template: { templateId, version, values },
      });
    });
  }

  async #publish({ id, spec, text, status, createdBy, file, template }: Publication): Promise<ScenarioVersion> {
    const { outcome, version } = await this.#context.pg.one(statements.publish, {
      id,
      name: spec.name,
      type: spec.type,
      description: spec.description,
      tags: arrayLiteral(spec.tags),
      createdBy,
      status,
      spec: JSON.stringify(spec),
      specText: text,
      specHash: requestHash(spec, file.parameters),
      templateId: template?.templateId,
      templateVersion: template?.version,
      parameters: template && JSON.stringify(template.values),
      steps: JSON.stringify(placeSteps(spec.steps)),
      at: this.#context.clock.now(),
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scenarioId: id });
    return this.#version(id, version!);
  }

  async #get(scenarioId: string): Promise<Scenario> {
    const row = await this.#context.pg.maybe(statements.find, { id: scenarioId });
    if (!row) throw refusal('unknown-scenario', { scenarioId });
    return toScenario(row);
  }

  async #version(scenarioId: string, version: number | undefined): Promise<ScenarioVersion> {
    const row = await this.#context.pg.maybe(statements.findVersion, { id: scenarioId, version });
    if (!row) throw refusal(version === undefined ? 'unknown-scenario' : 'unknown-version', { scenarioId, version });
    const values = (row.parameters ?? {}) as Record<string, ParameterValue>;
    const file = readScenarioFile(row.spec_text);
    const { spec } = file.filled(values);
    return {
      scenarioId: row.scenario_id,
      version: row.version,
      spec,
      parameters: file.parameters,
      steps: placeSteps(spec.steps),
      text: row.spec_text,
      hash: row.spec_hash,
      ...(row.template_id !== null && {
        template: { templateId: row.template_id, version: row.template_version!, values },
      }),
      createdAt: row.created_at,
    };
  }

  async #template(templateId: string, version: number | undefined): Promise<Template> {
    const row = await this.#context.pg.maybe(statements.findTemplate, { id: templateId, version });
    if (!row) throw refusal('unknown-template', { templateId, version });
    const { parameters } = readScenarioFile(row.body_text);
    return { templateId: row.id, version: row.version, parameters, text: row.body_text, createdAt: row.created_at };
  }
}
