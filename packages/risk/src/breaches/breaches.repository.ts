import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  answers,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AlertStore } from '../alerts/alerts.store.ts';
import type { Alert } from '../alerts/alerts.ts';
import type { FeedWatch } from '../reports/feed-watch.ts';
import type { RiskMetricsExport } from '../metrics/risk-metrics-export.ts';
import { scopeKey, scopeOfKey } from '../limits/scopes.ts';
import type { Tables } from '../schema.ts';
import { type BreachChange, type ObservedLimit, changesOf } from './breach-changes.ts';
import {
  type Breach,
  type BreachEvent,
  type Breaches,
  type Evaluation,
  type ListBreaches,
  listBreaches,
} from './breaches.ts';

const db = queryBuilder<Tables>();

const columns = [
  'id',
  'limit_id',
  'limit_version',
  'scope',
  'subject',
  'severity',
  'observed',
  'peak',
  'limit_value',
  'alert_id',
  'opened_at',
  'cleared_at',
] as const;

const statements = {
  observe: functionCall('risk.breaches.observe', 'read', 'observe_limits', ['at', 'scope'], answers<ObservedLimit>()),
  change: functionCall(
    'risk.breaches.change',
    'write',
    'change_breaches',
    ['changes', 'at', 'context'],
    answers<{ n: number; done: boolean; alert: Alert | null }>(),
  ),
  find: statement('risk.breaches.find', 'read', (p: { id: string }) =>
    db.selectFrom('breaches').select(columns).where('id', '=', p.id),
  ),
  events: statement('risk.breaches.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('breach_events')
      .select(['type', 'severity', 'observed', 'limit_version', 'occurred_at'])
      .where('breach_id', '=', p.id)
      .orderBy('version'),
  ),
};

const byId = z.strictObject({ breachId: idInput });
const operations = {
  evaluate: operation('risk.breaches.evaluate', z.strictObject({})),
  find: operation('risk.breaches.find', byId),
  get: operation('risk.breaches.get', byId),
  list: operation('risk.breaches.list', listBreaches),
  listEvents: operation('risk.breaches.listEvents', byId),
};

/** Changes of one statement. */
const MOST_CHANGES = 500;

export class BreachRepository implements Breaches {
  readonly #context: AdapterContext;
  readonly #alerts: AlertStore;
  readonly #feeds: FeedWatch;
  readonly #exported: RiskMetricsExport;
  readonly #onChange: () => void;

  constructor(
    context: AdapterContext,
    parts: { alerts: AlertStore; feeds: FeedWatch; exported: RiskMetricsExport },
    onChange: () => void,
  ) {
    this.#context = context;
    this.#alerts = parts.alerts;
    this.#feeds = parts.feeds;
    this.#exported = parts.exported;
    this.#onChange = onChange;
  }

  evaluate(options?: CallOptions): Promise<Evaluation> {
    return this.#context.run(operations.evaluate, {}, options, () => this.#evaluate());
  }

  find(breachId: string, options?: CallOptions): Promise<Breach | undefined> {
    return this.#context.run(operations.find, { breachId }, options, (input) => this.#find(input.breachId));
  }

  get(breachId: string, options?: CallOptions): Promise<Breach> {
    return this.#context.run(operations.get, { breachId }, options, async (input) => {
      const breach = await this.#find(input.breachId);
      if (!breach) throw refusal('unknown-breach', input);
      return breach;
    });
  }

  list(input: ListBreaches = {}, options?: CallOptions): Listing<Breach> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { limitId, scope, severity, state, from, until, cursor, limit } = given;
        let query = db
          .selectFrom('breaches')
          .select(columns)
          .orderBy('opened_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (limitId !== undefined) query = query.where('limit_id', '=', limitId);
        if (scope !== undefined) query = query.where('scope', '=', scopeKey(scope));
        if (severity !== undefined) query = query.where('severity', '=', severity);
        if (state !== undefined) query = query.where('cleared_at', state === 'open' ? 'is' : 'is not', null);
        if (from !== undefined) query = query.where('opened_at', '>=', from);
        if (until !== undefined) query = query.where('opened_at', '<', until);
        if (cursor) query = query.where(sql<boolean>`(opened_at, id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('risk.breaches.list', 'read', query);
        return toPage(rows.map(toBreach), limit, (each) => [each.openedAt, each.breachId]);
      }),
    );
  }

  listEvents(breachId: string, options?: CallOptions): Promise<BreachEvent[]> {
    return this.#context.run(operations.listEvents, { breachId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.events, { id: input.breachId });
      if (rows.length === 0) throw refusal('unknown-breach', input);
      return rows.map(({ type, severity, observed, limit_version, occurred_at }) => ({
        type,
        severity,
        observed: observed as Decimal,
        limitVersion: limit_version,
        occurredAt: occurred_at,
      }));
    });
  }

  async #evaluate(): Promise<Evaluation> {
    const started = performance.now();
    const at = this.#context.clock.now();
    const rows = await this.#context.pg.many(statements.observe, { at, scope: undefined });
    const changes = rows.flatMap((row) => changesOf(row, at)).concat(await this.#feeds.changes(at));
    let changed = 0;
    for (let i = 0; i < changes.length; i += MOST_CHANGES)
      changed += await this.#change(changes.slice(i, i + MOST_CHANGES), at);
    const unknown = rows.filter(
      ({ enabled, code, observed }) => enabled && (code !== null || observed === null),
    ).length;
    this.#exported.evaluated(rows, (performance.now() - started) / 1000);
    return { evaluated: rows.length, changed, unknown, at };
  }

  async #change(changes: readonly BreachChange[], at: Instant): Promise<number> {
    const { pg, ids } = this.#context;
    const rows = await pg.many(statements.change, {
      changes: JSON.stringify(
        changes.map((change, n) =>
          Object.assign({ n, newId: ids.next(), eventId: ids.next(), breachEventId: ids.next() }, change),
        ),
      ),
      at,
      context: contextLiteral(),
    });
    const told: Alert[] = [];
    const fired: string[] = [];
    let done = 0;
    for (const row of rows) {
      const change = changes[row.n]!;
      if (!row.done || change.type === 'observed') continue;
      done += 1;
      told.push(row.alert!);
      this.#exported.changed(change);
      if (change.to === 'firing' && change.type !== 'severity-changed') fired.push(row.alert!.alertId);
    }
    this.#alerts.refresh(told);
    if (done > 0) this.#onChange();
    await this.#exported.detected(fired);
    return done;
  }

  async #find(id: string): Promise<Breach | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toBreach(row);
  }
}

const toBreach = (row: NonNullable<(typeof statements.find)['row']>): Breach => ({
  breachId: row.id,
  limitId: row.limit_id,
  limitVersion: row.limit_version,
  scope: scopeOfKey(row.scope),
  ...(row.subject !== '' && { subject: row.subject }),
  severity: row.severity,
  observed: row.observed as Decimal,
  peak: row.peak as Decimal,
  limit: row.limit_value as Decimal,
  alertId: row.alert_id,
  openedAt: row.opened_at,
  ...(row.cleared_at !== null && { clearedAt: row.cleared_at }),
});
