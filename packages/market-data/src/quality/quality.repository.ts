import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  instant,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import type { Tables } from '../schema.ts';
import type { CoverageRepository } from './coverage.repository.ts';
import {
  type Finding,
  type FindingKind,
  type ListFindings,
  type Quality,
  type ReportFinding,
  type SweepQuality,
  listFindings,
  reportFinding,
  sweepQuality,
} from './quality.ts';

const db = queryBuilder<Tables>();

const findings = () =>
  db
    .selectFrom('quality_findings')
    .select(['id', 'symbol', 'kind', 'series', 'evidence', 'found_at'])
    .select([sql<Instant>`lower(during)`.as('from_at'), sql<Instant>`upper(during)`.as('to_at')]);

interface Key {
  symbol: string;
  kind: string;
  series: string;
  from: Instant;
  to: Instant;
}
type Swept = z.output<typeof sweepQuality>;

const statements = {
  report: functionCall(
    'market-data.quality.report',
    'write',
    'report_findings',
    ['ids', 'symbols', 'kinds', 'series', 'froms', 'tos', 'evidence', 'eventIds', 'at', 'context'],
    answers<{ n: number }>(),
  ),
  find: statement('market-data.quality.find', 'read', (p: Key) =>
    findings()
      .where('symbol', '=', p.symbol)
      .where('kind', '=', p.kind as never)
      .where('series', '=', p.series)
      .where(sql<boolean>`during = tstzrange(${p.from}::timestamptz, ${p.to}::timestamptz)`),
  ),
  outliers: statement(
    'market-data.quality.outliers',
    'read',
    (p: Pick<Swept, 'symbol' | 'source' | 'interval' | 'from' | 'to' | 'outlierAbove'>) => ({
      compile: () =>
        sql<{ open_time: Instant; end: Instant; close: string; before: string }>`
          select c.open_time, bucket_end(i, c.open_time) as "end", c.close, c.before
          from intervals as i
          cross join lateral (
            select open_time, close, lag(close) over (order by open_time) as before from candles
            where symbol = ${p.symbol} and interval = i.name and price_type = 'trade' and source = ${p.source}
              and open_time >= ${p.from}::timestamptz and open_time < ${p.to}::timestamptz) as c
          where i.name = ${p.interval} and abs(c.close - c.before) > c.before * ${p.outlierAbove}::numeric
          order by c.open_time limit 1000`.compile(db),
    }),
  ),
  crossed: statement('market-data.quality.crossed', 'read', (p: Pick<Swept, 'symbol' | 'source' | 'from' | 'to'>) =>
    db
      .selectFrom('quote_minutes')
      .select(['minute', 'crossed_count', 'spread_min'])
      .where('symbol', '=', p.symbol)
      .where('source', '=', p.source)
      .where('minute', '>=', p.from)
      .where('minute', '<', p.to)
      .where('crossed_count', '>', 0)
      .orderBy('minute')
      .limit(1000),
  ),
  quiet: statement('market-data.quality.quiet', 'read', (p: { symbol: string; source: string; before: Instant }) =>
    db
      .selectFrom('last_ticks')
      .select('event_at')
      .where('symbol', '=', p.symbol)
      .where('source', '=', p.source)
      .where('event_at', '<', p.before),
  ),
  losses: statement('market-data.quality.losses', 'read', (p: { now: Instant }) => ({
    compile: () =>
      // Since when: since the last that was archived of the symbol, as far as that is known.
      sql<{ symbol: string; series: string; version: number; from_at: Instant; to_at: Instant }>`
        select s.symbol, g.series, g.version, least(t.at, ${p.now}::timestamptz) as from_at,
          greatest(${p.now}::timestamptz, t.at) + interval '1 microsecond' as to_at
        from archive_gaps as g
        cross join lateral (select split_part(g.series, '/', 1) as kind, split_part(g.series, '/', 2) as symbol) as s
        join instruments as i on i.symbol = s.symbol
        left join lateral (
          select max(event_at) as at from (
            select event_at from last_ticks as l where s.kind = 'ticks' and l.symbol = s.symbol
            union all
            select event_at from quote_states as q where s.kind = 'quotes' and q.symbol = s.symbol) as a) as t on true
        where not exists (
          select from quality_findings as f
          where f.symbol = s.symbol and f.kind = 'lost' and f.series = g.series and f.evidence ->> 'archive' = g.version::text)
        order by g.series, g.version`.compile(db),
  })),
};

const operations = {
  report: operation('market-data.quality.report', reportFinding, ({ symbol }) => symbol),
  list: operation('market-data.quality.list', listFindings),
  sweep: operation('market-data.quality.sweep', sweepQuality, ({ symbol }) => symbol),
};

type NewFinding = z.output<typeof reportFinding>;

export class QualityRepository implements Quality {
  readonly #context: AdapterContext;
  readonly #instruments: InstrumentRepository;
  readonly #coverage: CoverageRepository;

  constructor(context: AdapterContext, instruments: InstrumentRepository, coverage: CoverageRepository) {
    this.#context = context;
    this.#instruments = instruments;
    this.#coverage = coverage;
  }

  report(input: ReportFinding, options?: CallOptions): Promise<Finding> {
    return this.#context.run(operations.report, input, options, async (given) => {
      await this.#instruments.scalesOf(given.symbol);
      const [added] = await this.#write([given]);
      return added ?? toFinding(await this.#context.pg.one(statements.find, given));
    });
  }

  list(input: ListFindings = {}, options?: CallOptions): Listing<Finding> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ symbol, kind, from, to, cursor: after, limit }) => {
        let query = findings()
          .orderBy('found_at')
          .orderBy('id')
          .limit(limit + 1);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (from !== undefined) query = query.where('found_at', '>=', from);
        if (to !== undefined) query = query.where('found_at', '<', to);
        if (after) query = query.where(sql<boolean>`(found_at, id) > (${after[0]}::timestamptz, ${after[1]})`);
        const rows = await this.#context.pg.query('market-data.quality.list', 'read', query);
        return toPage(rows.map(toFinding), limit, (finding) => [finding.foundAt, finding.id]);
      }),
    );
  }

  sweep(input: SweepQuality, options?: CallOptions): Promise<Finding[]> {
    return this.#context.run(operations.sweep, input, options, async (given) => {
      const { symbol, source, interval, from, to, staleAfterMs } = given;
      await this.#instruments.scalesOf(symbol);
      const { pg, clock } = this.#context;
      const found: NewFinding[] = [];
      const add = (kind: FindingKind, series: string, span: { from: Instant; to: Instant }, evidence = {}) =>
        found.push({ symbol, kind, series, from: span.from, to: span.to, evidence });
      const candles = `candles/${interval}/${source}`;
      for (const span of await this.#coverage.missing({ symbol, kind: 'candles', source, interval, from, to }))
        add('gap', candles, span);
      for (const row of await pg.many(statements.outliers, given))
        add('outlier', candles, { from: row.open_time, to: row.end }, { close: row.close, before: row.before });
      for (const row of await pg.many(statements.crossed, given))
        add(
          'negative-spread',
          `quotes/${source}`,
          { from: row.minute, to: instant.plusMillis(row.minute, 60_000) },
          { quotes: row.crossed_count, spread: row.spread_min },
        );
      const before = instant.plusMillis(clock.now(), -staleAfterMs);
      const quiet = await pg.maybe(statements.quiet, { symbol, source, before });
      if (quiet)
        add('stale', `ticks/${source}`, {
          from: quiet.event_at,
          to: instant.plusMillis(quiet.event_at, staleAfterMs),
        });
      return this.#write(found);
    });
  }

  /** For the archiver: what a lost Redis took with it is told, each loss once. */
  async reportLosses(): Promise<number> {
    const rows = await this.#context.pg.many(statements.losses, { now: this.#context.clock.now() });
    const lost = rows.map(({ symbol, series, version, from_at, to_at }) => ({
      symbol,
      kind: 'lost' as const,
      series,
      from: from_at,
      to: to_at,
      evidence: { archive: String(version) },
    }));
    return (await this.#write(lost)).length;
  }

  /** Those that are new. */
  async #write(found: readonly NewFinding[]): Promise<Finding[]> {
    if (found.length === 0) return [];
    const { ids, pg, clock } = this.#context;
    const foundAt = clock.now();
    const all = found.map((finding) => ({ id: ids.next(), ...finding, foundAt }));
    const rows = await pg.many(statements.report, {
      ids: arrayLiteral(all.map(({ id }) => id)),
      symbols: arrayLiteral(all.map(({ symbol }) => symbol)),
      kinds: arrayLiteral(all.map(({ kind }) => kind)),
      series: arrayLiteral(all.map(({ series }) => series)),
      froms: arrayLiteral(all.map(({ from }) => from)),
      tos: arrayLiteral(all.map(({ to }) => to)),
      evidence: arrayLiteral(all.map(({ evidence }) => JSON.stringify(evidence))),
      eventIds: arrayLiteral(all.map(() => ids.next())),
      at: foundAt,
      context: contextLiteral(),
    });
    return rows.map(({ n }) => all[n - 1]!);
  }
}

const toFinding = (row: NonNullable<(typeof statements.find)['row']>): Finding => ({
  id: row.id,
  symbol: row.symbol,
  kind: row.kind,
  series: row.series,
  from: row.from_at,
  to: row.to_at,
  evidence: row.evidence as Finding['evidence'],
  foundAt: row.found_at,
});
