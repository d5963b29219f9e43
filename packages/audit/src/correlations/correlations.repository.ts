import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  type Projection,
  type Queries,
  arrayLiteral,
  currentContext,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  textInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AccessLogRepository } from '../access-log/access-log.repository.ts';
import type { Tables } from '../schema.ts';
import type { VersionedCopies } from '../versioned-copies.store.ts';
import { type EventRow, type Judged, keysOf, portion } from './correlation-portions.ts';
import type { Member } from './correlation-rules.ts';
import { columns, ruleColumns, statements, toCorrelation, toRule } from './correlation-statements.ts';
import {
  type Correlation,
  type CorrelationRule,
  type Correlations,
  type DefineRule,
  type ListCorrelations,
  type ListRules,
  type RuleRun,
  type RunRule,
  defineRule,
  listCorrelations,
  listRules,
  runRule,
} from './correlations.ts';

const db = queryBuilder<Tables>();
const LONGEST_KEY = 256;
const PAGE = 5000;

const operations = {
  defineRule: operation('audit.correlations.defineRule', defineRule, ({ ruleId }) => ruleId),
  listRules: operation('audit.correlations.listRules', listRules),
  run: operation('audit.correlations.run', runRule, ({ ruleId }) => ruleId),
  list: operation('audit.correlations.list', listCorrelations),
  ofKey: operation('audit.correlations.ofKey', z.strictObject({ key: textInput(LONGEST_KEY) })),
};

export class CorrelationRepository implements Correlations {
  readonly #context: AdapterContext;
  readonly #access: AccessLogRepository;
  readonly #copies: VersionedCopies<Correlation[]>;
  readonly projection: Projection;

  constructor(context: AdapterContext, access: AccessLogRepository, copies: VersionedCopies<Correlation[]>) {
    this.#context = context;
    this.#access = access;
    this.#copies = copies;
    this.projection = copies.projection(async (key) => {
      const { count } = await context.pg.one(statements.countOfKey, { key });
      return count === 0 ? undefined : { version: count, value: await this.#ofKey(key) };
    });
  }

  defineRule(input: DefineRule, options?: CallOptions): Promise<CorrelationRule> {
    return this.#context.run(
      operations.defineRule,
      input,
      options,
      async ({ ruleId, version, kind, ...definition }) => {
        const { outcome } = await this.#context.pg.one(statements.define, {
          ruleId,
          version,
          kind,
          definition: JSON.stringify(definition),
          requestHash: requestHash(kind, definition),
          definedAt: this.#context.clock.now(),
          actor: currentContext().actor,
        });
        if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { ruleId, version });
        return toRule(await this.#context.pg.one(statements.rule, { ruleId, version }));
      },
    );
  }

  listRules(input: ListRules = {}, options?: CallOptions): Listing<CorrelationRule> {
    return listing(input, (page) =>
      this.#context.run(operations.listRules, page, options, async ({ ruleId, cursor: after, limit }) => {
        let query = db
          .selectFrom('correlation_rules')
          .select(ruleColumns)
          .orderBy('rule_id')
          .orderBy('version')
          .limit(limit + 1);
        if (ruleId !== undefined) query = query.where('rule_id', '=', ruleId);
        if (after) query = query.where(sql<boolean>`(rule_id, version) > (${after[0]}, ${after[1]})`);
        const rows = await this.#context.pg.query('audit.correlations.listRules', 'read', query);
        return toPage(rows.map(toRule), limit, (rule) => [rule.ruleId, rule.version]);
      }),
    );
  }

  run(input: RunRule, options?: CallOptions): Promise<RuleRun> {
    return this.#context.run(
      operations.run,
      input,
      options,
      async ({ ruleId, version, firstPosition, lastPosition }) => {
        const { pg } = this.#context;
        const row =
          version === undefined
            ? (await pg.many(statements.lastRules, { ruleId }))[0]
            : await pg.maybe(statements.rule, { ruleId, version });
        if (!row) throw refusal('unknown-rule', { ruleId, version });
        const rule = toRule(row);
        const head = await pg.one(statements.time, {});
        const to = Math.min(head.position, lastPosition ?? head.position);
        const open = new Map<string, Member[]>();
        const done: RuleRun = { ruleId, version: rule.version, events: 0, found: 0, added: 0 };
        for (let after = firstPosition - 1, more = after < to; more;) {
          const rows = await this.#events(pg, rule, after, to, PAGE);
          more = rows.length === PAGE;
          after = rows.at(-1)?.position ?? to;
          const judged = portion(rule, open, rows, more ? rows.at(-1)!.recorded_at : undefined);
          done.events += rows.length;
          done.found += judged.length;
          done.added += await record(pg, rule, judged);
        }
        return done;
      },
    );
  }

  list(input: ListCorrelations = {}, options?: CallOptions): Listing<Correlation> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { ruleId, version, key, position, minConfidence, from, to, cursor: after, limit } = given;
        let query = db
          .selectFrom('correlations')
          .select(columns)
          .orderBy('last_at')
          .orderBy('rule_id')
          .orderBy('rule_version')
          .orderBy('input_hash')
          .limit(limit + 1);
        if (ruleId !== undefined) query = query.where('rule_id', '=', ruleId);
        if (version !== undefined) query = query.where('rule_version', '=', version);
        if (key !== undefined) query = query.where('correlation_key', '=', key);
        if (position !== undefined) query = query.where(sql<boolean>`positions @> array[${position}::bigint]`);
        if (minConfidence !== undefined) query = query.where('confidence', '>=', minConfidence);
        if (from !== undefined) query = query.where('last_at', '>=', from);
        if (to !== undefined) query = query.where('last_at', '<', to);
        if (after)
          query = query.where(
            sql<boolean>`(last_at, rule_id, rule_version, input_hash) > (${after[0]}::timestamptz, ${after[1]}, ${after[2]}, ${after[3]})`,
          );
        const rows = await this.#context.pg.query('audit.correlations.list', 'replica', query);
        const found = toPage(rows.map(toCorrelation), limit, (last) => [
          last.lastAt,
          last.ruleId,
          last.ruleVersion,
          last.inputHash,
        ]);
        return this.#access.logged(
          'audit.correlations.list',
          { ...given, cursor: undefined },
          found,
          found.items.length,
        );
      }),
    );
  }

  ofKey(key: string, options?: CallOptions): Promise<Correlation[]> {
    return this.#context.run(operations.ofKey, { key }, options, async (input, { fresh }) => {
      // Findings are only ever added: their number is their version.
      const { count } = await this.#context.pg.one(statements.countOfKey, input);
      const version = `${count}`;
      const copy = fresh || count === 0 ? undefined : await this.#copies.find(input.key, version);
      const found = copy ?? (await this.#ofKey(input.key));
      if (!copy && count > 0) await this.#copies.keep(input.key, version, found);
      return this.#access.logged('audit.correlations.ofKey', input, found, found.length);
    });
  }

  /** For the worker: the last version of each rule that is not stopped. */
  async followed(): Promise<CorrelationRule[]> {
    const rules = (await this.#context.pg.many(statements.lastRules, { ruleId: undefined })).map(toRule);
    return rules.filter(({ enabled }) => enabled);
  }

  /** For the worker: the next events of the trail for one rule. In one transaction with how far that is; answers how many it read. */
  async advance(rule: CorrelationRule, limit: number): Promise<number> {
    const { pg } = this.#context;
    const { ruleId, version } = rule;
    const name = `rule ${ruleId} ${version}`;
    const head = await pg.one(statements.time, {});
    return pg.transaction('audit.correlations.advance', async (tx) => {
      const projection = await tx.maybe(statements.lock, { name });
      if (!projection || projection.position > head.position) return 0;
      const rows = await this.#events(tx, rule, projection.position, head.position, limit);
      const more = rows.length === limit;
      const now = more ? rows.at(-1)!.recorded_at : head.at;
      const taken = await tx.many(statements.takeOpen, {
        ruleId,
        version,
        keys: arrayLiteral([...new Set(rows.flatMap((row) => keysOf(rule.by, row)))]),
        before: instant.plusMillis(now, -rule.settleMs),
      });
      const open = new Map(taken.map(({ correlation_key, members }) => [correlation_key, members]));
      const judged = portion(rule, open, rows, now);
      if (judged.length > 0) await record(tx, rule, judged);
      if (open.size > 0) {
        const groups = [...open].map(([correlation_key, members]) => ({
          correlation_key,
          members,
          last_at: members.at(-1)!.recordedAt,
        }));
        await tx.run(statements.keepOpen, { ruleId, version, groups: JSON.stringify(groups) });
      }
      const position = more ? rows.at(-1)!.position : head.position;
      if (position > projection.position) await tx.run(statements.move, { name, position });
      return rows.length;
    });
  }

  async #ofKey(key: string): Promise<Correlation[]> {
    return (await this.#context.pg.many(statements.ofKey, { key })).map(toCorrelation).toReversed();
  }

  #events(pg: Queries, rule: CorrelationRule, after: number, to: number, limit: number): Promise<EventRow[]> {
    return pg.many(statements.events, {
      after,
      to,
      types: rule.types && arrayLiteral(rule.types),
      withPayload: rule.by === 'orderId',
      limit,
    });
  }
}

async function record(pg: Queries, { ruleId, version }: CorrelationRule, judged: readonly Judged[]): Promise<number> {
  if (judged.length === 0) return 0;
  const found = judged.map(({ key, members, confidence, evidence }) => {
    const positions = members.map(({ position }) => position).sort((a, b) => a - b);
    return {
      input_hash: requestHash(ruleId, version, positions),
      correlation_key: key,
      confidence,
      positions,
      evidence,
      first_at: members[0]!.at,
      last_at: members.at(-1)!.at,
    };
  });
  return (await pg.one(statements.record, { ruleId, version, findings: JSON.stringify(found) })).added;
}
