import { type AdapterContext, type CallOptions, operation, queryBuilder, statement, symbolInput } from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import type { Tables } from '../schema.ts';
import {
  type Coverage,
  type CoveragePort,
  type GetCoverage,
  type MarkCovered,
  type MissingCoverage,
  type TimeRange,
  getCoverage,
  markCovered,
  missingCoverage,
} from './coverage.ts';

const db = queryBuilder<Tables>();

interface Key {
  symbol: string;
  kind: string;
  source: string;
  interval: string;
  priceType: string;
}
/** Ranges as rows of arrays, so that one statement answers many. */
const ranges = (of: ReturnType<typeof sql>) => sql<TimeRange[]>`
  (select coalesce(json_agg(json_build_object('from', instant_text(lower(r)), 'to', instant_text(upper(r))) order by r), '[]')
   from unnest(${of}) as r)`;

const statements = {
  find: statement('market-data.coverage.find', 'read', (p: Key) =>
    db
      .selectFrom('coverage')
      .select(['symbol', 'kind', 'source', 'interval', 'price_type', 'updated_at'])
      .select(ranges(sql`covered`).as('ranges'))
      .where('symbol', '=', p.symbol)
      .where('kind', '=', p.kind as never)
      .where('source', '=', p.source)
      .where('interval', '=', p.interval)
      .where('price_type', '=', p.priceType),
  ),
  list: statement('market-data.coverage.list', 'read', (p: { symbol: string }) =>
    db
      .selectFrom('coverage')
      .select(['symbol', 'kind', 'source', 'interval', 'price_type', 'updated_at'])
      .select(ranges(sql`covered`).as('ranges'))
      .where('symbol', '=', p.symbol)
      .orderBy('kind')
      .orderBy('source')
      .orderBy('interval')
      .orderBy('price_type'),
  ),
  missing: statement('market-data.coverage.missing', 'read', (p: Key & { from?: string; to?: string }) => ({
    compile: () =>
      sql<{ ranges: TimeRange[] }>`
        with c as (
          select coalesce((select covered from coverage where symbol = ${p.symbol} and kind = ${p.kind} and source = ${p.source}
            and interval = ${p.interval} and price_type = ${p.priceType}), '{}'::tstzmultirange) as covered),
        asked as (
          select covered, case when isempty(covered) and (${p.from}::timestamptz is null or ${p.to}::timestamptz is null) then '{}'::tstzmultirange
            else tstzmultirange(tstzrange(coalesce(${p.from}::timestamptz, lower(covered)), coalesce(${p.to}::timestamptz, upper(covered)))) end as wanted
          from c)
        select ${ranges(sql`wanted - covered`)} as ranges from asked`.compile(db),
  })),
  mark: statement('market-data.coverage.mark', 'write', (p: Key & { covered: string }) => ({
    compile: () =>
      sql`select cover_range(${p.symbol}, ${p.kind}, ${p.source}, ${p.interval}, ${p.priceType}, ${p.covered}::tstzmultirange)`.compile(
        db,
      ),
  })),
};

const operations = {
  find: operation('market-data.coverage.find', getCoverage),
  missing: operation('market-data.coverage.missing', missingCoverage),
  mark: operation('market-data.coverage.mark', markCovered, ({ symbol }) => symbol),
  list: operation('market-data.coverage.list', z.strictObject({ symbol: symbolInput })),
};

export class CoverageRepository implements CoveragePort {
  readonly #context: AdapterContext;
  readonly #instruments: InstrumentRepository;

  constructor(context: AdapterContext, instruments: InstrumentRepository) {
    this.#context = context;
    this.#instruments = instruments;
  }

  find(input: GetCoverage, options?: CallOptions): Promise<Coverage | undefined> {
    return this.#context.run(operations.find, input, options, async (given) => {
      const row = await this.#context.pg.maybe(statements.find, keyOf(given));
      return row && toCoverage(row);
    });
  }

  missing(input: MissingCoverage, options?: CallOptions): Promise<TimeRange[]> {
    return this.#context.run(operations.missing, input, options, async ({ from, to, ...given }) => {
      const span = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const row = await this.#context.pg.one(statements.missing, { ...keyOf(given), ...span });
      return row.ranges;
    });
  }

  mark(input: MarkCovered, options?: CallOptions): Promise<Coverage> {
    return this.#context.run(operations.mark, input, options, async ({ from, to, ...given }) => {
      await this.#instruments.scalesOf(given.symbol);
      const key = keyOf(given);
      await this.#context.pg.run(statements.mark, { ...key, covered: `{[${from},${to})}` });
      return toCoverage(await this.#context.pg.one(statements.find, key));
    });
  }

  list(symbol: string, options?: CallOptions): Promise<Coverage[]> {
    return this.#context.run(operations.list, { symbol }, options, async (input) =>
      (await this.#context.pg.many(statements.list, { symbol: input.symbol })).map(toCoverage),
    );
  }
}

const keyOf = (key: z.output<typeof getCoverage>): Key => ({
  symbol: key.symbol,
  kind: key.kind,
  source: key.source,
  interval: key.interval ?? '',
  priceType: key.kind === 'candles' ? (key.priceType ?? 'trade') : '',
});

const toCoverage = (row: NonNullable<(typeof statements.find)['row']>): Coverage => ({
  symbol: row.symbol,
  kind: row.kind,
  source: row.source,
  ...(row.interval !== '' && { interval: row.interval }),
  ...(row.price_type !== '' && { priceType: row.price_type }),
  covered: row.ranges,
  updatedAt: row.updated_at,
});
