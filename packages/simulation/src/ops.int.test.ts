import { createMarketDataAdapter } from '@tse/market-data';
import { createTradingAdapter } from '@tse/trading';
import { sandbox } from '@tse/testkit';
import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openOpsPort } from './ops.ts';

test('the metrics of all adapters, and further ones, are served on one port until it is closed', async () => {
  await using box = await sandbox({ marketData: createMarketDataAdapter, trading: createTradingAdapter });
  const { marketData, trading } = box;
  const metrics = new Registry();
  new Counter({ name: 'prints_total', help: 'Prints that were replayed', registers: [metrics] }).inc(3);
  let port: number;
  {
    await using ops = await openOpsPort({ marketData, trading }, { port: 0, host: '127.0.0.1', metrics });
    ({ port } = ops);
    const served = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const { identity } of [marketData, trading])
      expect(served).toMatch(
        new RegExp(
          `^adapter_postgres_connections\\{adapter="${identity.name}",adapter_instance="${identity.label}",state="max"\\}`,
          'm',
        ),
      );
    expect(served).toMatch(/^prints_total 3$/m);
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);

    const taken = openOpsPort({ trading }, { port, host: '127.0.0.1' });
    await expect(taken).rejects.toThrow(`Port ${port} is taken: --ops-port needs one that is free.`);
  }
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
});
