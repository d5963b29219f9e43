import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  decimal,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { RecentStore } from '../copies/recent.store.ts';
import type { Tables } from '../schema.ts';
import {
  type EquityPoint,
  type GetPnl,
  type ListEquity,
  type MarkToMarket,
  type MoveFunds,
  type Pnl,
  type ProfitAndLoss,
  type Valued,
  getPnl,
  listEquity,
  markToMarket,
  moveFunds,
} from './pnl.ts';
import type { Reporting } from './reporting.ts';

const db = queryBuilder<Tables>();

const statements = {
  move: functionCall(
    'risk.pnl.moveFunds',
    'write',
    'move_funds',
    ['id', 'account', 'kind', 'asset', 'amount', 'requestHash', 'at', 'context'],
    answers<{ outcome: 'ok' | 'same' | 'id-conflict' }>(),
  ),
  value: functionCall(
    'risk.pnl.markToMarket',
    'write',
    'mark_to_market',
    ['accounts', 'currency', 'timeZone', 'maxAgeMs', 'at'],
    answers<{ scopes: number; positions: number; unpriced: number }>(),
  ),
  get: statement('risk.pnl.get', 'read', (p: { scope: string }) =>
    db
      .selectFrom('valuations as v')
      .leftJoin('pnl_baselines as b', (join) =>
        join.onRef('b.scope', '=', 'v.scope').onRef('b.trading_day', '=', 'v.trading_day'),
      )
      .leftJoin('high_waters as h', 'h.scope', 'v.scope')
      .select(['v.currency', 'v.equity', 'v.flows', 'v.realized', 'v.unrealized', 'v.fees', 'v.funding', 'v.unpriced'])
      .select(['v.as_of', 'v.trading_day'])
      .select(sql<Decimal | null>`b.equity - b.flows`.as('day_start'))
      .select(sql<Decimal | null>`h.value + v.flows - h.flows`.as('high_water'))
      .where('v.scope', '=', p.scope),
  ),
  limited: statement('risk.pnl.limited', 'read', () =>
    db
      .selectFrom('current_limits')
      .select('scope')
      .distinct()
      .where('enabled', '=', true)
      .where('metric', 'in', ['leverage', 'daily-loss', 'drawdown']),
  ),
};

const operations = {
  moveFunds: operation('risk.pnl.moveFunds', moveFunds, (input) => input.movementId),
  markToMarket: operation('risk.pnl.markToMarket', markToMarket),
  get: operation('risk.pnl.get', getPnl),
  listEquity: operation('risk.pnl.listEquity', listEquity),
};

export class PnlRepository implements ProfitAndLoss {
  readonly #context: AdapterContext;
  readonly #recent: RecentStore<Pnl>;
  readonly #reporting: Reporting;

  constructor(context: AdapterContext, recent: RecentStore<Pnl>, reporting: Reporting) {
    this.#context = context;
    this.#recent = recent;
    this.#reporting = reporting;
  }

  moveFunds(input: MoveFunds, options?: CallOptions): Promise<void> {
    return this.#context.run(
      operations.moveFunds,
      input,
      options,
      async ({ movementId, account, kind, asset, amount, at }) => {
        const { outcome } = await this.#context.pg.one(statements.move, {
          id: movementId,
          account,
          kind,
          asset,
          amount,
          requestHash: requestHash(account, kind, asset, amount, at),
          at,
          context: contextLiteral(),
        });
        if (outcome === 'id-conflict') throw refusal(outcome, { movementId });
      },
    );
  }

  markToMarket(input: MarkToMarket = {}, options?: CallOptions): Promise<Valued> {
    return this.#context.run(operations.markToMarket, input, options, ({ accounts }) => this.#value(accounts));
  }

  get(input: GetPnl = {}, options?: CallOptions): Promise<Pnl> {
    return this.#context.run(operations.get, input, options, ({ account }, { fresh }) =>
      this.#recent.get(scopeOf(account), fresh, () => this.#load(account)),
    );
  }

  listEquity(input: ListEquity = {}, options?: CallOptions): Listing<EquityPoint> {
    return listing(input, (page) =>
      this.#context.run(operations.listEquity, page, options, async ({ account, from, until, cursor, limit }) => {
        let query = db
          .selectFrom('equity_points')
          .select(['at', 'equity', 'flows', 'drawdown'])
          .where('scope', '=', scopeOf(account))
          .orderBy('at')
          .limit(limit + 1);
        if (from !== undefined) query = query.where('at', '>=', from);
        if (until !== undefined) query = query.where('at', '<', until);
        if (cursor) query = query.where('at', '>', cursor[0]);
        const rows = (await this.#context.pg.query('risk.pnl.listEquity', 'read', query)) as EquityPoint[];
        return toPage(rows, limit, (point) => [point.at]);
      }),
    );
  }

  /** Values what limits rest on; everything where `all`, or where the firm itself is limited. For the worker. */
  async revalue(all: boolean): Promise<void> {
    if (all) return void (await this.#value());
    const scopes = (await this.#context.pg.many(statements.limited, {})).map(({ scope }) => scope);
    if (scopes.length > 0)
      await this.#value(scopes.includes('firm') ? undefined : scopes.map((scope) => scope.slice('account:'.length)));
  }

  async #value(accounts?: readonly string[]): Promise<Valued> {
    const at = this.#context.clock.now();
    const { currency, timeZone, maxPriceAge } = this.#reporting;
    const valued = await this.#context.pg.one(statements.value, {
      accounts: accounts && arrayLiteral(accounts),
      currency,
      timeZone,
      maxAgeMs: maxPriceAge,
      at,
    });
    return { ...valued, at };
  }

  async #load(account: string | undefined): Promise<Pnl> {
    const row = await this.#context.pg.maybe(statements.get, { scope: scopeOf(account) });
    if (!row) throw refusal('unknown-valuation', { account });
    const [equity, flows, realized, unrealized, paid, funding] = [
      row.equity,
      row.flows,
      row.realized,
      row.unrealized,
      row.fees,
      row.funding,
    ].map((value) => decimal.of(value)) as [Decimal, Decimal, Decimal, Decimal, Decimal, Decimal];
    const fees = decimal.negate(paid);
    const total = decimal.minus(equity, flows);
    return {
      ...(account !== undefined && { account }),
      currency: row.currency,
      equity,
      flows,
      realized,
      unrealized,
      fees,
      funding,
      fx: decimal.minus(total, decimal.sum([realized, unrealized, fees, funding])),
      total,
      ...(row.day_start !== null && {
        day: { tradingDay: row.trading_day, result: decimal.minus(total, row.day_start) },
      }),
      ...(row.high_water !== null && { highWater: row.high_water, drawdown: drawdownOf(equity, row.high_water) }),
      unpriced: row.unpriced,
      asOf: row.as_of,
    };
  }
}

const scopeOf = (account: string | undefined): string => (account === undefined ? 'firm' : `account:${account}`);

/** How far the equity is below its highest, as a part of that; 0 where there never was any. */
function drawdownOf(equity: Decimal, highWater: Decimal): number {
  const high = Number(highWater);
  return high > 0 ? Math.max(0, (high - Number(equity)) / high) : 0;
}
