import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
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
  type BeatFeed,
  type ExpectFeed,
  type Feed,
  type GenerateReport,
  type ListReports,
  type Report,
  type ReportRefusal,
  type Reports,
  beatFeed,
  expectFeed,
  generateReport,
  listReports,
} from './reports.ts';

const db = queryBuilder<Tables>();

const headColumns = ['id', 'kind', 'from_at', 'until_at', 'watermark', 'sha256', 'generated_at'] as const;
const feedColumns = ['source', 'max_gap_ms', 'last_seen'] as const;

const statements = {
  generate: functionCall(
    'risk.reports.generate',
    'write',
    'generate_report',
    ['id', 'kind', 'from', 'until', 'watermark', 'requestHash', 'at'],
    answers<{ outcome: ReportRefusal | 'ok' | 'same' }>(),
  ),
  find: statement('risk.reports.find', 'read', (p: { id: string }) =>
    db.selectFrom('compliance_reports').select(headColumns).select('body').where('id', '=', p.id),
  ),
  expectFeed: statement('risk.reports.expectFeed', 'write', (p: { source: string; maxGapMs: number; at: Instant }) =>
    db
      .insertInto('feed_heartbeats')
      .values({ source: p.source, max_gap_ms: p.maxGapMs, last_seen: p.at })
      .onConflict((c) =>
        c.column('source').doUpdateSet({
          max_gap_ms: sql<number>`excluded.max_gap_ms`,
          version: sql<number>`feed_heartbeats.version + 1`,
        }),
      )
      .returning(feedColumns),
  ),
  beat: statement('risk.reports.beat', 'write', (p: { source: string; at: Instant }) =>
    db
      .updateTable('feed_heartbeats')
      .set({ last_seen: sql<Instant>`greatest(last_seen, ${p.at}::timestamptz)`, version: sql<number>`version + 1` })
      .where('source', '=', p.source)
      .returning(feedColumns),
  ),
  feeds: statement('risk.reports.listFeeds', 'read', () =>
    db.selectFrom('feed_heartbeats').select(feedColumns).orderBy('source'),
  ),
};

const byId = z.strictObject({ reportId: idInput });
const operations = {
  generate: operation('risk.reports.generate', generateReport, (input) => input.reportId),
  find: operation('risk.reports.find', byId),
  get: operation('risk.reports.get', byId),
  list: operation('risk.reports.list', listReports),
  expectFeed: operation('risk.reports.expectFeed', expectFeed, (input) => input.source),
  beat: operation('risk.reports.beat', beatFeed, (input) => input.source),
  listFeeds: operation('risk.reports.listFeeds', z.strictObject({})),
};

export class ReportRepository implements Reports {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  generate(input: GenerateReport, options?: CallOptions): Promise<Report> {
    return this.#context.run(
      operations.generate,
      input,
      options,
      async ({ reportId, kind, from, until, watermark }) => {
        const { outcome } = await this.#context.pg.one(statements.generate, {
          id: reportId,
          kind,
          from,
          until,
          watermark,
          requestHash: requestHash(kind, from, until, watermark),
          at: this.#context.clock.now(),
        });
        if (outcome !== 'ok' && outcome !== 'same')
          throw refusal(outcome, { reportId }, { 'watermark-ahead': 'watermark' });
        return this.#load(reportId);
      },
    );
  }

  find(reportId: string, options?: CallOptions): Promise<Report | undefined> {
    return this.#context.run(operations.find, { reportId }, options, (input) => this.#find(input.reportId));
  }

  get(reportId: string, options?: CallOptions): Promise<Report> {
    return this.#context.run(operations.get, { reportId }, options, (input) => this.#load(input.reportId));
  }

  list(input: ListReports = {}, options?: CallOptions): Listing<Omit<Report, 'body'>> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ kind, cursor, limit }) => {
        let query = db
          .selectFrom('compliance_reports')
          .select(headColumns)
          .orderBy('generated_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (cursor) query = query.where(sql<boolean>`(generated_at, id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('risk.reports.list', 'read', query);
        return toPage(rows.map(toHead), limit, (each) => [each.generatedAt, each.reportId]);
      }),
    );
  }

  expectFeed(input: ExpectFeed, options?: CallOptions): Promise<Feed> {
    return this.#context.run(operations.expectFeed, input, options, async ({ source, maxGap }) => {
      const at = this.#context.clock.now();
      return toFeed(await this.#context.pg.one(statements.expectFeed, { source, maxGapMs: maxGap, at }), at);
    });
  }

  beat(input: BeatFeed, options?: CallOptions): Promise<Feed> {
    return this.#context.run(operations.beat, input, options, async ({ source, at }) => {
      const now = this.#context.clock.now();
      const row = await this.#context.pg.maybe(statements.beat, { source, at: at ?? now });
      if (!row) throw refusal('unknown-feed', { source });
      return toFeed(row, now);
    });
  }

  listFeeds(options?: CallOptions): Promise<Feed[]> {
    return this.#context.run(operations.listFeeds, {}, options, async () => {
      const now = this.#context.clock.now();
      return (await this.#context.pg.many(statements.feeds, {})).map((row) => toFeed(row, now));
    });
  }

  async #find(id: string): Promise<Report | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && { ...toHead(row), body: JSON.parse(row.body) as Report['body'] };
  }

  async #load(reportId: string): Promise<Report> {
    const report = await this.#find(reportId);
    if (!report) throw refusal('unknown-report', { reportId });
    return report;
  }
}

const toHead = (row: Omit<NonNullable<(typeof statements.find)['row']>, 'body'>): Omit<Report, 'body'> => ({
  reportId: row.id,
  kind: row.kind,
  from: row.from_at,
  until: row.until_at,
  watermark: row.watermark,
  sha256: row.sha256,
  generatedAt: row.generated_at,
});

const toFeed = (row: NonNullable<(typeof statements.beat)['row']>, now: Instant): Feed => ({
  source: row.source,
  maxGapMs: row.max_gap_ms,
  lastSeen: row.last_seen,
  overdue: Date.parse(row.last_seen) + row.max_gap_ms < Date.parse(now),
});
