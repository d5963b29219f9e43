import { type Decimal, type Instant, decimal } from '@tse/core';
import type { RiskAdapter } from '@tse/risk';
import type { TradingAdapter } from '@tse/trading';
import type { Point, PositionLine, PositionRow, ResultLine } from './run-page.ts';
import { sampled, take } from './sampled.ts';

const MOST_READ = 20_000;
const MOST_POINTS = 400;
const MOST_OWNERS = 12;
const PAGE = 1000;

const valueOf = ([, value]: Point): number => Number(value);

export interface DeskPart {
  readonly positions: readonly PositionRow[];
  readonly positionLines: readonly PositionLine[];
  readonly results: readonly ResultLine[];
}

/** Positions and profit and loss of the accounts that strategies trade on, as trading keeps them and as risk does; and risk's of the firm. */
export async function collectDesk(risk: RiskAdapter, trading: TradingAdapter): Promise<DeskPart> {
  const { items: deployments } = await take(trading.deployments.list(), MOST_OWNERS);
  const accounts = [...new Set(deployments.map(({ accountId }) => accountId))];
  const positions: PositionRow[] = [];
  const positionLines: PositionLine[] = [];
  const results: ResultLine[] = [];
  for (const { id, currency, startingEquity } of deployments) {
    const { items } = await take(trading.positions.list({ deploymentId: id, limit: PAGE }), MOST_READ);
    for (const [symbol, cycles] of Map.groupBy(items, (position) => position.symbol)) {
      const open = cycles.findLast(({ closedAt }) => closedAt === undefined);
      positions.push({
        by: 'trading',
        owner: id,
        symbol,
        quantity: open?.quantity ?? decimal.of('0'),
        ...(open?.averageEntryPrice !== undefined && { averagePrice: open.averageEntryPrice }),
        realized: decimal.sum(cycles.map(({ realized }) => realized)),
        fees: decimal.sum(cycles.map(({ fees }) => fees)),
      });
    }
    const equity = await take(trading.portfolio.listEquity({ deploymentId: id, limit: PAGE }), MOST_READ);
    const points = equity.items.map((point): Point => [point.at, decimal.minus(point.equity, startingEquity)]);
    const last = equity.items.at(-1);
    results.push({
      by: 'trading',
      owner: id,
      currency,
      ...(last !== undefined && {
        total: decimal.minus(last.equity, startingEquity),
        realized: last.realized,
        unrealized: last.unrealized,
      }),
      points: sampled(points, valueOf, MOST_POINTS, equity.cut),
    });
  }
  for (const account of accounts) {
    for await (const position of risk.positions.list({ account }, { fresh: true })) {
      const { symbol, quantity, averagePrice, realized, fees } = position;
      const owner = account;
      positions.push({ by: 'risk', owner, symbol, quantity, realized, fees, ...(averagePrice && { averagePrice }) });
    }
    positionLines.push(...(await positionsOverTime(risk, account)));
  }
  for (const account of [...accounts, undefined]) results.push(...(await riskResult(risk, account)));
  return { positions, positionLines, results };
}

/** What an account held after each fill. Fills come in the order of their time. */
async function positionsOverTime(risk: RiskAdapter, account: string): Promise<PositionLine[]> {
  const { items, cut } = await take(risk.positions.listFills({ account, limit: PAGE }), MOST_READ);
  const bySymbol = Map.groupBy(items.toSorted(byTime), ({ symbol }) => symbol);
  return [...bySymbol].map(([symbol, fills]) => {
    let held = '0' as Decimal;
    const points = fills.map(({ at, side, quantity }): Point => {
      held = side === 'buy' ? decimal.plus(held, quantity) : decimal.minus(held, quantity);
      return [at, held];
    });
    return { account, symbol, points: sampled(points, valueOf, MOST_POINTS, cut) };
  });
}

const byTime = (a: { at: Instant; sequence: number }, b: { at: Instant; sequence: number }): number =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : a.sequence - b.sequence;

/** Risk's own valuation; none where it has not valued the account. */
async function riskResult(risk: RiskAdapter, account: string | undefined): Promise<ResultLine[]> {
  const of = account === undefined ? {} : { account };
  const { items, cut } = await take(risk.pnl.listEquity({ ...of, limit: PAGE }), MOST_READ);
  if (items.length === 0) return [];
  const { currency, total, realized, unrealized, fees } = await risk.pnl.get(of);
  const points = items.map(({ at, equity, flows }): Point => [at, decimal.minus(equity, flows)]);
  const owner = account ?? 'the firm';
  return [
    {
      by: 'risk',
      owner,
      currency,
      total,
      realized,
      unrealized,
      fees,
      points: sampled(points, valueOf, MOST_POINTS, cut),
    },
  ];
}
