import { describe, expect, test } from 'vitest';
import { isAggTradeHeader, parseAggTrade } from './agg-trades.ts';
import { isKlineHeader, parseKline } from './klines.ts';
import { Scales, stepOf } from './scales.ts';

describe('an aggregate trade', () => {
  test('is read with its digits, the side that took and the time', () => {
    expect(parseAggTrade('13519807,0.00141342,23.00000000,15373518,15373518,1570752011620,True')).toEqual({
      row: {
        id: '13519807',
        price: '0.00141342',
        quantity: '23.00000000',
        taker: 'sell',
        at: '2019-10-11T00:00:11.620000Z',
      },
    });
    expect(parseAggTrade('7, 95000.01, 0.00042, 1, 2, 1735689600123456, false, true')).toMatchObject({
      row: { taker: 'buy', at: '2025-01-01T00:00:00.123456Z' },
    });
  });
  test('may have a header before it', () => {
    expect(
      isAggTradeHeader('agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker'),
    ).toBe(true);
    expect(isAggTradeHeader('13519807,0.1,1,1,1,1570752011620,True')).toBe(false);
    expect(isAggTradeHeader('PK,not,a,csv')).toBe(false);
  });
  test.each([
    ['1,2,3', 'a trade has 7 columns, here are 3'],
    ['x,0.1,1,1,1,1570752011620,True', 'trade id "x" is not a whole number'],
    ['1,1e-05,1,1,1,1570752011620,True', 'price "1e-05" is not a plain decimal above zero'],
    ['1,0.1,0.00000000,1,1,1570752011620,True', 'quantity "0.00000000" is not a plain decimal above zero'],
    ['1,0.1,1,1,1,1570752011,True', 'time "1570752011" is no epoch in milliseconds or microseconds'],
    ['1,0.1,1,1,1,1570752011620,yes', '"yes" does not say whether the buyer was the maker (True or False)'],
  ])('%s is none: %s', (line, reason) => expect(parseAggTrade(line)).toEqual({ reason }));
});

describe('a kline', () => {
  const kline = '1509836520000,0.00162008,0.00162010,0.00162000,0.00162001,108.14853839,1509836579999';
  test('is read from seven columns', () => {
    expect(parseKline(kline)).toEqual({
      row: {
        openTime: '2017-11-04T23:02:00.000000Z',
        open: '0.00162008',
        high: '0.00162010',
        low: '0.00162000',
        close: '0.00162001',
        baseVolume: '108.14853839',
        length: 60_000_000,
      },
    });
  });
  test('is read from all twelve, in microseconds', () => {
    const all = '1735689600000000,1,3,1,2,10,1735689659999999,20.5,17,4,8.25,0';
    expect(parseKline(all)).toMatchObject({
      row: {
        openTime: '2025-01-01T00:00:00.000000Z',
        quoteVolume: '20.5',
        tradeCount: 17,
        takerBaseVolume: '4',
        takerQuoteVolume: '8.25',
        length: 60_000_000,
      },
    });
    expect(isKlineHeader('open_time,open,high,low,close,volume,close_time')).toBe(true);
  });
  test.each([
    ['1509836520000,1,1,1,1,1', 'a candle has 7 columns, here are 6'],
    ['1509836520,1,1,1,1,1,1509836579', 'open time "1509836520" is no epoch in milliseconds or microseconds'],
    [
      '1509836520000,1,1,1,1,1,1509836579999000',
      'close time "1509836579999000" is no epoch in milliseconds or microseconds',
    ],
    ['1509836520000,1,1,0,1,1,1509836579999', 'low "0" is not a plain decimal above zero'],
    ['1509836520000,1,1,1,1,-1,1509836579999', 'volume "-1" is not a plain decimal of zero or above'],
    ['1509836520000,1,1,1,1,1,1509836519000', 'its close time is before its open time'],
    ['1509836520000,1,1,1,1,1,1509836579999,1,1.5,1,1', 'number of trades "1.5" is not a whole number'],
  ])('%s is none: %s', (line, reason) => expect(parseKline(line)).toEqual({ reason }));
});

test('scales are those that are printed, or those that are needed where the printed are too fine for both', () => {
  const of = (prices: string[], quantities: string[]) => {
    const scales = new Scales();
    for (const price of prices) scales.add('price', price);
    for (const quantity of quantities) scales.add('quantity', quantity);
    return scales.found;
  };
  expect(of(['0.00141342', '1.5'], ['23.00000000', '7'])).toEqual({ price: 8, quantity: 8 });
  expect(of(['0.0014134200'], ['0.0000000100'])).toEqual({ price: 8, quantity: 8 });
  expect(of(['1'], ['2'])).toEqual({ price: 0, quantity: 0 });
  expect(() => of(['0.0000000001'], ['0.0000000001'])).toThrow(/more than the 18/);
  expect([stepOf(0), stepOf(2)]).toEqual(['1', '0.01']);
});
