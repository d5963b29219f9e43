import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  type Queries,
  answers,
  arrayLiteral,
  currentContext,
  functionCall,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
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
import {
  type Correlation,
  type CorrelationRefusal,
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
const MOST_OF_A_KEY = 1000;
const PAGE = 5000;

const ruleColumns = ['rule_id', 'version', 'kind', 'definition', 'defined_at', 'actor'] as const;
const columns = [
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

const statements = {
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

  constructor(context: AdapterContext, access: AccessLogRepository, copies: VersionedCopies<Correlation[]>) {
    this.#context = context;
    this.#access = access;
    this.#copies = copies;
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

type RuleRow = Pick<Tables['correlation_rules'], 'rule_id' | 'kind' | 'defined_at' | 'actor'> & {
  version: number;
  definition: unknown;
};
function toRule(row: RuleRow): CorrelationRule {
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
const toCorrelation = (row: CorrelationRow): Correlation => ({
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
