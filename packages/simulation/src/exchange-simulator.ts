import type { Clock } from '@tse/core';
import type { CancelOrder, ExchangeAdapter, Match, Order, PlaceOrder } from '@tse/exchange';
import type { CloseReason, Entry } from './engine/orders.ts';
import { priceTimeEngine } from './engine/price-time.ts';
import type { OrderName, Step } from './participants/orders.ts';
import { repeatUnknown } from './repeat-unknown.ts';

/** What a simulator has done so far. */
export interface Tally {
  orders: number;
  trades: number;
  cancels: number;
  /** Matches that the adapter refused; the engine is made anew after one. */
  refused: number;
}

/** A clock that the simulator sets to the time of what it does. */
export interface SettableClock extends Clock {
  set(at: string): unknown;
}

/** One market of an exchange: places what accounts send, matches it by price and time, settles what was matched. */
export interface ExchangeSimulator extends AsyncDisposable {
  readonly tally: Readonly<Tally>;
  /** Carries out steps in their sequence, many in one round trip. */
  run(steps: readonly Step[]): Promise<void>;
}

/** Why the rest of an order that may not rest is cancelled; a self-trade is ended by what prevented it. */
const cancelReason: Partial<Record<CloseReason, NonNullable<CancelOrder['reason']>>> = {
  'post-only': 'post-only-would-match',
  'immediate-or-cancel': 'unfilled-remainder',
  'fill-or-kill': 'unfilled-remainder',
  'no-liquidity': 'unfilled-remainder',
  'budget-spent': 'unfilled-remainder',
};

/** Opens a market. Waits until its lease is free: of several simulators one matches, and what an older one still sends is refused. */
export async function openExchangeSimulator(
  exchange: ExchangeAdapter,
  symbol: string,
  clock: SettableClock,
): Promise<ExchangeSimulator> {
  const lease = await exchange.leases.hold(`matching/${symbol}`);
  const { lotSize } = await exchange.markets.get(symbol);
  const restore = async () =>
    priceTimeEngine(await Array.fromAsync(exchange.orders.listOpen({ symbol, limit: 1000 }, { fresh: true })), {
      lotSize,
    });
  let engine = await restore();
  const ids = new Map<string, string>();
  const tally: Tally = { orders: 0, trades: 0, cancels: 0, refused: 0 };

  const place = ({ ...order }: PlaceOrder & { clientOrderId: string }): Promise<Order> =>
    repeatUnknown((clientOrderId) => exchange.orders.place({ ...order, clientOrderId }), order.clientOrderId);

  async function settle(matches: readonly Match[]): Promise<void> {
    if (matches.length === 0) return;
    const outcomes = await repeatUnknown(() => exchange.matches.settle(matches, { lease }), matches[0]!.tradeId);
    const settled = outcomes.filter(({ ok }) => ok).length;
    tally.trades += settled;
    tally.refused += outcomes.length - settled;
    if (settled < outcomes.length) engine = await restore(); // the tables are right, the engine is not
  }

  async function cancel(orderId: string, accountId: string, reason: CancelOrder['reason']): Promise<void> {
    await repeatUnknown(() => exchange.orders.cancel({ orderId, accountId, reason }), orderId);
    tally.cancels += 1;
  }

  /** What entering the book made of an order beside its matches. */
  async function end(entry: Entry, { accountId }: Order): Promise<void> {
    if (entry.prevented.length > 0) await exchange.matches.prevent(entry.prevented, { lease });
    const reason = entry.reason && cancelReason[entry.reason];
    if (reason) await cancel(entry.orderId, accountId, reason);
  }

  async function withdraw({ accountId, clientOrderId }: OrderName): Promise<void> {
    const orderId = ids.get(clientOrderId);
    ids.delete(clientOrderId);
    if (orderId !== undefined) await cancel(orderId, accountId, 'requested');
  }

  async function run(steps: readonly Step[]): Promise<void> {
    // All at once: the adapter takes what comes together as one batch, in this sequence.
    const placed = await Promise.all(
      steps.map((step) => {
        clock.set(step.print.at);
        return Promise.all(step.place.map(place));
      }),
    );
    const matches: Match[] = [];
    const ended: [Entry, Order][] = [];
    const withdrawn: OrderName[] = [];
    for (const [i, step] of steps.entries()) {
      for (const name of step.cancel) {
        const orderId = ids.get(name.clientOrderId);
        if (orderId !== undefined && engine.cancel(orderId) !== undefined) withdrawn.push(name);
      }
      for (const order of placed[i]!) {
        const entry = engine.add(order);
        matches.push(...entry.matches);
        if (entry.state === 'resting' && order.clientOrderId !== undefined) ids.set(order.clientOrderId, order.id);
        if (entry.prevented.length > 0 || entry.reason !== undefined) ended.push([entry, order]);
      }
      tally.orders += placed[i]!.length;
    }
    await settle(matches);
    await Promise.all([...ended.map(([entry, order]) => end(entry, order)), ...withdrawn.map(withdraw)]);
  }

  return { tally, run, [Symbol.asyncDispose]: () => lease.release() };
}
