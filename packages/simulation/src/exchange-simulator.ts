import { type AdapterError, type Clock, isAdapterError } from '@tse/core';
import type { CancelOrder, ExchangeAdapter, Match, Order, Outcome, PlaceOrder, PreventedMatch } from '@tse/exchange';
import type { CloseReason, Entry } from './engine/orders.ts';
import { priceTimeEngine } from './engine/price-time.ts';
import type { OrderName, SimulatedOrder, Step } from './participants/orders.ts';
import { repeatUnknown } from './repeat-unknown.ts';

/** What a simulator has done so far. */
export interface Tally {
  orders: number;
  trades: number;
  cancels: number;
  /** How often the adapter refused, by the code of the refusal. */
  readonly refusals: Map<string, number>;
}

/** A clock that the simulator sets to the time of what it does. */
export interface SettableClock extends Clock {
  set(at: string): unknown;
}

/** One market of an exchange: places what accounts send, matches it by price and time, settles what was matched. */
export interface ExchangeSimulator extends AsyncDisposable {
  readonly tally: Readonly<Tally>;
  /** Carries out steps in their sequence, many in one round trip. Once it has thrown, the simulator is to be opened anew. */
  run(steps: readonly Step[]): Promise<void>;
  /** Takes one more order, whose sender hears of a refusal. Between steps that end a run. */
  send(order: PlaceOrder & { clientOrderId: string }): Promise<void>;
}

/** Why the rest of an order that may not rest is cancelled; a self-trade is ended by what prevented it. */
const cancelReason: Partial<Record<CloseReason, NonNullable<CancelOrder['reason']>>> = {
  'post-only': 'post-only-would-match',
  'immediate-or-cancel': 'unfilled-remainder',
  'fill-or-kill': 'unfilled-remainder',
  'no-liquidity': 'unfilled-remainder',
  'budget-spent': 'unfilled-remainder',
};

const MOST_RESTORES = 3;

interface Cancel extends Pick<CancelOrder, 'reason'> {
  readonly orderId: string;
  readonly accountId: string;
  readonly at: string;
}

/** Opens a market. Waits until its lease is free: of several simulators one matches, and what an older one still sends is refused. */
export async function openExchangeSimulator(
  exchange: ExchangeAdapter,
  symbol: string,
  clock: SettableClock,
): Promise<ExchangeSimulator> {
  await using opening = new AsyncDisposableStack();
  const lease = opening.use(await exchange.leases.hold(`matching/${symbol}`));
  const { lotSize } = await exchange.markets.get(symbol);
  const tally: Tally = { orders: 0, trades: 0, cancels: 0, refusals: new Map() };
  let engine = priceTimeEngine();
  let idOf = new Map<string, string>();

  /** Makes the engine anew from the tables, and carries out what it finds left to do. */
  async function restore(left: number): Promise<void> {
    const open = await Array.fromAsync(exchange.orders.listOpen({ symbol, limit: 1000 }, { fresh: true }));
    idOf = new Map(open.map((order) => [nameOf(order), order.id]));
    engine = priceTimeEngine(open, { lotSize });
    await carryOut(engine.restored, cancelsOf(engine.restored, clock.now()), left);
  }

  /** Settles what met and cancels what may not rest. Where the tables refuse they are right, and the engine is not. */
  async function carryOut(entries: readonly Entry[], cancels: readonly Cancel[], restoresLeft: number): Promise<void> {
    const refused = [
      ...(await settle(entries.flatMap(({ matches }) => matches))),
      ...(await prevent(entries.flatMap(({ prevented }) => prevented))),
    ];
    await Promise.all(cancels.map(cancel));
    for (const error of refused) note(error);
    const fatal = refused.find(({ code }) => restoresLeft === 0 || code === 'stale-lease');
    if (fatal) throw fatal;
    if (refused.length > 0) await restore(restoresLeft - 1);
  }

  async function settle(matches: readonly Match[]): Promise<AdapterError[]> {
    if (matches.length === 0) return [];
    const outcomes = await repeatUnknown(() => exchange.matches.settle(matches, { lease }), matches[0]!.tradeId);
    const refused = refusedOf(outcomes);
    tally.trades += outcomes.length - refused.length;
    return refused;
  }

  async function prevent(prevented: readonly PreventedMatch[]): Promise<AdapterError[]> {
    if (prevented.length === 0) return [];
    const id = prevented[0]!.preventionId;
    return refusedOf(await repeatUnknown(() => exchange.matches.prevent(prevented, { lease }), id));
  }

  /** An order that is refused has its answer, and no place in the book. */
  async function place(input: SimulatedOrder): Promise<Order | undefined> {
    try {
      const order = await repeatUnknown(
        (clientOrderId) => exchange.orders.place({ ...input, clientOrderId }),
        input.clientOrderId,
      );
      tally.orders += 1;
      return order;
    } catch (error) {
      note(refusalIn(error));
      return undefined;
    }
  }

  /** An order that is closed already, by a fill or because it expired, needs no more. */
  async function cancel({ at, ...input }: Cancel): Promise<void> {
    clock.set(at);
    try {
      await repeatUnknown(() => exchange.orders.cancel(input), input.orderId);
      tally.cancels += 1;
    } catch (error) {
      note(refusalIn(error));
    }
  }

  function note({ code }: AdapterError): void {
    tally.refusals.set(code, (tally.refusals.get(code) ?? 0) + 1);
  }

  function takeBack(name: OrderName, at: string): Cancel[] {
    const orderId = idOf.get(nameOf(name));
    idOf.delete(nameOf(name));
    if (orderId === undefined || engine.cancel(orderId) === undefined) return [];
    return [{ orderId, accountId: name.accountId, reason: 'requested', at }];
  }

  async function run(steps: readonly Step[]): Promise<void> {
    // All at once, each at its own time: the adapter takes what comes together as one batch, in this sequence.
    const placed = await Promise.all(
      steps.map(({ print, place: orders }) => {
        clock.set(print.at);
        return Promise.all(orders.map(place));
      }),
    );
    const entries: Entry[] = [];
    const cancels: Cancel[] = [];
    for (const [i, step] of steps.entries()) {
      cancels.push(...step.cancel.flatMap((name) => takeBack(name, step.print.at)));
      for (const order of placed[i]!) {
        if (order === undefined) continue;
        const entry = engine.add(order);
        if (entry.state === 'resting') idOf.set(nameOf(order), order.id);
        entries.push(entry);
        cancels.push(...cancelsOf([entry], step.print.at));
      }
    }
    await carryOut(entries, cancels, MOST_RESTORES);
  }

  async function send(input: PlaceOrder & { clientOrderId: string }): Promise<void> {
    const order = await repeatUnknown(
      (clientOrderId) => exchange.orders.place({ ...input, clientOrderId }),
      input.clientOrderId,
    );
    const entry = engine.add(order);
    if (entry.state === 'resting') idOf.set(nameOf(order), order.id);
    await carryOut([entry], cancelsOf([entry], clock.now()), MOST_RESTORES);
  }

  await restore(MOST_RESTORES);
  const opened = opening.move();
  return { tally, run, send, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const nameOf = ({ accountId, clientOrderId = '' }: { accountId: string; clientOrderId?: string }): string =>
  `${accountId} ${clientOrderId}`;

const cancelsOf = (entries: readonly Entry[], at: string): Cancel[] =>
  entries.flatMap(({ orderId, accountId, reason: closed }) => {
    const reason = closed && cancelReason[closed];
    return reason === undefined ? [] : [{ orderId, accountId, reason, at }];
  });

const refusedOf = (outcomes: readonly Outcome<unknown>[]): AdapterError[] =>
  outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));

/** The answer to who asked for what cannot be, and nothing changed; anything else is thrown on. */
function refusalIn(error: unknown): AdapterError {
  if (isAdapterError(error) && ['conflict', 'not-found', 'invalid-input'].includes(error.kind)) return error;
  throw error;
}
