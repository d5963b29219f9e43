import type { ExchangeAdapter, PlaceOrder } from '@tse/exchange';
import { drawsOf } from '../participants/draws.ts';
import type { Acknowledged, AcknowledgedOrder, Booking } from './acknowledged.ts';
import { type Teller, UntilKnown } from './until-known.ts';

export const SYMBOL = 'BTC-USD';
export const ACCOUNTS = Array.from({ length: 16 }, (_, i) => `account-${i}`);
const FUNDS = { USD: '1000000', BTC: '1000' };
const MORE_THAN_ANYONE_HAS = '1000000000';

type Draw = (below: number) => number;
type PlacedOrder = AcknowledgedOrder & { readonly accountId: string };

interface Caller {
  /** Of this operation, for its ids. */
  readonly id: string;
  /** The adapter that it tries first. */
  readonly at: number;
  readonly draw: Draw;
}

/** Callers that trade and move money without end, each operation under an id of its own until its outcome is known. */
export class Bank {
  readonly acknowledged: Acknowledged = { orders: new Map(), trades: new Map(), bookings: new Map() };
  readonly known: UntilKnown;
  readonly #seed: string;

  constructor(tellers: readonly Teller[], seed: string) {
    this.known = new UntilKnown(tellers);
    this.#seed = seed;
  }

  /** Opens the market and the accounts, with funds, before anything is broken. */
  async open({ markets, accounts }: ExchangeAdapter): Promise<void> {
    await markets.registerAsset({ asset: 'BTC', scale: 8 });
    await markets.registerAsset({ asset: 'USD', scale: 10 });
    await markets.open({ symbol: SYMBOL, tickSize: '0.01', lotSize: '0.00000001' });
    for (const accountId of ACCOUNTS) {
      await accounts.open({ accountId, ownerId: accountId });
      for (const [asset, amount] of Object.entries(FUNDS))
        await this.#book('deposit', `open-${accountId}-${asset}`, { to: accountId, asset, amount }, 0);
    }
  }

  /** Runs so many callers until the signal aborts; each finishes what it has begun. */
  async run(callers: number, signal: AbortSignal): Promise<void> {
    const call = async (caller: number) => {
      const draw = drawsOf(`${this.#seed} caller ${caller}`);
      for (let n = 0; !signal.aborted; n += 1) await this.#act({ id: `${caller}-${n}`, at: caller, draw });
    };
    await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  }

  async #act(caller: Caller): Promise<void> {
    const { id, at, draw } = caller;
    const one = draw(ACCOUNTS.length);
    const other = (one + 1 + draw(ACCOUNTS.length - 1)) % ACCOUNTS.length;
    const [from, to] = [ACCOUNTS[one]!, ACCOUNTS[other]!];
    const amount = `${1 + draw(50)}.${10 + draw(90)}`;
    const kind = draw(20);
    if (kind < 2) await this.#book('deposit', `d-${id}`, { to, asset: 'USD', amount }, at);
    else if (kind < 4) await this.#book('withdrawal', `w-${id}`, { from, asset: 'USD', amount }, at);
    else if (kind < 6) await this.#book('transfer', `t-${id}`, { from, to, asset: 'USD', amount }, at);
    else if (kind === 6)
      await this.#book('withdrawal', `x-${id}`, { from, asset: 'USD', amount: MORE_THAN_ANYONE_HAS }, at);
    else if (kind < 9) await this.#cancel(caller, await this.#place(caller, 'c', buyFar(from)));
    else if (kind === 9) await this.#place(caller, 'r', buyFar(from));
    else await this.#trade(caller, from, to, amount);
  }

  /** Two orders that meet, settled as one match or as two. */
  async #trade(caller: Caller, seller: string, buyer: string, price: string): Promise<void> {
    const { id, at, draw } = caller;
    const lots = 2 + draw(98);
    const order = { symbol: SYMBOL, type: 'limit', price, quantity: ofLots(lots) } as const;
    const maker = await this.#place(caller, 's', { ...order, accountId: seller, side: 'sell' });
    const taker = maker && (await this.#place(caller, 'b', { ...order, accountId: buyer, side: 'buy' }));
    if (!taker) return;
    const part = draw(2) === 0 ? lots : 1 + draw(lots - 1);
    const matches = [part, lots - part].filter(Boolean).map((share, i) => ({
      tradeId: `m-${id}-${i}`,
      symbol: SYMBOL,
      makerOrderId: maker.id,
      takerOrderId: taker.id,
      price,
      quantity: ofLots(share),
    }));
    await this.known.do(matches[0]!.tradeId, at, async (exchange) => {
      const outcomes = await exchange.matches.settle(matches);
      for (const [i, outcome] of outcomes.entries()) {
        if (!outcome.ok) throw outcome.error;
        const { tradeId, quantity } = matches[i]!;
        this.acknowledged.trades.set(tradeId, { seller, buyer, price, quantity });
      }
      maker.status = taker.status = 'filled';
    });
  }

  async #cancel({ at }: Caller, order: PlacedOrder | undefined): Promise<void> {
    if (!order) return;
    await this.known.do(order.id, at, async ({ orders }) => {
      await orders.cancel({ orderId: order.id, accountId: order.accountId });
      order.status = 'canceled';
    });
  }

  #place({ id, at }: Caller, kind: string, order: PlaceOrder): Promise<PlacedOrder | undefined> {
    const clientOrderId = `${kind}-${id}`;
    return this.known.do(clientOrderId, at, async ({ orders }) => {
      const placed = await orders.place({ ...order, clientOrderId }, { deadlineMs: 2000 });
      const acknowledged: PlacedOrder = { id: placed.id, accountId: order.accountId, status: 'new' };
      this.acknowledged.orders.set(clientOrderId, acknowledged);
      return acknowledged;
    });
  }

  async #book(
    kind: 'deposit' | 'withdrawal' | 'transfer',
    reference: string,
    booking: Booking,
    at: number,
  ): Promise<void> {
    const { from, to, asset, amount } = booking;
    await this.known.do(reference, at, async ({ ledger }) => {
      const booked = { reference, asset, amount };
      if (kind === 'deposit') await ledger.deposit({ ...booked, accountId: to! });
      else if (kind === 'withdrawal') await ledger.withdraw({ ...booked, accountId: from! });
      else await ledger.transfer({ ...booked, from: { accountId: from! }, to: { accountId: to! } });
      this.acknowledged.bookings.set(`${kind}:${reference}`, booking);
    });
  }
}

const ofLots = (lots: number): string => `0.00${String(lots).padStart(2, '0')}`;

/** So low that nobody meets it. */
const buyFar = (accountId: string): PlaceOrder => ({
  accountId,
  symbol: SYMBOL,
  side: 'buy',
  type: 'limit',
  price: '0.5',
  quantity: '0.01',
});
