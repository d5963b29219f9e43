import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Copy,
  type CopyStore,
  type Instant,
  type Listing,
  type Member,
  type Projection,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import type { OrderStatus } from './order-states.ts';
import {
  type FindClientOrder,
  type FindOrderOfVenue,
  type ListOrders,
  type Order,
  type OrderEvent,
  type Orders,
  type RejectOrder,
  type RequestOrderChange,
  type SubmitOrder,
  type UpdateOrder,
  findClientOrder,
  findOrderOfVenue,
  listOrders,
  rejectOrder,
  requestOrderChange,
  submitOrder,
  updateOrder,
} from './orders.ts';
import { type OutcomeRow, asOrder, statements } from './order-statements.ts';

const db = queryBuilder<Tables>();

const one = z.strictObject({ orderId: idInput });
const operations = {
  submit: operation('trading.orders.submit', submitOrder, (input) => input.orderId ?? input.clientOrderId),
  update: operation('trading.orders.update', updateOrder, (input) => input.orderId),
  reject: operation('trading.orders.reject', rejectOrder, (input) => input.orderId),
  requestChange: operation('trading.orders.requestChange', requestOrderChange, (input) => input.orderId),
  find: operation('trading.orders.find', one),
  get: operation('trading.orders.get', one),
  findByClientOrderId: operation('trading.orders.findByClientOrderId', findClientOrder),
  findByVenueOrderId: operation('trading.orders.findByVenueOrderId', findOrderOfVenue),
  list: operation('trading.orders.list', listOrders),
  listWorking: operation('trading.orders.listWorking', z.strictObject({ deploymentId: idInput })),
  listEvents: operation('trading.orders.listEvents', one),
};

interface Updating {
  orderId: string;
  venue: string | undefined;
  version: number;
  status: OrderStatus;
  cumulativeQuantity: string;
  quantity?: string | undefined;
  price?: string | undefined;
  venueOrderId?: string | undefined;
  reason?: string | undefined;
  at: Instant;
}

export class OrderRepository implements Orders {
  readonly #context: AdapterContext;
  readonly #working: CopyStore<Order>;
  readonly projection: Projection;
  readonly #updating: Batcher<Updating, OutcomeRow>;

  constructor(context: AdapterContext, working: CopyStore<Order>) {
    this.#context = context;
    this.#working = working;
    this.projection = working.projection('working-orders', (deploymentId) => this.#copied(deploymentId));
    this.#updating = new Batcher(
      { name: 'orders.update', batch: (members) => this.#update(members) },
      context.telemetry,
    );
  }

  submit(input: SubmitOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.submit, input, options, async (order) => {
      const { clock, ids, pg } = this.#context;
      const { deploymentId, orderId, clientOrderId, epoch: _epoch, run, fence, ...content } = order;
      const row = await pg.one(statements.submit, {
        id: orderId ?? ids.next(),
        deploymentId,
        epoch: order.epoch,
        symbol: order.symbol,
        clientOrderId,
        signalId: order.signalId,
        side: order.side,
        type: order.type,
        timeInForce: order.timeInForce ?? (order.type === 'market' ? 'ioc' : 'gtc'),
        quantity: order.quantity,
        price: order.price,
        stopPrice: order.stopPrice,
        quoteBudget: order.quoteBudget,
        leg: order.leg,
        closeLots: order.closeLots && arrayLiteral(order.closeLots),
        tag: order.tag,
        exitReason: order.exitReason,
        riskCheckId: order.riskCheckId,
        validUntil: order.validUntil,
        expiresAt: order.expiresAt,
        run,
        fence,
        requestHash: requestHash(deploymentId, orderId, clientOrderId, content),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      return this.#answer(row, { deploymentId });
    });
  }

  update(input: UpdateOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.update, input, options, async (update) =>
      this.#answer(await this.#updating.submit(update), { orderId: update.orderId }),
    );
  }

  reject(input: RejectOrder, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.reject, input, options, async ({ orderId, reason }) => {
      const order = await this.#load(orderId);
      const at = this.#context.clock.now();
      const row = await this.#updating.submit({
        orderId,
        venue: order.venue,
        version: 0,
        status: 'rejected',
        cumulativeQuantity: '0',
        reason,
        at,
      });
      if (row.outcome === 'stale' && row.order?.status !== 'rejected') throw refusal('illegal-transition', { orderId });
      return this.#answer(row, { orderId });
    });
  }

  requestChange(input: RequestOrderChange, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.requestChange, input, options, async ({ orderId, change, reason }) => {
      const row = await this.#context.pg.one(statements.requestChange, {
        id: orderId,
        change,
        reason,
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      return this.#answer(row, { orderId });
    });
  }

  find(orderId: string, options?: CallOptions): Promise<Order | undefined> {
    return this.#context.run(operations.find, { orderId }, options, (input) => this.#find(input.orderId));
  }

  get(orderId: string, options?: CallOptions): Promise<Order> {
    return this.#context.run(operations.get, { orderId }, options, (input) => this.#load(input.orderId));
  }

  findByClientOrderId(input: FindClientOrder, options?: CallOptions): Promise<Order | undefined> {
    return this.#context.run(
      operations.findByClientOrderId,
      input,
      options,
      async (given) => (await this.#context.pg.maybe(statements.findByClientOrderId, given))?.order,
    );
  }

  findByVenueOrderId(input: FindOrderOfVenue, options?: CallOptions): Promise<Order | undefined> {
    return this.#context.run(
      operations.findByVenueOrderId,
      input,
      options,
      async (given) => (await this.#context.pg.maybe(statements.findByVenueOrderId, given))?.order,
    );
  }

  list(input: ListOrders, options?: CallOptions): Listing<Order> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { deploymentId, strategyId, symbol, side, status, from, to, sort, cursor, limit } = given;
        const oldest = sort === 'oldest';
        let query = db
          .selectFrom('orders as o')
          .select(asOrder)
          .orderBy('o.submitted_at', oldest ? 'asc' : 'desc')
          .orderBy('o.id', oldest ? 'asc' : 'desc')
          .limit(limit + 1);
        if (deploymentId !== undefined) query = query.where('o.deployment_id', '=', deploymentId);
        if (strategyId !== undefined)
          query = query.where('o.deployment_id', 'in', (of) =>
            of.selectFrom('deployments').select('id').where('strategy_id', '=', strategyId),
          );
        if (symbol !== undefined) query = query.where('o.symbol', '=', symbol);
        if (side !== undefined) query = query.where('o.side', '=', side);
        if (status !== undefined) query = query.where('o.status', 'in', status);
        if (from !== undefined) query = query.where('o.submitted_at', '>=', from);
        if (to !== undefined) query = query.where('o.submitted_at', '<', to);
        if (cursor)
          query = query.where(
            sql<boolean>`(o.submitted_at, o.id) ${sql.raw(oldest ? '>' : '<')} (${cursor[0]}::timestamptz, ${cursor[1]})`,
          );
        const rows = await this.#context.pg.query('trading.orders.list', 'replica', query);
        return toPage(
          rows.map(({ order }) => order),
          limit,
          ({ submittedAt, id }) => [submittedAt, id],
        );
      }),
    );
  }

  listWorking(deploymentId: string, options?: CallOptions): Promise<Order[]> {
    return this.#context.run(operations.listWorking, { deploymentId }, options, (input, { fresh }) =>
      this.#working.read(input.deploymentId, fresh, () => this.#copied(input.deploymentId)),
    );
  }

  async #copied(deploymentId: string): Promise<Copy<Order>[]> {
    return (await this.#context.pg.many(statements.listWorking, { deploymentId })).map(({ order }) =>
      copyOfOrder(order),
    );
  }

  listEvents(orderId: string, options?: CallOptions): Promise<OrderEvent[]> {
    return this.#context.run(operations.listEvents, { orderId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, input);
      return rows.map((row) =>
        present({
          version: row.version,
          type: row.type,
          status: row.status,
          quantity: row.qty,
          price: row.limit_price,
          cumulativeQuantity: row.cum_qty,
          leavesQuantity: row.leaves_qty,
          filledQuantity: row.filled_qty,
          venueVersion: row.venue_version,
          tradeId: row.trade_id,
          reason: row.reason,
          actor: row.actor,
          occurredAt: row.occurred_at,
        }),
      );
    });
  }

  async #update(members: readonly Member<Updating>[]): Promise<OutcomeRow[]> {
    const of = (value: (update: Updating) => string | number | undefined) =>
      arrayLiteral(members.map(({ input }) => value(input)));
    return this.#context.pg.many(statements.update, {
      ids: of(({ orderId }) => orderId),
      venues: of(({ venue }) => venue),
      versions: of(({ version }) => version),
      statuses: of(({ status }) => status),
      cums: of(({ cumulativeQuantity }) => cumulativeQuantity),
      quantities: of(({ quantity }) => quantity),
      prices: of(({ price }) => price),
      venueOrderIds: of(({ venueOrderId }) => venueOrderId),
      reasons: of(({ reason }) => reason),
      ats: of(({ at }) => at),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
  }

  #answer({ outcome, order }: OutcomeRow, details: Record<string, string>): Order {
    if (outcome !== 'ok' && outcome !== 'same' && outcome !== 'stale') throw refusal(outcome, details, fields);
    this.#working.refresh([copyOfOrder(order!)]);
    return order!;
  }

  async #find(id: string): Promise<Order | undefined> {
    return (await this.#context.pg.maybe(statements.find, { id }))?.order;
  }

  async #load(orderId: string): Promise<Order> {
    const order = await this.#find(orderId);
    if (!order) throw refusal('unknown-order', { orderId });
    return order;
  }
}

const fields = {
  'leg-missing': 'leg',
  'leg-in-netting': 'leg',
  'check-expired': 'validUntil',
  'inconsistent-quantities': 'cumulativeQuantity',
} as const;

/** As it is among the working orders of its deployment: gone once it is closed. */
export const copyOfOrder = (order: Order): Copy<Order> => ({
  id: order.deploymentId,
  field: order.id,
  version: order.version,
  value: order.closedAt === undefined ? order : null,
});
