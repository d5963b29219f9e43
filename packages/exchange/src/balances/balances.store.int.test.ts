import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
const key = (accountId: string) => `${t.exchange.identity.prefix}:balance:{${accountId}}`;
const kept = (accountId: string) => t.stores.redis.read('test', (client) => client.hgetall(key(accountId)));
const lifeOf = async (accountId: string) =>
  Number.parseInt(String(await t.stores.redis.read<unknown>('test', (client) => client.pttl(key(accountId)))), 10);
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

test('a balance that is read is kept, and each write brings its copy up', async () => {
  const { balances, ledger, holds } = t.exchange;
  await t.customer('copied', { USD: '10' });
  await balances.list('copied');
  await expect.poll(() => kept('copied')).toMatchObject({ complete: '1', USD: expect.stringMatching(/^1 10 0 0$/) });
  await ledger.deposit({ reference: 'c2', accountId: 'copied', asset: 'USD', amount: '5' });
  await holds.place({ kind: 'manual', reference: 'c', accountId: 'copied', asset: 'USD', amount: '2' });
  await expect.poll(() => kept('copied')).toMatchObject({ USD: '3 15 2 0' });
  expect(await balances.get({ accountId: 'copied', asset: 'USD' })).toEqual({
    asset: 'USD',
    available: '13',
    held: '2',
    total: '15',
    version: 3,
  });
});

test('a read sees what this process has written just before', async () => {
  const { balances, ledger } = t.exchange;
  await t.customer('own', { USD: '1' });
  await balances.list('own');
  await expect.poll(() => kept('own')).toMatchObject({ complete: '1' });
  for (let i = 2; i <= 40; i += 1) {
    await ledger.deposit({ reference: `own-${i}`, accountId: 'own', asset: 'USD', amount: '1' });
    expect(await balances.get({ accountId: 'own', asset: 'USD' })).toMatchObject({ total: String(i), version: i });
  }
});

test('copies of every way to change a balance are what the tables say', async () => {
  const { balances, matches, orders } = t.exchange;
  await t.customer('b', { USD: '1000' });
  await t.customer('s', { BTC: '10' });
  for (const accountId of ['b', 's']) await balances.list(accountId);
  const same = async () => {
    const tables = [await balances.list('b', { fresh: true }), await balances.list('s', { fresh: true })];
    await expect.poll(async () => [await balances.list('b'), await balances.list('s')]).toEqual(tables);
  };
  const buy = await t.place({ accountId: 'b', side: 'buy', quantity: '3' });
  await same();
  const sell = await t.place({ accountId: 's', side: 'sell', quantity: '2' });
  await matches.settle([t.match(sell, buy)]);
  await same();
  await orders.replace({ accountId: 'b', orderId: buy.id, version: 2, price: '50' });
  await same();
  await orders.cancel({ accountId: 'b', orderId: buy.id });
  await same();
});

test('an older copy never takes the place of a newer one', async () => {
  const { balances, ledger } = t.exchange;
  await t.customer('newer', { USD: '1' });
  await t.stores.redis.write('test', (client) => client.hset(key('newer'), 'complete', '1', 'USD', '99 1234 0 0'));
  await ledger.deposit({ reference: 'n2', accountId: 'newer', asset: 'USD', amount: '1' });
  await t.exchange.ledger.deposit({ reference: 'n3', accountId: 'newer', asset: 'BTC', amount: '1' });
  await expect.poll(() => kept('newer')).toMatchObject({ BTC: '1 1 0 0', USD: '99 1234 0 0' });
  expect((await balances.get({ accountId: 'newer', asset: 'USD' }, { fresh: true })).total).toBe('2');
});

test('a copy lives from its fill on and no longer, so that a lost refresh heals', async () => {
  const { balances, ledger } = t.exchange;
  await t.customer('aging', { USD: '1' });
  await balances.list('aging');
  await expect.poll(() => lifeOf('aging')).toBeGreaterThan(50_000);
  await t.stores.redis.write('test', (client) => client.pexpire(key('aging'), 1500));
  for (let i = 0; i < 3; i += 1) {
    await ledger.deposit({ reference: `aging-${i}`, accountId: 'aging', asset: 'BTC', amount: '1' });
    await expect.poll(() => kept('aging')).toMatchObject({ BTC: expect.stringMatching(`^${i + 1} `) });
  }
  expect(await lifeOf('aging')).toBeLessThanOrEqual(1500);
});

test('without Redis balances come from the tables, and what was not taken is sent when it returns', async () => {
  const { balances, ledger } = t.exchange;
  await t.customer('down', { USD: '1' });
  await balances.list('down');
  await expect.poll(() => kept('down')).toMatchObject({ complete: '1' });
  {
    using _ = t.box.redis.down();
    await ledger.deposit({ reference: 'down-2', accountId: 'down', asset: 'USD', amount: '1' });
    expect((await balances.get({ accountId: 'down', asset: 'USD' })).total).toBe('2');
  }
  await t.exchange.ready();
  await expect.poll(() => kept('down').catch(() => ({}))).toMatchObject({ USD: '2 2 0 0' });
});

test('a write whose reply was lost shows in the copies once it is repeated', async () => {
  const { balances, holds, ledger, matches, orders } = t.exchange;
  await t.customer('lost-b', { USD: '1000', BTC: '1' });
  await t.customer('lost-s', { USD: '1', BTC: '10' });
  const accounts = ['lost-b', 'lost-s'];
  const copies = () => Promise.all(accounts.map(kept));
  const tables = async () => {
    await using facts = await t.facts();
    const rows = await facts.query<Record<'account_id' | 'asset' | 'copy', string>>(
      `select account_id, asset, concat_ws(' ', version, trim_scale(posted), trim_scale(held), trim_scale(overdraft)) as copy from facts_balances`,
    );
    return accounts.map((id) =>
      Object.fromEntries([
        ['complete', '1'],
        ...rows.filter(({ account_id }) => account_id === id).map(({ asset, copy }) => [asset, copy]),
      ]),
    );
  };
  const repeated = async <T>(match: RegExp, write: () => Promise<T>): Promise<T> => {
    for (const accountId of accounts) await balances.list(accountId);
    await expect.poll(copies).toEqual(await tables());
    using strike = t.box.postgres.cutAfterCommit({ match });
    await expect(write()).rejects.toMatchObject({ kind: 'outcome-unknown' });
    expect(await strike.struck).toBeDefined();
    const result = await write();
    await expect.poll(copies).toEqual(await tables());
    return result;
  };
  const amounts = { accountId: 'lost-b', asset: 'USD', amount: '1' };
  await repeated(/post_transaction/, () => ledger.deposit({ reference: 'lost', ...amounts }));
  await repeated(/place_hold/, () => holds.place({ kind: 'manual', reference: 'lost', ...amounts }));
  await repeated(/release_hold/, () => holds.release({ holdId: 'manual:lost', accountId: 'lost-b' }));
  const limit = { symbol: 'BTC-USD', type: 'limit', price: '100', quantity: '2' } as const;
  const buy = await repeated(/place_orders/, () =>
    orders.place({ ...limit, clientOrderId: 'lost', accountId: 'lost-b', side: 'buy' }),
  );
  const sell = await t.place({ accountId: 'lost-s', side: 'sell' });
  await repeated(/settle_matches/, () => matches.settle([t.match(sell, buy)]));
  await repeated(/close_orders/, () => orders.cancel({ orderId: buy.id, accountId: 'lost-b' }));
});

test('folded accounts, and sub-accounts, are always read from the tables', async () => {
  const { balances } = t.exchange;
  await t.customer('parent');
  await t.customer('parent/sub', { USD: '3' }, 'parent');
  await balances.list('external');
  await balances.list({ accountId: 'parent/sub', parentId: 'parent' });
  expect(await balances.list({ accountId: 'parent/sub', parentId: 'parent' })).toMatchObject([{ total: '3' }]);
  expect((await kept('external'))['complete']).toBeUndefined();
  expect((await kept('parent/sub'))['complete']).toBeUndefined();
});
