import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Copy,
  type CopyStore,
  type Listing,
  type Member,
  type Projection,
  answers,
  arrayLiteral,
  functionCall,
  listing,
  operation,
  queryBuilder,
  statement,
  symbolInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type HistoryPoint,
  type ListHistory,
  type ListMarks,
  type Mark,
  type Marks,
  type RecordCloses,
  type RecordMark,
  listHistory,
  listMarks,
  recordCloses,
  recordMark,
} from './marks.ts';

const db = queryBuilder<Tables>();

/** What the history keeps of prices that come one by one. */
const PERIOD_MS = 60_000;

const columns = [
  'symbol',
  'kind',
  'price',
  'source',
  'seq as sequence',
  'event_at as at',
  'received_at as receivedAt',
  'version',
] as const;

const statements = {
  record: functionCall(
    'risk.marks.record',
    'write',
    'record_marks',
    ['symbols', 'kinds', 'prices', 'sources', 'sequences', 'eventAts', 'ats', 'periodMs'],
    answers<{ outcome: 'ok' | 'same' | 'stale-sequence'; version: number }>(),
  ),
  find: statement('risk.marks.find', 'read', (p: { symbol: string }) =>
    db.selectFrom('marks').select(columns).where('symbol', '=', p.symbol).orderBy('kind'),
  ),
  recordCloses: statement(
    'risk.marks.recordCloses',
    'write',
    (p: { symbol: string; periodMs: number; source: string; ats: string; prices: string }) =>
      db
        .insertInto('mark_history')
        .columns(['symbol', 'period_ms', 'starts_at', 'price', 'source', 'event_at'])
        .expression((e) =>
          e
            .selectFrom(
              sql<{ at: string; price: string }>`unnest(${p.ats}::timestamptz[], ${p.prices}::numeric[])`.as<'c'>(
                sql`c (at, price)`,
              ),
            )
            .select([
              sql`${p.symbol}`.as('symbol'),
              sql`${p.periodMs}::bigint`.as('period_ms'),
              sql`c.at`.as('at'),
              sql`c.price`.as('price'),
              sql`${p.source}`.as('source'),
              sql`c.at`.as('event_at'),
            ])
            .distinctOn(sql`c.at`),
        )
        .onConflict((c) =>
          c.columns(['symbol', 'period_ms', 'starts_at']).doUpdateSet({
            price: sql`excluded.price`,
            source: sql`excluded.source`,
            event_at: sql`excluded.event_at`,
          }),
        ),
  ),
};

const operations = {
  record: operation('risk.marks.record', recordMark, (input) => input.symbol),
  recordCloses: operation('risk.marks.recordCloses', recordCloses, (input) => input.symbol),
  find: operation('risk.marks.find', z.strictObject({ symbol: symbolInput })),
  list: operation('risk.marks.list', listMarks),
  listHistory: operation('risk.marks.listHistory', listHistory),
};

type ParsedMark = z.output<typeof recordMark>;

export class MarkRepository implements Marks {
  readonly #context: AdapterContext;
  readonly #copies: CopyStore<Mark>;
  readonly projection: Projection;
  readonly #onChange: () => void;
  readonly #recording: Batcher<ParsedMark, Mark>;

  constructor(context: AdapterContext, copies: CopyStore<Mark>, onChange: () => void) {
    this.#context = context;
    this.#copies = copies;
    this.#onChange = onChange;
    this.projection = copies.projection('marks', (symbol) => this.#copied(symbol));
    this.#recording = new Batcher(
      { name: 'marks.record', batch: (members) => this.#record(members) },
      context.telemetry,
    );
  }

  record(input: RecordMark, options?: CallOptions): Promise<Mark> {
    return this.#context.run(operations.record, input, options, (mark) => this.#recording.submit(mark));
  }

  recordCloses(input: RecordCloses, options?: CallOptions): Promise<number> {
    return this.#context.run(operations.recordCloses, input, options, async ({ symbol, period, source, closes }) => {
      await this.#context.pg.run(statements.recordCloses, {
        symbol,
        periodMs: period,
        source,
        ats: arrayLiteral(closes.map(({ at }) => at)),
        prices: arrayLiteral(closes.map(({ price }) => price)),
      });
      return closes.length;
    });
  }

  find(symbol: string, options?: CallOptions): Promise<Mark[]> {
    return this.#context.run(operations.find, { symbol }, options, async (input, { fresh }) => {
      const marks = await this.#copies.read(input.symbol, fresh, () => this.#copied(input.symbol));
      return marks.sort((a, b) => (a.kind < b.kind ? -1 : 1));
    });
  }

  list(input: ListMarks = {}, options?: CallOptions): Listing<Mark> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ symbol, cursor, limit }) => {
        let query = db
          .selectFrom('marks')
          .select(columns)
          .orderBy('symbol')
          .orderBy('kind')
          .limit(limit + 1);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (cursor) query = query.where(sql<boolean>`(symbol, kind) > (${cursor[0]}, ${cursor[1]})`);
        const rows = await this.#context.pg.query('risk.marks.list', 'read', query);
        return toPage(rows, limit, (mark) => [mark.symbol, mark.kind]);
      }),
    );
  }

  listHistory(input: ListHistory, options?: CallOptions): Listing<HistoryPoint> {
    return listing(input, (page) =>
      this.#context.run(
        operations.listHistory,
        page,
        options,
        async ({ symbol, period, from, until, cursor, limit }) => {
          let query = db
            .selectFrom('mark_history')
            .select(['starts_at as startsAt', 'price'])
            .where('symbol', '=', symbol)
            .where('period_ms', '=', period)
            .orderBy('starts_at')
            .limit(limit + 1);
          if (from !== undefined) query = query.where('starts_at', '>=', from);
          if (until !== undefined) query = query.where('starts_at', '<', until);
          if (cursor) query = query.where('starts_at', '>', cursor[0]);
          const rows = await this.#context.pg.query('risk.marks.listHistory', 'read', query);
          return toPage(rows, limit, (point) => [point.startsAt]);
        },
      ),
    );
  }

  async #record(members: readonly Member<ParsedMark>[]): Promise<Mark[]> {
    const receivedAt = this.#context.clock.now();
    const of = (value: (mark: ParsedMark) => string | number) => arrayLiteral(members.map(({ input }) => value(input)));
    const rows = await this.#context.pg.many(statements.record, {
      symbols: of(({ symbol }) => symbol),
      kinds: of(({ kind }) => kind),
      prices: of(({ price }) => price),
      sources: of(({ source }) => source),
      sequences: of(({ sequence }) => sequence),
      eventAts: of(({ at }) => at),
      ats: of(() => receivedAt),
      periodMs: PERIOD_MS,
    });
    const marks: Mark[] = [];
    for (const [i, { outcome, version }] of rows.entries()) {
      const { input } = members[i]!;
      if (outcome === 'ok') marks.push({ ...input, receivedAt, version });
      else {
        const standing = await this.#context.pg.many(statements.find, { symbol: input.symbol });
        marks.push(standing.find(({ kind }) => kind === input.kind)!);
      }
    }
    this.#copies.refresh(marks.map(copyOf));
    if (rows.some(({ outcome }) => outcome === 'ok')) this.#onChange();
    return marks;
  }

  async #copied(symbol: string): Promise<Copy<Mark>[]> {
    return (await this.#context.pg.many(statements.find, { symbol })).map(copyOf);
  }
}

const copyOf = (mark: Mark): Copy<Mark> => ({ id: mark.symbol, field: mark.kind, version: mark.version, value: mark });
