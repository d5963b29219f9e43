import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, type KeyOf, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import { createMarketDataAdapter, definition } from './index.ts';

export const SYMBOL = 'BTC-USD';

export interface TestMarketData extends AsyncDisposable {
  readonly box: Sandbox<{ marketData: typeof createMarketDataAdapter }>;
  readonly marketData: ReturnType<typeof createMarketDataAdapter>;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  readonly keys: Record<keyof typeof definition.families, KeyOf>;
  facts(): Promise<Facts>;
}

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

/** A market-data adapter with the instruments BTC-USD, ETH-USD and BTC-USDT; a `bare` one has none. */
export async function testMarketData({
  bare = false,
  ...options
}: SandboxOptions & { bare?: boolean } = {}): Promise<TestMarketData> {
  const box = await sandbox({ marketData: createMarketDataAdapter }, options);
  const { marketData } = box;
  if (!bare)
    for (const symbol of [SYMBOL, 'ETH-USD', 'BTC-USDT'])
      await marketData.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.00000001' });
  const beside = openAdapter({ ...definition, options: { ...box.options('marketData'), workers: false } });
  const besides = beside.mount();
  // What Redis says first is believed once the epoch stands there.
  while (
    options.options?.workers !== false &&
    !(await beside.epoch.ensure().then(
      () => true,
      () => false,
    ))
  )
    await sleep(20);
  return {
    box,
    marketData,
    stores: beside.context,
    keys: beside.keys,
    facts: () => openFacts(definition, { instance: marketData.identity.instance, admin: box.admin }),
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** A minute of the test day: `minute(3)` is 00:03, `minute(3, 15)` fifteen seconds later. */
export const minute = (n: number, seconds = 0): string =>
  new Date(Date.UTC(2026, 0, 5) + n * 60_000 + seconds * 1000).toISOString();

/** Takes away what the adapter has in Redis of these symbols, with its epoch: as a server without persistence does when it starts again. */
export async function emptyRedis({ stores, keys }: TestMarketData, ...symbols: string[]): Promise<void> {
  const all = symbols.flatMap((symbol) =>
    [keys.price, keys.ticks, keys.quote, keys.book].flatMap((key) => [key(symbol), key(symbol, 'log')]),
  );
  await stores.redis.write('test.empty', async (client) => {
    for (const key of [stores.coreKeys.epoch('all'), ...all]) await client.del(key);
  });
}
