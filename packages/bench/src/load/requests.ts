import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, type Instant, decimal, instant, withContext } from '@tse/core';
import type { Match, Order, PlaceOrder } from '@tse/exchange';
import { custodyAccountOf } from '@tse/simulation';
import type { Seven } from './adapters.ts';
import type { Arrival } from './arrivals.ts';
import type { Latencies } from './latencies.ts';
import type { Desk, Market } from './market.ts';
import type { OperationLog } from './operation-log.ts';
import { HOPS, type Services } from './services.ts';

/** Of so many prints one: is the order of a strategy; has quotes around it; has somebody look; is noted by an operator. */
const ONE_IN = { desk: 8, quotes: 4, looks: 4, notes: 16 };
/** Quotes rest until so many pairs came after them. */
const PAIRS_RESTING = 64;
const DEPTH = 20;

/** What prints cause, and what became of it. */
export interface Requests {
  /** All that a print causes. Answers whether all of its requests were answered; never rejects, as what fails is counted. */
  send(arrival: Arrival): Promise<boolean>;
  readonly inFlight: number;
  drain(): Promise<void>;
}

interface Around {
  readonly seven: Pick<Seven, 'adapters'>;
  readonly market: Market;
  readonly services: Services;
  readonly log: OperationLog;
  readonly latencies: Latencies;
}

/** Calls that a print makes at once are due when it is; those that follow from another's answer are due with that answer. */
export function openRequests({ seven: { adapters }, market, services, log, latencies }: Around): Requests {
  const { marketData, exchange, custodian, risk, trading, audit } = adapters;
  const { terms, accounts, desks, matching, venue } = market;
  const { symbol } = terms;
  const resting: { orderId: string; accountId: string }[][] = [];
  let inFlight = 0;

  const record = ({ id, number, print, due }: Arrival, at: Instant) => {
    const { price, quantity, taker: takerSide } = print;
    const tick = { symbol, source: 'tape', eventAt: at, sequence: number };
    const trades = [{ tradeId: id, eventAt: at, sequence: number, price, quantity, takerSide }];
    const ask = decimal.plus(price, market.tick);
    const quote = { ...tick, bid: price, ask, bidQuantity: quantity, askQuantity: quantity };
    return [
      latencies.timed('market-data.trades.record', due, () => marketData.trades.record({ venue, symbol, trades })),
      latencies.timed('market-data.prices.record', due, () => marketData.prices.record([{ ...tick, price }])),
      latencies.timed('market-data.quotes.record', due, () => marketData.quotes.record([quote])),
    ];
  };

  const place = (due: number, order: PlaceOrder): Promise<Order> =>
    latencies.timed('exchange.orders.place', due, () => exchange.orders.place(order));

  /** A maker, and whoever takes it: together the print. */
  async function trade(arrival: Arrival, at: Instant): Promise<void> {
    const { id, number, print, due } = arrival;
    const { price, quantity, taker: side } = print;
    const limit = { symbol, type: 'limit', price, quantity } as const;
    const accountId = accounts[number % accounts.length]!;
    const maker = place(due, { ...limit, accountId, orderId: `${id}/m`, side: side === 'buy' ? 'sell' : 'buy' });
    const desk = number % ONE_IN.desk === 0 ? desks[(number / ONE_IN.desk) % desks.length] : undefined;
    const other = accounts[(number + 1) % accounts.length]!;
    const taker = desk
      ? ordered(arrival, desk, at)
      : place(due, { ...limit, accountId: other, orderId: `${id}/t`, side });
    const [made, took] = await Promise.all([maker, taker]);
    const ids = { tradeId: id, makerOrderId: made.id, takerOrderId: took.id };
    const match: Match = { ...ids, symbol, price, quantity, matchedAt: at };
    await latencies.timed('exchange.matches.settle', performance.now(), async () => {
      const [outcome] = await exchange.matches.settle([match], { lease: matching });
      if (!outcome!.ok) throw outcome!.error;
    });
    latencies.note(`${HOPS}settled`, performance.now() - due);
  }

  /** From a strategy's signal to its order at the exchange. */
  async function ordered({ id, print, due }: Arrival, desk: Desk, at: Instant): Promise<Order> {
    const { deploymentId, accountId, epoch } = desk;
    const { price, quantity, taker: side } = print;
    const order = { orderId: `${id}/t`, symbol, side, quantity, price } as const;
    const signalId = `${id}/s`;
    const signal = { signalId, deploymentId, epoch, symbol, barAt: at, action: side, quantity, price } as const;
    await latencies.timed('trading.signals.record', due, () => trading.signals.record(signal));
    const { checkId, validUntil } = await latencies.timed('risk.checks.check', performance.now(), async () => {
      const decided = await risk.checks.check({ ...order, account: accountId, strategy: deploymentId, venue });
      if (decided.decision === 'deny') throw new ConflictError(decided.code, 'the check refused the order');
      return decided;
    });
    const allowed = { riskCheckId: checkId, ...(validUntil !== undefined && { validUntil }) };
    await latencies.timed('trading.signals.decide', performance.now(), () =>
      trading.signals.decide({ signalId, outcome: 'accepted', riskCheckId: checkId }),
    );
    const kind = { type: 'limit', timeInForce: 'gtc' } as const;
    await latencies.timed('trading.orders.submit', performance.now(), () =>
      trading.orders.submit({ ...order, ...kind, ...allowed, deploymentId, epoch, signalId }),
    );
    return place(performance.now(), { ...order, ...kind, ...allowed, accountId });
  }

  /** A tenth away on both sides, in the place of the oldest ones. */
  async function quotesAround({ id, number, print, due }: Arrival): Promise<void> {
    const accountId = accounts[(number + 2) % accounts.length]!;
    const away = decimal.round(decimal.times(print.price, '0.1'), terms.priceScale, 'up');
    const quote = { symbol, type: 'limit', postOnly: true, quantity: print.quantity, accountId } as const;
    const [bid, ask] = [decimal.minus(print.price, away), decimal.plus(print.price, away)];
    const placed = await Promise.all([
      ...(decimal.compare(bid, '0') > 0 ? [place(due, { ...quote, orderId: `${id}/b`, side: 'buy', price: bid })] : []),
      place(due, { ...quote, orderId: `${id}/a`, side: 'sell', price: ask }),
    ]);
    resting.push(placed.map((order) => ({ orderId: order.id, accountId })));
    const oldest = resting.length > PAIRS_RESTING ? resting.shift()! : [];
    await Promise.all(
      oldest.map((order) =>
        latencies.timed('exchange.orders.cancel', performance.now(), () => exchange.orders.cancel(order)),
      ),
    );
  }

  /** What those see who look at the seven meanwhile. */
  function looks({ number, due }: Arrival): Promise<unknown>[] {
    const accountId = accounts[number % accounts.length]!;
    const { deploymentId } = desks[number % desks.length]!;
    const eventId = services.heard[0];
    return [
      latencies.timed('market-data.prices.get', due, () => marketData.prices.get({ symbol })),
      latencies.timed('exchange.order-books.depth', due, () => exchange.orderBooks.depth({ symbol, levels: DEPTH })),
      latencies.timed('exchange.getAccountPortfolio', due, () => exchange.getAccountPortfolio({ accountId })),
      latencies.timed('custodian.holdings.list', due, () => custodian.holdings.list(custodyAccountOf(accountId))),
      latencies.timed('risk.positions.list', due, async () => risk.positions.list({ account: accountId })),
      latencies.timed('trading.positions.listOpen', due, () => trading.positions.listOpen(deploymentId)),
      ...(eventId === undefined
        ? []
        : [latencies.timed('audit.trail.findEvent', due, () => audit.trail.findEvent({ eventId }))]),
    ];
  }

  const note = ({ id, due }: Arrival) =>
    latencies.timed('audit.trail.record', due, () =>
      audit.trail.record({ source: 'operator', eventId: `${id}/note`, type: 'print.noted', aggregateId: id }),
    );

  async function all(arrival: Arrival): Promise<void> {
    const { number, due } = arrival;
    const at = instant.of(new Date(performance.timeOrigin + due));
    const every = (kind: keyof typeof ONE_IN) => number % ONE_IN[kind] === 0;
    const outcomes = await Promise.allSettled([
      ...record(arrival, at),
      trade(arrival, at),
      ...(every('quotes') ? [quotesAround(arrival)] : []),
      ...(every('looks') ? looks(arrival) : []),
      ...(every('notes') ? [note(arrival)] : []),
    ]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  return {
    async send(arrival) {
      inFlight += 1;
      log.note('invoke', arrival.id);
      const { runId: run, fence } = market.run;
      try {
        await withContext({ correlationId: arrival.id, run, fence }, () => all(arrival));
        log.note('ok', arrival.id);
        return true;
      } catch {
        log.note('info', arrival.id);
        return false;
      } finally {
        inFlight -= 1;
      }
    },
    get inFlight() {
      return inFlight;
    },
    async drain() {
      while (inFlight > 0) await sleep(10);
      await log.drain();
    },
  };
}
