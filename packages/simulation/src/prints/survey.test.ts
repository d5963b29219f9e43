import { expect, test } from 'vitest';
import type { Print, PrintSource } from './print.ts';
import { sp500Prints } from './sp500.ts';
import { surveyPrints } from './survey.ts';

function sourceOf(...pairs: [price: string, quantity: string][]): PrintSource {
  const prints = pairs.map(([price, quantity], index): Print => ({
    id: `${index}`,
    price,
    quantity,
    taker: 'buy',
    at: `2019-10-11T00:00:0${index}.000000Z`,
    sequence: index + 1,
  }));
  return {
    name: 'drawn.csv',
    base: 'XRP',
    quote: 'ETH',
    async *read() {
      yield* prints;
    },
  };
}

test('the scales come from the finest digit anywhere, zeros at the end not counted', async () => {
  expect(
    await surveyPrints(
      sourceOf(['0.0014', '23.00000000'], ['0.00141342', '5.00000000'], ['0.00150000', '10.50000000']),
    ),
  ).toEqual({
    symbol: 'XRP-ETH',
    base: 'XRP',
    quote: 'ETH',
    prints: 3,
    priceScale: 8,
    quantityScale: 1,
    tickSize: '0.00000001',
    lotSize: '0.1',
    lowestPrice: '0.0014',
    highestPrice: '0.0015',
    largestQuantity: '23',
    quantity: '38.5',
    quoteQuantity: '0.0550171',
    firstAt: '2019-10-11T00:00:00.000000Z',
    lastAt: '2019-10-11T00:00:02.000000Z',
  });
});

test('whole numbers have a tick and a lot of one', async () => {
  expect(await surveyPrints(sourceOf(['100', '7']))).toMatchObject({ tickSize: '1', lotSize: '1' });
});

test('a source without prints is refused', async () => {
  await expect(surveyPrints(sourceOf())).rejects.toThrow('drawn.csv holds no trades.');
});

test('digits whose product no amount can hold are refused', async () => {
  await expect(surveyPrints(sourceOf(['0.0000000001', '0.000000001']))).rejects.toThrow(
    'prices with 10 decimals and quantities with 9',
  );
});

test('the year 2019 is what the package ships', async () => {
  expect(await surveyPrints(sp500Prints(2019))).toMatchObject({
    symbol: 'SPX-USD',
    prints: 1008,
    tickSize: '0.000001',
    lotSize: '1',
    quantity: '892267400000',
  });
});
