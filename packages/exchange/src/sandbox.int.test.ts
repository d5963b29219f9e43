import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { createExchangeAdapter } from './index.ts';

test('fund makes what is missing, keeps what is there, and is the same when it is repeated', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  const { exchange } = box;
  await exchange.markets.registerAsset({ asset: 'ETH', scale: 3 });
  for (let i = 0; i < 2; i += 1) await box.fund('alice', { USD: '10000', ETH: '2.5' });
  await Promise.all([
    box.fund('bob', { BTC: '1.00' }),
    box.fund('bob', { BTC: '1' }),
    box.fund('carol', { BTC: '0.5' }),
  ]);
  await box.fund('alice', { USD: '1' });

  expect((await exchange.getAccountPortfolio('alice', { fresh: true })).balances).toMatchObject([
    { asset: 'ETH', total: '2.5' },
    { asset: 'USD', total: '10001' },
  ]);
  expect((await exchange.getAccountPortfolio('bob', { fresh: true })).balances).toMatchObject([
    { asset: 'BTC', available: '1' },
  ]);
  expect((await exchange.markets.list()).items).toMatchObject([
    { symbol: 'BTC-USD', tickSize: '0.01', lotSize: '0.00000001', status: 'open' },
    { symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.001' },
  ]);
  await expect(box.fund('alice', { USD: 'ten' })).rejects.toThrow(RangeError);
  await expect(box.fund('no such id', { USD: '10' })).rejects.toMatchObject({ kind: 'invalid-input' });
});
