import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  Loader,
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
import { marketBounds } from './market-bounds.ts';
import {
  type Asset,
  type ChangeMarket,
  type DefineFees,
  type FeeSchedule,
  type ListMarkets,
  type Market,
  type MarketRefusal,
  type Markets,
  type OpenMarket,
  type RegisterAsset,
  changeMarket,
  defineFees,
  listMarkets,
  openMarket,
  registerAsset,
} from './markets.ts';

const db = queryBuilder<Tables>();

const current = () =>
  db
    .selectFrom('markets as m')
    .innerJoin('market_states as s', 's.symbol', 'm.symbol')
    .select([
      'm.symbol',
      'm.base',
      'm.quote',
      'm.tick_size',
      'm.lot_size',
      'm.min_notional',
      'm.max_price',
      'm.max_qty',
      'm.fee_account_id',
    ])
    .select(['s.fee_version', 's.status', 's.last_seq', 's.last_trade_seq', 's.last_price', 's.version']);

type Outcome = MarketRefusal | 'ok' | 'same';
const outcome = answers<{ outcome: Outcome }>();

const statements = {
  registerAsset: functionCall(
    'exchange.markets.registerAsset',
    'write',
    'define_asset',
    ['asset', 'scale', 'name'],
    outcome,
  ),
  listAssets: statement('exchange.markets.listAssets', 'read', () =>
    db.selectFrom('assets').select(['code', 'scale', 'name']).orderBy('code'),
  ),
  defineFees: functionCall(
    'exchange.markets.defineFees',
    'write',
    'define_fee_schedule',
    ['version', 'tiers', 'makers', 'takers'],
    outcome,
  ),
  listFees: statement('exchange.markets.listFees', 'read', () =>
    db.selectFrom('fee_schedules').select(['version', 'tier', 'maker', 'taker']).orderBy('version').orderBy('tier'),
  ),
  open: functionCall(
    'exchange.markets.open',
    'write',
    'define_market',
    [
      'symbol',
      'base',
      'quote',
      'tickSize',
      'lotSize',
      'minNotional',
      'maxPrice',
      'maxQuantity',
      'feeVersion',
      'feeAccountId',
      'status',
      'requestHash',
      'at',
      'context',
    ],
    outcome,
  ),
  change: functionCall(
    'exchange.markets.change',
    'write',
    'change_market',
    ['symbol', 'version', 'status', 'feeVersion', 'reason', 'at', 'context'],
    outcome,
  ),
  find: statement('exchange.markets.find', 'read', (p: { symbol: string }) =>
    current().where('m.symbol', '=', p.symbol),
  ),
  findMany: statement('exchange.markets.findMany', 'read', (p: { symbols: string }) =>
    current().where(sql<boolean>`m.symbol = any (${p.symbols}::text[])`),
  ),
};

const bySymbol = z.strictObject({ symbol: symbolInput });
const nothing = z.strictObject({});
const operations = {
  registerAsset: operation('exchange.markets.registerAsset', registerAsset, (input) => input.asset),
  listAssets: operation('exchange.markets.listAssets', nothing),
  defineFees: operation('exchange.markets.defineFees', defineFees, (input) => String(input.version)),
  listFees: operation('exchange.markets.listFees', nothing),
  open: operation('exchange.markets.open', openMarket, (input) => input.symbol),
  change: operation('exchange.markets.change', changeMarket, (input) => input.symbol),
  find: operation('exchange.markets.find', bySymbol),
  get: operation('exchange.markets.get', bySymbol),
  list: operation('exchange.markets.list', listMarkets),
};

export class MarketRepository implements Markets {
  readonly #context: AdapterContext;
  readonly #loader: Loader<MarketRow>;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#loader = new Loader({
      one: (symbol) => context.pg.maybe(statements.find, { symbol }),
      many: (symbols) => context.pg.many(statements.findMany, { symbols: arrayLiteral(symbols) }),
      keyOf: (row) => row.symbol,
    });
  }

  registerAsset(input: RegisterAsset, options?: CallOptions): Promise<Asset> {
    return this.#context.run(operations.registerAsset, input, options, async ({ asset, scale, name }) => {
      accept(await this.#context.pg.one(statements.registerAsset, { asset, scale, name }), { asset });
      return toAsset({ code: asset, scale, name: name ?? null });
    });
  }

  listAssets(options?: CallOptions): Promise<Asset[]> {
    return this.#context.run(operations.listAssets, {}, options, async () =>
      (await this.#context.pg.many(statements.listAssets, undefined)).map(toAsset),
    );
  }

  defineFees(input: DefineFees, options?: CallOptions): Promise<FeeSchedule> {
    return this.#context.run(operations.defineFees, input, options, async ({ version, tiers }) => {
      const answer = await this.#context.pg.one(statements.defineFees, {
        version,
        tiers: arrayLiteral(tiers.map(({ tier }) => tier)),
        makers: arrayLiteral(tiers.map(({ maker }) => maker)),
        takers: arrayLiteral(tiers.map(({ taker }) => taker)),
      });
      accept(answer, { version });
      return { version, tiers };
    });
  }

  listFees(options?: CallOptions): Promise<FeeSchedule[]> {
    return this.#context.run(operations.listFees, {}, options, async () => {
      const rows = await this.#context.pg.many(statements.listFees, undefined);
      const tiers = Map.groupBy(rows, ({ version }) => version);
      return [...tiers].map(([version, rates]) => ({
        version,
        tiers: rates.map(({ tier, maker, taker }) => ({ tier, maker, taker })),
      }));
    });
  }

  open(input: OpenMarket, options?: CallOptions): Promise<Market> {
    return this.#context.run(operations.open, input, options, async (market) => {
      const [base, quote] = market.symbol.split('-') as [string, string];
      const { symbol, tickSize, lotSize, minNotional, feeVersion, feeAccountId, status } = market;
      const bounds = marketBounds(market);
      const answer = await this.#context.pg.one(statements.open, {
        ...market,
        ...bounds,
        base,
        quote,
        requestHash: requestHash(
          tickSize,
          lotSize,
          minNotional,
          bounds.maxPrice,
          bounds.maxQuantity,
          feeVersion,
          feeAccountId,
          status,
        ),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      accept(answer, { symbol });
      return this.#load(symbol);
    });
  }

  change(input: ChangeMarket, options?: CallOptions): Promise<Market> {
    return this.#context.run(operations.change, input, options, async (change) => {
      const { symbol, version, status, feeVersion, reason } = change;
      const stamp = { at: this.#context.clock.now(), context: contextLiteral() };
      accept(await this.#context.pg.one(statements.change, { symbol, version, status, feeVersion, reason, ...stamp }), {
        symbol,
      });
      return this.#load(symbol);
    });
  }

  find(symbol: string, options?: CallOptions): Promise<Market | undefined> {
    return this.#context.run(operations.find, { symbol }, options, async (input) => {
      const row = await this.#loader.load(input.symbol);
      return row && toMarket(row);
    });
  }

  get(symbol: string, options?: CallOptions): Promise<Market> {
    return this.#context.run(operations.get, { symbol }, options, (input) => this.#load(input.symbol));
  }

  list(input: ListMarkets = {}, options?: CallOptions): Listing<Market> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = current()
          .orderBy('m.symbol')
          .limit(given.limit + 1);
        if (given.base !== undefined) query = query.where('m.base', '=', given.base);
        if (given.quote !== undefined) query = query.where('m.quote', '=', given.quote);
        if (given.status !== undefined) query = query.where('s.status', '=', given.status);
        if (given.cursor) query = query.where('m.symbol', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('exchange.markets.list', 'read', query);
        return toPage(rows.map(toMarket), given.limit, (market) => [market.symbol]);
      }),
    );
  }

  async #load(symbol: string): Promise<Market> {
    const row = await this.#loader.load(symbol);
    if (!row) throw refusal('unknown-market', { symbol });
    return toMarket(row);
  }
}

type MarketRow = NonNullable<(typeof statements.find)['row']>;

function accept({ outcome }: { outcome: Outcome }, details: Record<string, string | number>): void {
  if (outcome !== 'ok' && outcome !== 'same')
    throw refusal(outcome, details, { 'too-many-digits': 'tickSize', 'out-of-range': 'maxPrice' });
}

const toAsset = (row: { code: string; scale: number; name: string | null }): Asset => ({
  asset: row.code,
  scale: row.scale,
  ...(row.name !== null && { name: row.name }),
});

const toMarket = (row: MarketRow): Market => ({
  symbol: row.symbol,
  base: row.base,
  quote: row.quote,
  tickSize: row.tick_size,
  lotSize: row.lot_size,
  minNotional: row.min_notional,
  maxPrice: row.max_price,
  maxQuantity: row.max_qty,
  feeVersion: row.fee_version,
  feeAccountId: row.fee_account_id,
  status: row.status,
  lastSequence: row.last_seq,
  lastTradeSequence: row.last_trade_seq,
  ...(row.last_price !== null && { lastPrice: row.last_price }),
  version: row.version,
});
