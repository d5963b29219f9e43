import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Instant,
  type Listing,
  Loader,
  type Member,
  arrayLiteral,
  contextLiteral,
  idInput,
  instant,
  listing,
  operation,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { z } from 'zod';
import { type AccountRef, accountRef, scopeOf } from '../accounts/account-ref.ts';
import type { BalanceStore } from '../balances/balances.store.ts';
import { type OrderRow, toOrder } from './order-rows.ts';
import { openOrders, ordersOf } from './order-queries.ts';
import { type OutcomeRow, type PlacedRow, statements } from './order-statements.ts';
import type { OrderStatus } from './order-states.ts';
import {
  type AcceptOrder,
  type CancelOrder,
  type ListOpenOrders,
  type ListOrders,
  type Order,
  type OrderEvent,
  type Orders,
  type PlaceOrder,
  type RefuseOrderChange,
  type RejectOrder,
  type ReplaceOrder,
  type RequestOrderChange,
  acceptOrder,
  cancelOrder,
  listOpenOrders,
  listOrders,
  placeOrder,
  refuseOrderChange,
  rejectOrder,
  replaceOrder,
  requestOrderChange,
} from './orders.ts';

/** A risk check that is about to end is no ground to accept an order on. */
const CHECK_MARGIN = '1 second';
const DAY_MS = 86_400_000;

const byId = z.strictObject({ orderId: idInput });
const operations = {
  place: operation('exchange.orders.place', placeOrder, (input) => input.clientOrderId ?? input.orderId),
  cancel: operation('exchange.orders.cancel', cancelOrder, (input) => input.orderId),
  replace: operation('exchange.orders.replace', replaceOrder, (input) => input.orderId),
  accept: operation('exchange.orders.accept', acceptOrder, (input) => input.orderId),
  reject: operation('exchange.orders.reject', rejectOrder, (input) => input.orderId),
  requestChange: operation('exchange.orders.requestChange', requestOrderChange, (input) => input.orderId),
  refuseChange: operation('exchange.orders.refuseChange', refuseOrderChange, (input) => input.orderId),
  find: operation('exchange.orders.find', byId),
  get: operation('exchange.orders.get', byId),
  findByClientOrderId: operation(
    'exchange.orders.findByClientOrderId',
    z.strictObject({ account: accountRef, clientOrderId: idInput }),
  ),
  list: operation('exchange.orders.list', listOrders),
  listOpen: operation('exchange.orders.listOpen', listOpenOrders),
  listEvents: operation('exchange.orders.listEvents', byId),
};

/** The field that was wrong, of the refusals that lie in one. */
const fields = {
  'off-lot': 'quantity',
  'off-tick': 'price',
  'too-many-digits': 'quoteBudget',
  'quantity-too-large': 'quantity',
  'price-too-high': 'price',
  'below-min-notional': 'quantity',
  'already-expired': 'expiresAt',
} as const;

interface Placing {
  order: z.output<typeof placeOrder>;
  id: string;
  tif: Order['timeInForce'];
  expiresAt: Instant | undefined;
  at: Instant;
  eventId: string;
}

interface Closing {
  orderId: string;
  accountId: string;
  scopeId: string;
  version: number | undefined;
  status: OrderStatus;
  reason: string;
  at: Instant;
  eventId: string;
}

export class OrderRepository implements Orders {
  readonly #context: AdapterContext;
  readonly #balances: BalanceStore;
  readonly #onChange: () => void;
  readonly #loader: Loader<OrderRow>;
  readonly #placing: Batcher<Placing, PlacedRow>;
  readonly #closing: Batcher<Closing, OutcomeRow>;

  /** `onChange` is told after each statement that changed a book. */
  constructor(context: AdapterContext, balances: BalanceStore, onChange: () => void) {
    this.#context = context;
    this.#balances = balances;
    this.#onChange = onChange;
    this.#loader = new Loader<OrderRow>({
      one: (id) => context.pg.maybe(statements.find, { id }),
      many: (ids) => context.pg.many(statements.findMany, { ids: arrayLiteral(ids) }),
      keyOf: (row) => row.id,
    });
    this.#placing = new Batcher({ name: 'orders.place', batch: (members) => this.#place(members) }, context.telemetry);
    this.#closing = new Batcher({ name: 'orders.close', batch: (members) => this.#close(members) }, context.telemetry);
  }

  place(input: PlaceOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.place, input, options, async (order) => {
      const { ids, clock } = this.#context;
      const at = clock.now();
      const tif = order.timeInForce ?? (order.type === 'market' ? 'ioc' : 'gtc');
      const expiresAt = order.expiresAt ?? (tif === 'day' ? endOfDay(at) : undefined);
      const row = await this.#placing.submit({
        order,
        id: order.orderId ?? ids.next(),
        tif,
        expiresAt,
        at,
        eventId: ids.next(),
      });
      if (row.outcome === 'same') return this.#answer(row, {});
      if (row.outcome === 'ok') return toPlaced(order, tif, expiresAt, row);
      const { accountId, symbol } = order;
      throw refusal(
        row.outcome,
        { accountId, symbol, ...(row.required !== null && { required: row.required, available: row.available! }) },
        fields,
      );
    });
  }

  cancel(input: CancelOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.cancel, input, options, (given) =>
      this.#end(given, given.version, 'canceled', given.reason),
    );
  }

  reject(input: RejectOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.reject, input, options, (given) =>
      this.#end(given, undefined, 'rejected', given.reason),
    );
  }

  replace(input: ReplaceOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(
      operations.replace,
      input,
      options,
      async ({ orderId, accountId, version, quantity, price, ...given }) => {
        const row = await this.#context.pg.one(statements.replace, {
          orderIds: arrayLiteral([orderId]),
          scopeIds: arrayLiteral([given.parentId ?? accountId]),
          accountIds: arrayLiteral([accountId]),
          versions: arrayLiteral([version]),
          quantities: arrayLiteral([quantity]),
          prices: arrayLiteral([price]),
          checkIds: arrayLiteral([given.riskCheckId]),
          validUntils: arrayLiteral([given.validUntil]),
          checkMargin: CHECK_MARGIN,
          ...this.#stamp(),
        });
        const { required, available } = row;
        return this.#changed(row, { orderId, ...(required !== null && { required, available: available! }) });
      },
    );
  }

  accept(input: AcceptOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.accept, input, options, async ({ orderId }) =>
      this.#changed(
        await this.#context.pg.one(statements.accept, { orderIds: arrayLiteral([orderId]), ...this.#stamp() }),
        { orderId },
      ),
    );
  }

  requestChange(input: RequestOrderChange, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.requestChange, input, options, (given) =>
      this.#mark(given, `pending-${given.change}`),
    );
  }

  refuseChange(input: RefuseOrderChange, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.refuseChange, input, options, (given) => this.#mark(given, undefined));
  }

  find(orderId: string, options?: CallOptions): Promise<Order | undefined> {
    return this.#context.run(operations.find, { orderId }, options, (input) => this.#find(input.orderId));
  }

  get(orderId: string, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.get, { orderId }, options, (input) => this.#load(input.orderId));
  }

  findByClientOrderId(account: AccountRef, clientOrderId: string, options?: CallOptions): Promise<Order | undefined> {
    return this.#context.run(operations.findByClientOrderId, { account, clientOrderId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findByClientOrderId, {
        ...input.account,
        clientOrderId: input.clientOrderId,
      });
      return row && toOrder(row);
    });
  }

  list(input: ListOrders, options?: CallOptions): Listing<Order> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const rows = await this.#context.pg.query('exchange.orders.list', 'read', ordersOf(given));
        return toPage(rows.map(toOrder), given.limit, (order) => [order.placedAt, order.id]);
      }),
    );
  }

  listOpen(input: ListOpenOrders, options?: CallOptions): Listing<Order> {
    return listing(input, (page) =>
      this.#context.run(operations.listOpen, page, options, async (given) => {
        const orders: Order[] = [];
        for (const query of openOrders(given)) {
          const wanted = given.limit + 1 - orders.length;
          if (wanted === 0) break;
          const rows = await this.#context.pg.query('exchange.orders.listOpen', 'read', query.limit(wanted));
          orders.push(...rows.map(toOrder));
        }
        return toPage(orders, given.limit, (order) => [order.side, order.price ?? 'market', order.acceptSequence!]);
      }),
    );
  }

  listEvents(orderId: string, options?: CallOptions): Promise<OrderEvent[]> {
    return this.#context.run(operations.listEvents, { orderId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, input);
      return rows.map((row) => ({
        version: row.version,
        type: row.type,
        status: row.status,
        cumulativeQuantity: row.cum_qty,
        leavesQuantity: row.leaves_qty,
        ...(row.trade_id !== null && { tradeId: row.trade_id }),
        ...(row.reason !== null && { reason: row.reason }),
        occurredAt: row.occurred_at,
      }));
    });
  }

  /** Ends at most `limit` orders whose time is over in business time. For the worker. */
  async expireDue(limit: number): Promise<number> {
    const eventIds = arrayLiteral(Array.from({ length: limit }, () => this.#context.ids.next()));
    const rows = await this.#context.pg.many(statements.expire, {
      at: this.#context.clock.now(),
      eventIds,
      context: contextLiteral(),
    });
    this.#tell(rows);
    return rows.length;
  }

  /** Moves at most `limit` orders that closed before `before` into the archive. For the worker. */
  async archive(before: Instant, limit: number): Promise<number> {
    return (await this.#context.pg.one(statements.archive, { before, limit })).archive_orders;
  }

  async #place(members: readonly Member<Placing>[]): Promise<PlacedRow[]> {
    const of = columnOf(members);
    const rows = await this.#context.pg.many(statements.place, {
      orderIds: of(({ id }) => id),
      scopeIds: of(({ order }) => scopeOf(order)),
      accountIds: of(({ order }) => order.accountId),
      symbols: of(({ order }) => order.symbol),
      clientOrderIds: of(({ order }) => order.clientOrderId),
      sides: of(({ order }) => order.side),
      types: of(({ order }) => order.type),
      tifs: of(({ tif }) => tif),
      quantities: of(({ order }) => order.quantity),
      prices: of(({ order }) => order.price),
      quoteBudgets: of(({ order }) => order.quoteBudget),
      stpModes: of(({ order }) => order.selfTradePrevention),
      postOnlys: of(({ order }) => order.postOnly),
      pendings: of(({ order }) => order.pending),
      checkIds: of(({ order }) => order.riskCheckId),
      validUntils: of(({ order }) => order.validUntil),
      expiresAts: of(({ expiresAt }) => expiresAt),
      requestHashes: of(({ order, tif }) => placeHash(order, tif)),
      ats: of(({ at }) => at),
      checkMargin: CHECK_MARGIN,
      eventIds: of(({ eventId }) => eventId),
      contexts: contextsOf(members),
    });
    this.#tell(rows);
    return rows;
  }

  async #close(members: readonly Member<Closing>[]): Promise<OutcomeRow[]> {
    const of = columnOf(members);
    const rows = await this.#context.pg.many(statements.close, {
      orderIds: of(({ orderId }) => orderId),
      scopeIds: of(({ scopeId }) => scopeId),
      accountIds: of(({ accountId }) => accountId),
      versions: of(({ version }) => version),
      statuses: of(({ status }) => status),
      reasons: of(({ reason }) => reason),
      ats: of(({ at }) => at),
      eventIds: of(({ eventId }) => eventId),
      contexts: contextsOf(members),
    });
    this.#tell(rows);
    return rows;
  }

  async #end(
    order: { orderId: string; accountId: string; parentId?: string | undefined },
    version: number | undefined,
    status: OrderStatus,
    reason: string,
  ): Promise<Order> {
    const { orderId, accountId } = order;
    const stamp = { at: this.#context.clock.now(), eventId: this.#context.ids.next() };
    const row = await this.#closing.submit({
      orderId,
      accountId,
      scopeId: scopeOf(order),
      version,
      status,
      reason,
      ...stamp,
    });
    return this.#answer(row, { orderId });
  }

  async #mark(
    order: { orderId: string; accountId: string; parentId?: string | undefined; reason?: string | undefined },
    status: string | undefined,
  ): Promise<Order> {
    const row = await this.#context.pg.one(statements.mark, {
      orderIds: arrayLiteral([order.orderId]),
      scopeIds: arrayLiteral([scopeOf(order)]),
      accountIds: arrayLiteral([order.accountId]),
      statuses: arrayLiteral([status]),
      reasons: arrayLiteral([order.reason]),
      ats: arrayLiteral([this.#context.clock.now()]),
    });
    return this.#answer(row, { orderId: order.orderId });
  }

  #changed(row: OutcomeRow, details: Record<string, string>): Promise<Order> {
    this.#tell([row]);
    return this.#answer(row, details);
  }

  async #answer({ outcome, order_id }: OutcomeRow, details: Record<string, string>): Promise<Order> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, details, fields);
    const order = await this.#load(order_id);
    if (outcome === 'same') await this.#balances.refreshFromTables([order.accountId]);
    return order;
  }

  /** The last row of a statement carries the balances it changed. */
  #tell(rows: readonly OutcomeRow[]): void {
    if (!rows.some(({ outcome }) => outcome === 'ok')) return;
    const balances = rows.at(-1)?.balances;
    if (balances) this.#balances.refresh(balances);
    this.#onChange();
  }

  #stamp() {
    return {
      ats: arrayLiteral([this.#context.clock.now()]),
      eventIds: arrayLiteral([this.#context.ids.next()]),
      contexts: arrayLiteral([contextLiteral()]),
    };
  }

  async #find(orderId: string): Promise<Order | undefined> {
    const row = await this.#loader.load(orderId);
    return row && toOrder(row);
  }

  async #load(orderId: string): Promise<Order> {
    const order = await this.#find(orderId);
    if (!order) throw refusal('unknown-order', { orderId });
    return order;
  }
}

const columnOf =
  <Input>(members: readonly Member<Input>[]) =>
  (value: (input: Input) => string | number | boolean | undefined) =>
    arrayLiteral(members.map(({ input }) => value(input)));

const contextsOf = (members: readonly Member<unknown>[]) =>
  arrayLiteral(members.map(({ context }) => contextLiteral(context)));

const endOfDay = (at: Instant): Instant => instant.of(new Date(Math.floor(instant.millis(at) / DAY_MS + 1) * DAY_MS));

/** What a repeat must equal. The end of a day is ours and not the caller's, so it is left out. */
const placeHash = (order: Placing['order'], tif: string) =>
  requestHash(
    order.orderId,
    scopeOf(order),
    order.accountId,
    order.symbol,
    order.clientOrderId,
    order.side,
    order.type,
    tif,
    order.quantity,
    order.price,
    order.quoteBudget,
    order.selfTradePrevention,
    order.postOnly,
    order.pending,
    order.riskCheckId,
    order.validUntil,
    order.expiresAt,
  );

/** What was asked for and what the statement answered make the order. */
const toPlaced = (
  order: Placing['order'],
  tif: Order['timeInForce'],
  expiresAt: Instant | undefined,
  row: PlacedRow,
): Order =>
  toOrder({
    ...row,
    id: row.order_id,
    scope_id: scopeOf(order),
    account_id: order.accountId,
    symbol: order.symbol,
    client_order_id: order.clientOrderId ?? null,
    side: order.side,
    type: order.type,
    tif,
    post_only: order.postOnly,
    qty: order.quantity,
    limit_price: order.price ?? null,
    quote_budget: order.quoteBudget ?? null,
    stp_mode: order.selfTradePrevention,
    check_id: order.riskCheckId ?? null,
    valid_until: order.validUntil ?? null,
    expires_at: expiresAt ?? null,
  });
