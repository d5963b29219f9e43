import { type AdapterContext, instant, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import {
  type ApplyFill,
  type CreateDeployment,
  type Order,
  type SubmitOrder,
  createTradingAdapter,
  definition,
} from './index.ts';

export const SYMBOL = 'BTC-USD';
export const VENUE = 'exchange';
export const ACCOUNT = 'alice';

export interface TestTrading extends AsyncDisposable {
  readonly box: Sandbox<{ trading: typeof createTradingAdapter }>;
  readonly trading: ReturnType<typeof createTradingAdapter>;
  /** A running deployment of a strategy of its own, under epoch 1. */
  deploy(deploymentId: string, over?: Partial<CreateDeployment>): Promise<string>;
  /** A market order of one bitcoin for the deployment `d` where nothing else is said. */
  submit(order?: Partial<SubmitOrder>): Promise<Order>;
  /** A fill of an order in full at 100, without a fee, the next of its market where nothing else is said. */
  fillOf(order: Order, over?: Partial<ApplyFill>): ApplyFill;
  /** Submits an order and fills it. */
  trade(
    side: 'buy' | 'sell',
    quantity: string,
    price: string,
    over?: Partial<SubmitOrder>,
    fill?: Partial<ApplyFill>,
  ): Promise<ApplyFill>;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  facts(): Promise<Facts>;
  /** All that is true, as text: what two moments are compared by. */
  everything(): Promise<string>;
}

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

/** A trading engine with the running deployment `d` of the strategy `s`; a `bare` one has nothing. */
export async function testTrading({
  bare = false,
  ...options
}: SandboxOptions & { bare?: boolean } = {}): Promise<TestTrading> {
  const box = await sandbox({ trading: createTradingAdapter }, options);
  const { trading } = box;
  const beside = openAdapter({ ...definition, options: { ...box.options('trading'), workers: false } });
  const besides = beside.mount();
  const facts = () => openFacts(definition, { instance: trading.identity.instance, admin: box.admin });
  let made = 0;
  const next = () => (made += 1);

  const t: TestTrading = {
    box,
    trading,
    async deploy(deploymentId, over = {}) {
      await trading.strategies.create({
        strategyId: 's',
        name: 'Crossing averages',
        kind: 'trend-following',
        symbols: [SYMBOL],
      });
      const { version } = await trading.strategies.publishVersion({
        strategyId: 's',
        codeHash: 'c0ffee',
        params: { fast: 5, slow: 20 },
      });
      await trading.deployments.create({
        deploymentId,
        strategyId: 's',
        strategyVersion: version,
        accountId: ACCOUNT,
        venue: VENUE,
        startingEquity: '10000',
        ...over,
      });
      await trading.deployments.attach({ deploymentId });
      await trading.deployments.report({ deploymentId, epoch: 1, actual: 'running' });
      return deploymentId;
    },
    submit: (order = {}) =>
      trading.orders.submit({
        clientOrderId: `c${next()}`,
        deploymentId: 'd',
        epoch: 1,
        symbol: SYMBOL,
        side: 'buy',
        quantity: '1',
        type: 'market',
        ...order,
      }),
    fillOf: (order, over = {}) => {
      const n = next();
      return {
        venue: order.venue,
        tradeId: `t${n}`,
        orderId: order.id,
        tradeSequence: n,
        accountId: order.accountId,
        symbol: order.symbol,
        side: order.side,
        price: '100',
        quantity: order.quantity,
        fee: '0',
        feeAsset: 'USD',
        matchedAt: instant.plusMillis(instant.of('2026-01-01T00:00:00Z'), n),
        ...over,
      };
    },
    async trade(side, quantity, price, over = {}, fill = {}) {
      const order = await t.submit({ side, quantity, ...over });
      const filled = t.fillOf(order, { price, ...fill });
      await trading.fills.apply(filled);
      return filled;
    },
    stores: beside.context,
    facts,
    async everything() {
      await using reader = await facts();
      const views = await reader.query<{ name: string }>(
        "select viewname as name from pg_views where schemaname = current_schema() and viewname ~ '^facts_' and viewname !~ 'publications|checkpoints' order by 1",
      );
      const text: string[] = [];
      for (const { name } of views) {
        const rows = await reader.query<{ row: string }>(
          `select (to_jsonb(t) - 'publish_seq')::text as row from ${name} as t order by 1`,
        );
        text.push(`${name}:`, ...rows.map(({ row }) => row));
      }
      return text.join('\n');
    },
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
  if (!bare) await t.deploy('d');
  return t;
}
