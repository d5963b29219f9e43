import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../input-error.ts';
import { aggTradePrints } from './agg-trades.ts';
import { splitSymbol } from './symbol.ts';

const TRADE = '13519807,0.00141342,23.00000000,15373518,15373518,1570752011620,True';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trades-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string, name = 'XRPETH-aggTrades-2019-10-11.csv') {
  const path = join(folder, name);
  await writeFile(path, text);
  return Array.fromAsync(aggTradePrints(path).read());
}

describe('a bulk file', () => {
  test('gives each trade with its digits, the side that took and the time', async () => {
    expect(await read(`${TRADE}\n13519808,0.00141266,54.00000000,15373519,15373519,1570752011621,False`)).toEqual([
      {
        id: '13519807',
        price: '0.00141342',
        quantity: '23.00000000',
        taker: 'sell',
        at: '2019-10-11T00:00:11.620000Z',
        sequence: 1,
      },
      {
        id: '13519808',
        price: '0.00141266',
        quantity: '54.00000000',
        taker: 'buy',
        at: '2019-10-11T00:00:11.621000Z',
        sequence: 2,
      },
    ]);
  });

  test('may have a header, an eighth column and microseconds', async () => {
    const header =
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,is_best_match';
    expect(await read(`${header}\r\n7,95000.01,0.00042,1,2,1735689600123456,false,true\r\n`)).toEqual([
      { id: '7', price: '95000.01', quantity: '0.00042', taker: 'buy', at: '2025-01-01T00:00:00.123456Z', sequence: 2 },
    ]);
  });

  test.each([
    ['1,2,3', 'a trade has 7 columns, here are 3'],
    ['hello', 'a trade has 7 columns, here is 1'],
    ['x,0.1,1,1,1,1570752011620,True', 'trade id "x" is not a whole number'],
    ['13519808,1e-05,1,1,1,1570752011620,True', 'price "1e-05" is not a plain decimal above zero'],
    ['13519808,NaN,1,1,1,1570752011620,True', 'price "NaN" is not a plain decimal above zero'],
    ['13519808,-1,1,1,1,1570752011620,True', 'price "-1" is not a plain decimal above zero'],
    ['13519808,0.1,0.00000000,1,1,1570752011620,True', 'quantity "0.00000000" is not a plain decimal above zero'],
    ['13519808,0.1,,1,1,1570752011620,True', 'quantity "" is not a plain decimal above zero'],
    [
      '13519808,0.1,0.0000000000000000001,1,1,1570752011620,True',
      'quantity "0.0000000000000000001" is not a plain decimal above zero',
    ],
    ['13519808,0.1,1,1,1,1570752011,True', 'time "1570752011" is no epoch in milliseconds or microseconds'],
    ['13519808,0.1,1,1,1,1570752011620,yes', '"yes" does not say whether the buyer was the maker (True or False)'],
    ['13519807,0.1,1,1,1,1570752011620,True', 'trade id 13519807 comes after 13519807'],
  ])('%s is refused with its line', async (line, problem) => {
    const text = `${TRADE}\n\n${line}\n`;
    await expect(read(text)).rejects.toThrow(InputError);
    await expect(read(text)).rejects.toThrow(`XRPETH-aggTrades-2019-10-11.csv, line 3: ${problem}.`);
  });

  test('whose first line is no header and no trade is refused too', async () => {
    await expect(read('what is,not,a csv\n')).rejects.toThrow('line 1: a trade has 7 columns, here are 3');
  });
});

describe('the symbol', () => {
  test.each([
    ['XRPETH-aggTrades-2019-10-11.csv', 'XRP', 'ETH'],
    ['/data/BTCUSDT-aggTrades-2024-01.csv', 'BTC', 'USDT'],
    ['btc-usd-trades.csv', 'BTC', 'USD'],
    ['TUSDBTC_trades.csv', 'TUSD', 'BTC'],
  ])('is told by the name %s', (path, base, quote) => expect(aggTradePrints(path)).toMatchObject({ base, quote }));

  test('given by hand wins over the name', () =>
    expect(aggTradePrints('XRPETH-aggTrades.csv', 'xrp/usd')).toMatchObject({ base: 'XRP', quote: 'USD' }));

  test.each(['trades.csv', 'october.csv', 'FOOBAR-aggTrades.csv', 'ETH-aggTrades.csv'])(
    'is asked for where the name %s does not tell',
    (path) =>
      expect(() => aggTradePrints(path)).toThrow(
        'does not tell its symbol; add --symbol, for example --symbol XRP-ETH',
      ),
  );

  test.each(['', 'XRP', 'XRP-', 'XRP-XRP', 'XRP ETH', "x';drop table", 'FOOBAR'])('"%s" is no pair', (symbol) => {
    expect(() => aggTradePrints('XRPETH-aggTrades.csv', symbol)).toThrow(
      `--symbol "${symbol}" is not a pair such as XRP-ETH`,
    );
  });

  test.each([
    ['BTCTUSD', 'BTC', 'TUSD'],
    ['BTCFDUSD', 'BTC', 'FDUSD'],
    ['ETHBTC', 'ETH', 'BTC'],
    ['USDTTRY', 'USDT', 'TRY'],
  ])('%s is %s in %s', (symbol, base, quote) => expect(splitSymbol(symbol)).toEqual({ base, quote }));
});
