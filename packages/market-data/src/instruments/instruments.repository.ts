import {
  type AdapterContext,
  Cache,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  symbolInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { instrumentStatuses } from './instrument-states.ts';
import {
  type ChangeInstrumentStatus,
  type Instrument,
  type InstrumentRefusal,
  type InstrumentStatusChange,
  type Instruments,
  type ListInstruments,
  type RegisterInstrument,
  changeInstrumentStatus,
  listInstruments,
  registerInstrument,
} from './instruments.ts';

const db = queryBuilder<Tables>();

const columns = [
  'symbol',
  'base',
  'quote',
  'tick_size',
  'step_size',
  'price_scale',
  'qty_scale',
  'min_notional',
  'name',
  'status',
  'version',
  'registered_at',
] as const;

type Outcome = InstrumentRefusal | 'ok' | 'same';

const statements = {
  register: functionCall(
    'market-data.instruments.register',
    'write',
    'register_instrument',
    [
      'symbol',
      'base',
      'quote',
      'tickSize',
      'stepSize',
      'minNotional',
      'name',
      'status',
      'requestHash',
      'eventId',
      'at',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  changeStatus: functionCall(
    'market-data.instruments.changeStatus',
    'write',
    'change_instrument_status',
    ['symbol', 'version', 'status', 'reason', 'eventId', 'at', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  findMany: statement('market-data.instruments.findMany', 'read', (p: { symbols: string }) =>
    db
      .selectFrom('instruments')
      .select(columns)
      .where(sql<boolean>`symbol = any (${p.symbols}::text[])`),
  ),
  symbols: statement('market-data.instruments.symbols', 'read', () =>
    db.selectFrom('instruments').select('symbol').orderBy('symbol'),
  ),
  listStatusChanges: statement('market-data.instruments.listStatusChanges', 'read', (p: { symbol: string }) =>
    db
      .selectFrom('instrument_status_changes')
      .select(['symbol', 'version', 'prev_status', 'status', 'reason', 'actor', 'occurred_at'])
      .where('symbol', '=', p.symbol)
      .orderBy('version'),
  ),
};

const bySymbol = z.strictObject({ symbol: symbolInput });
const operations = {
  register: operation('market-data.instruments.register', registerInstrument, (input) => input.symbol),
  changeStatus: operation('market-data.instruments.changeStatus', changeInstrumentStatus, (input) => input.symbol),
  find: operation('market-data.instruments.find', bySymbol),
  get: operation('market-data.instruments.get', bySymbol),
  list: operation('market-data.instruments.list', listInstruments),
  listStatusChanges: operation('market-data.instruments.listStatusChanges', bySymbol),
};

const text = z.string();
const stored = z.object({
  symbol: text,
  base: text,
  quote: text,
  tickSize: z.custom<Decimal>((value) => typeof value === 'string'),
  stepSize: z.custom<Decimal>((value) => typeof value === 'string'),
  priceScale: z.int(),
  quantityScale: z.int(),
  minNotional: z.custom<Decimal>((value) => typeof value === 'string'),
  name: text.optional(),
  status: z.enum(instrumentStatuses),
  version: z.int(),
  registeredAt: z.custom<Instant>((value) => typeof value === 'string'),
}) as unknown as z.ZodType<Instrument>;

const TTL_MS = 60_000;

/** How exactly an instrument is told: never changes once it is registered. */
export interface InstrumentScales {
  readonly priceScale: number;
  readonly quantityScale: number;
}

export class InstrumentRepository implements Instruments {
  readonly #context: AdapterContext;
  readonly #cache: Cache<Instrument>;
  /** For bulk writes, which ask for each batch. */
  readonly #scales = new Map<string, InstrumentScales>();

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#cache = new Cache<Instrument>(context, {
      name: 'instrument',
      schema: stored,
      ttlMs: TTL_MS,
      absentTtlMs: 1000,
      load: async (symbols) =>
        (await context.pg.many(statements.findMany, { symbols: arrayLiteral(symbols) })).map(toInstrument),
      keyOf: ({ symbol }) => symbol,
      versionOf: ({ version }) => version,
    });
  }

  register(input: RegisterInstrument, options?: CallOptions): Promise<Instrument> {
    return this.#context.run(operations.register, input, options, async (terms) => {
      const { symbol, tickSize, stepSize, minNotional, name, status } = terms;
      const [base, quote] = symbol.split('-') as [string, string];
      const { outcome } = await this.#context.pg.one(statements.register, {
        ...terms,
        name,
        base,
        quote,
        requestHash: requestHash(tickSize, stepSize, minNotional, name, status),
        eventId: this.#context.ids.next(),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      accept(outcome, symbol);
      return this.#changed(symbol);
    });
  }

  changeStatus(input: ChangeInstrumentStatus, options?: CallOptions): Promise<Instrument> {
    return this.#context.run(operations.changeStatus, input, options, async (change) => {
      const { symbol, version, status, reason } = change;
      const { outcome } = await this.#context.pg.one(statements.changeStatus, {
        symbol,
        version,
        status,
        reason,
        eventId: this.#context.ids.next(),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      accept(outcome, symbol);
      return this.#changed(symbol);
    });
  }

  find(symbol: string, options?: CallOptions): Promise<Instrument | undefined> {
    return this.#context.run(operations.find, { symbol }, options, (input) => this.#cache.get(input.symbol));
  }

  get(symbol: string, options?: CallOptions): Promise<Instrument> {
    return this.#context.run(operations.get, { symbol }, options, async (input) => {
      const found = await this.#cache.get(input.symbol);
      if (!found) throw refusal('unknown-instrument', { symbol: input.symbol });
      return found;
    });
  }

  list(input: ListInstruments = {}, options?: CallOptions): Listing<Instrument> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('instruments')
          .select(columns)
          .orderBy('symbol')
          .limit(given.limit + 1);
        if (given.base !== undefined) query = query.where('base', '=', given.base);
        if (given.quote !== undefined) query = query.where('quote', '=', given.quote);
        if (given.status !== undefined) query = query.where('status', '=', given.status);
        if (given.cursor) query = query.where('symbol', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('market-data.instruments.list', 'read', query);
        return toPage(rows.map(toInstrument), given.limit, ({ symbol }) => [symbol]);
      }),
    );
  }

  listStatusChanges(symbol: string, options?: CallOptions): Promise<InstrumentStatusChange[]> {
    return this.#context.run(operations.listStatusChanges, { symbol }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listStatusChanges, { symbol: input.symbol });
      return rows.map((row) => ({
        symbol: row.symbol,
        version: row.version,
        ...(row.prev_status !== null && { previousStatus: row.prev_status }),
        status: row.status,
        ...(row.reason !== null && { reason: row.reason }),
        ...(row.actor !== null && { actor: row.actor }),
        occurredAt: row.occurred_at,
      }));
    });
  }

  /** What bulk writes of a symbol are checked against; an unknown symbol is refused. */
  async scalesOf(symbol: string): Promise<InstrumentScales> {
    const known = this.#scales.get(symbol);
    if (known) return known;
    const [row] = await this.#context.pg.many(statements.findMany, { symbols: arrayLiteral([symbol]) });
    if (!row) throw refusal<InstrumentRefusal>('unknown-instrument', { symbol });
    const scales = { priceScale: row.price_scale, quantityScale: row.qty_scale };
    this.#scales.set(symbol, scales);
    return scales;
  }

  /** Of all instruments. */
  async symbols(): Promise<string[]> {
    return (await this.#context.pg.many(statements.symbols, undefined)).map(({ symbol }) => symbol);
  }

  async #changed(symbol: string): Promise<Instrument> {
    const [row] = await this.#context.pg.many(statements.findMany, { symbols: arrayLiteral([symbol]) });
    const instrument = toInstrument(row!);
    await this.#cache.refresh(instrument);
    return instrument;
  }
}

type InstrumentRow = NonNullable<(typeof statements.findMany)['row']>;

function accept(outcome: Outcome, symbol: string): void {
  if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { symbol }, { 'too-many-digits': 'tickSize' });
}

const toInstrument = (row: InstrumentRow): Instrument => ({
  symbol: row.symbol,
  base: row.base,
  quote: row.quote,
  tickSize: row.tick_size,
  stepSize: row.step_size,
  priceScale: row.price_scale,
  quantityScale: row.qty_scale,
  minNotional: row.min_notional,
  ...(row.name !== null && { name: row.name }),
  status: row.status,
  version: row.version,
  registeredAt: row.registered_at,
});
