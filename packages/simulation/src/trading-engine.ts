import { type Clock, type Ids, isAdapterError, withContext } from '@tse/core';
import { exchangeEvents } from '@tse/exchange/events';
import type { EquityPoint, Metric, Position, SignalCount, TradingAdapter } from '@tse/trading';
import { hasRead } from './has-read.ts';
import type { Side } from './engine/orders.ts';
import { repeatUnknown } from './repeat-unknown.ts';
import type { Strategy, Wish } from './trading/strategies.ts';
import { fillsOf, updateOf } from './trading/venue-events.ts';

/** An order as it is checked and then placed: immediate, at a limit a little beyond the price. */
export interface EngineOrder {
  readonly orderId: string;
  readonly deploymentId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: 'limit';
  readonly timeInForce: 'ioc';
  readonly quantity: string;
  readonly price: string;
  readonly riskCheckId?: string;
  readonly validUntil?: string;
}

/** What a pre-trade check decides. */
export type CheckAnswer =
  | { readonly allowed: true; readonly riskCheckId?: string; readonly validUntil?: string }
  | { readonly allowed: false; readonly code: string; readonly riskCheckId?: string };

export interface EngineDesk {
  readonly deploymentId: string;
  readonly accountId: string;
  readonly strategy: Strategy;
}

export interface TradingEngineOptions {
  /** What the exchange calls itself: the instance's name, `exchange` for the default one. */
  readonly venue: string;
  readonly symbol: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** One strategy each, on an account of its own. */
  readonly desks: readonly EngineDesk[];
  readonly startingEquity: string;
  /** The limit of an order at a price: far enough to meet what rests there. */
  readonly limitAt: (price: string, side: Side) => string;
  /** The pre-trade check. One that cannot be asked is a refusal: `check-unavailable`. */
  readonly check: (order: EngineOrder) => Promise<CheckAnswer>;
  /** Asks the exchange. What it refuses is thrown, with its code. */
  readonly place: (order: EngineOrder) => Promise<unknown>;
  /** Prices between two points of the equity curves: 50. */
  readonly pricesAPoint?: number;
}

export interface ReplayedPrice {
  readonly price: string;
  readonly at: string;
}

/** What a deployment has come to. */
export interface DeskResult {
  readonly deploymentId: string;
  readonly name: string;
  readonly actual: string;
  readonly positions: readonly Position[];
  readonly equity: EquityPoint | undefined;
  readonly signals: readonly SignalCount[];
  /** Each with its value, or the reason why there is none. */
  readonly metrics: readonly Metric[];
}

/** Strategies that trade on replayed prices, each order through a check. */
export interface TradingEngine extends AsyncDisposable {
  readonly tally: Readonly<{ signals: number; orders: number; refusals: ReadonlyMap<string, number> }>;
  /** Shows a price to the strategies and carries out what they want. Prices come one after the other. */
  onPrice(price: ReplayedPrice): Promise<void>;
  /** Asks one strategy again, at the last price. */
  ask(deploymentId: string): Promise<void>;
  /** Sells all that a strategy holds, whether it is to run or not: somebody has decided it. */
  closeOut(deploymentId: string): Promise<void>;
  /** Takes a strategy off the market, for a limit that it broke; it places nothing any more. */
  halt(deploymentId: string, reason: string): Promise<void>;
  /** Reads all that the venue has published, and values what is held by now. */
  drain(): Promise<void>;
  results(): Promise<DeskResult[]>;
}

/** Opens the engine: deploys its strategies under a new epoch, and reads what the venue publishes. */
export async function openTradingEngine(
  trading: TradingAdapter,
  options: TradingEngineOptions,
): Promise<TradingEngine> {
  const { venue, symbol, clock, ids, desks, limitAt, pricesAPoint = 50 } = options;
  const accounts = new Set(desks.map(({ accountId }) => accountId));
  const refusals = new Map<string, number>();
  const tally = { signals: 0, orders: 0, refusals };
  const running = new Map<string, { desk: EngineDesk; epoch: number }>();
  let prices = 0;
  let from: string | undefined;
  let last: ReplayedPrice | undefined;

  for (const desk of desks) running.set(desk.deploymentId, { desk, epoch: await deploy(trading, desk, options) });
  const deployed = [...running.values()];

  const consumer = trading.inbox.consume(
    {
      name: 'venue',
      from: exchangeEvents,
      types: ['order.placed', 'order.replaced', 'order.closed', 'trade.settled'],
      start: 'earliest',
    },
    async (event) => {
      if (event.type === 'trade.settled') {
        const fills = fillsOf(event, (accountId) => accounts.has(accountId));
        if (fills.length > 0) await trading.fills.applyAll(fills);
      } else if (accounts.has(event.payload.accountId)) {
        await trading.orders.update(updateOf(event, venue)).catch(unlessUnknown);
      }
    },
  );

  function note(code: string): void {
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }

  /** From the signal to the order at the venue, under one correlation id. */
  async function carryOut(desk: EngineDesk, epoch: number, wish: Wish, { price, at }: ReplayedPrice): Promise<void> {
    const { deploymentId, accountId } = desk;
    const signalId = ids.next();
    const order: EngineOrder = {
      orderId: ids.next(),
      deploymentId,
      accountId,
      symbol,
      side: wish.side,
      type: 'limit',
      timeInForce: 'ioc',
      quantity: wish.quantity,
      price: limitAt(price, wish.side),
    };
    tally.signals += 1;
    const { quantity } = wish;
    const why = { ...(wish.tag !== undefined && { tag: wish.tag }) };
    await repeatUnknown(
      () =>
        trading.signals.record({
          signalId,
          deploymentId,
          epoch,
          symbol,
          barAt: at,
          action: wish.side,
          quantity,
          price,
          ...why,
        }),
      signalId,
    );
    const answer = await options.check(order).catch((error: unknown): CheckAnswer => {
      if (isAdapterError(error)) return { allowed: false, code: 'check-unavailable' };
      throw error;
    });
    const check = { ...(answer.riskCheckId !== undefined && { riskCheckId: answer.riskCheckId }) };
    if (!answer.allowed) {
      note(answer.code);
      await trading.signals.decide({ signalId, outcome: 'rejected', reason: answer.code, ...check });
      return;
    }
    await trading.signals.decide({ signalId, outcome: 'accepted', ...check });
    const allowed = { ...check, ...(answer.validUntil !== undefined && { validUntil: answer.validUntil }) };
    const { accountId: _, ...content } = order;
    const exit = { ...(wish.exitReason !== undefined && { exitReason: wish.exitReason }) };
    const isSubmitted = await repeatUnknown(
      () => trading.orders.submit({ ...content, ...allowed, ...why, ...exit, epoch, signalId }),
      order.orderId,
    ).then(() => true, unlessExpired);
    if (!isSubmitted) return note('check-expired');
    tally.orders += 1;
    try {
      await options.place({ ...order, ...allowed });
    } catch (error) {
      if (!isAdapterError(error) || !['conflict', 'not-found', 'invalid-input'].includes(error.kind)) throw error;
      note(error.code);
      await trading.orders.reject({ orderId: order.orderId, reason: error.code });
    }
  }

  /** What a strategy wants at a price is carried out, as long as it is to run. */
  async function ask(deploymentId: string, price: ReplayedPrice): Promise<void> {
    const deployment = running.get(deploymentId);
    if (deployment === undefined) return;
    const { desk, epoch } = deployment;
    if ((await trading.deployments.beat({ deploymentId, epoch })) !== 'running') {
      await trading.deployments.report({ deploymentId, epoch, actual: 'paused', reason: 'wished' });
      running.delete(deploymentId);
      return;
    }
    for (let n = 0; n < (desk.strategy.ordersAPrice ?? 1); n += 1) {
      const [position] = await trading.positions.listOpen(deploymentId);
      const working = await trading.orders.listWorking(deploymentId);
      const wish = desk.strategy.wants({ quantity: position?.quantity ?? '0', isWorking: working.length > 0 });
      if (wish) await withContext({ correlationId: ids.next() }, () => carryOut(desk, epoch, wish, price));
    }
  }

  async function snapshot(of: readonly EngineDesk[]): Promise<void> {
    // A market that is held and has no price yet is valued later.
    await Promise.all(
      of.map(({ deploymentId }) => trading.portfolio.snapshot({ deploymentId }).catch(unlessNotValued)),
    );
  }

  return {
    tally,
    async onPrice(price) {
      from ??= price.at;
      last = price;
      await trading.portfolio.mark([{ symbol, price: price.price, at: price.at }]);
      for (const { desk } of deployed) if (desk.strategy.sees(Number(price.price))) await ask(desk.deploymentId, price);
      prices += 1;
      if (prices % pricesAPoint === 0) await snapshot(desks);
    },
    async closeOut(deploymentId) {
      const { desk, epoch } = deployed.find(({ desk: of }) => of.deploymentId === deploymentId)!;
      const [position] = await trading.positions.listOpen(deploymentId, { fresh: true });
      if (last === undefined || position === undefined || position.quantity === '0') return;
      const wish = { side: 'sell', quantity: position.quantity, exitReason: 'closed-out' } as const;
      await withContext({ correlationId: ids.next() }, () =>
        carryOut(desk, epoch, wish, { ...last!, at: clock.now() }),
      );
    },
    async ask(deploymentId) {
      if (last !== undefined) await ask(deploymentId, { ...last, at: clock.now() });
    },
    async halt(deploymentId, reason) {
      await trading.deployments.wish({ deploymentId, desired: 'paused', reason });
    },
    async drain() {
      await hasRead(consumer, async () => (await trading.inbox.published(exchangeEvents))?.publishSeq ?? 0);
      await trading.fills.retryQuarantined();
      // An order whose end is not read yet would be missing from the last point, which stays as it is.
      const working = await Promise.all(
        desks.map(({ deploymentId }) => trading.orders.listWorking(deploymentId, { fresh: true })),
      );
      await snapshot(desks.filter((_, i) => working[i]!.length === 0));
    },
    async results() {
      return Promise.all(
        desks.map(async ({ deploymentId, strategy: { name } }) => ({
          deploymentId,
          name,
          actual: (await trading.deployments.get(deploymentId, { fresh: true })).actual,
          positions: await Array.fromAsync(trading.positions.list({ deploymentId, limit: 1000 }, { fresh: true })),
          equity: await trading.portfolio.latest(deploymentId, { fresh: true }),
          signals: await trading.signals.count(deploymentId, { fresh: true }),
          metrics: await trading.performance.evaluate({
            deploymentId,
            ...(from !== undefined && { from }),
            to: clock.now(),
          }),
        })),
      );
    },
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}

/** Makes what is missing of strategy, version and deployment, and takes the deployment over. Answers the epoch. */
async function deploy(
  { strategies, deployments }: TradingAdapter,
  { deploymentId, accountId, strategy }: EngineDesk,
  { venue, symbol, startingEquity }: TradingEngineOptions,
): Promise<number> {
  const strategyId = deploymentId;
  await strategies.create({ strategyId, name: strategy.name, kind: strategy.kind, symbols: [symbol] });
  const { version } = await strategies.publishVersion({ strategyId, codeHash: 'simulation', params: strategy.params });
  await deployments.create({
    deploymentId,
    strategyId,
    strategyVersion: version,
    accountId,
    venue,
    currency: symbol.split('-')[1]!,
    startingEquity,
  });
  const { epoch } = await deployments.attach({ deploymentId });
  await deployments.report({ deploymentId, epoch, actual: 'running' });
  return epoch;
}

/** An order of one of our accounts that the engine did not place is none of its business. */
function unlessUnknown(error: unknown): void {
  if (!isAdapterError(error) || error.code !== 'unknown-order') throw error;
}

/** The check took longer than what it allowed: the order is not placed. */
function unlessExpired(error: unknown): false {
  if (!isAdapterError(error) || error.code !== 'check-expired') throw error;
  return false;
}

function unlessNotValued(error: unknown): void {
  if (!isAdapterError(error) || error.code !== 'not-valued') throw error;
}
