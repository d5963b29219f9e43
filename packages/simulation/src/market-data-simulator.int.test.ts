import { createMarketDataAdapter } from '@tse/market-data';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { TAPE_VENUE, openMarketDataSimulator } from './market-data-simulator.ts';
import { checkMarketTape } from './market-tape.ts';
import type { Print, PrintSource } from './prints/print.ts';
import { surveyPrints } from './prints/survey.ts';

const START = Date.parse('2026-03-01T00:00:30Z');

/** Bursts in one instant, minutes without a print, prices that come back. */
function tape(count: number): PrintSource {
  const prints = Array.from({ length: count }, (_, i): Print => {
    const seconds = Math.floor(i / 3) * 7 + (i > 150 ? 3600 : 0);
    const cents = 10_000 + ((i * 37) % 101) - 50;
    return {
      id: `p${i}`,
      price: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`,
      quantity: `0.${String(1 + ((i * 13) % 997)).padStart(4, '0')}`,
      taker: i % 5 < 2 ? 'buy' : 'sell',
      at: new Date(START + seconds * 1000).toISOString().replace('Z', '000Z'),
      sequence: i + 1,
    };
  });
  return {
    name: 'tape',
    base: 'BTC',
    quote: 'USD',
    read: async function* read() {
      yield* prints;
    },
  };
}

async function replayed(count: number) {
  const box = await sandbox({ marketData: createMarketDataAdapter }, { start: new Date(START) });
  const source = tape(count);
  const survey = await surveyPrints(source);
  const prints = await Array.fromAsync(source.read());
  const open = () => openMarketDataSimulator(box.marketData, { survey, clock: box.clock });
  return { box, source, survey, prints, open, [Symbol.asyncDispose]: () => box[Symbol.asyncDispose]() };
}

test('prints become trades, ticks with quotes, and candles; the tape agrees with itself', async () => {
  await using t = await replayed(1_300);
  const { marketData } = t.box;
  await using simulator = await t.open();
  for (let i = 0; i < t.prints.length; i += 64) {
    const some = t.prints.slice(i, i + 64);
    await t.box.clock.set(some.at(-1)!.at);
    await simulator.replay(some);
  }
  await simulator.drain();
  expect(simulator.tally).toEqual({ trades: 1_300, ticks: 1_300, quotes: 1_300 });
  const [invariant] = await checkMarketTape(marketData, t.survey.symbol, t.source);
  expect(invariant).toMatchObject({ name: 'tape', ok: true });
  expect(invariant!.compared).toBeGreaterThan(2_300);
  const last = t.prints.at(-1)!;
  expect(await marketData.prices.get({ symbol: 'BTC-USD' })).toMatchObject({ eventAt: last.at, sequence: 1_300 });
  const [buy] = t.prints.filter(({ taker }) => taker === 'buy').slice(-1);
  const tick = (await marketData.prices.recent({ symbol: 'BTC-USD' })).find(
    ({ sequence }) => sequence === buy!.sequence,
  )!;
  expect(tick.ask).toBe(tick.price);
  expect(await marketData.quotes.get({ symbol: 'BTC-USD', source: TAPE_VENUE })).toMatchObject({ sequence: 1_300 });
});

test('a simulator that comes after one that ended half-way records only what is left', async () => {
  await using t = await replayed(300);
  {
    await using simulator = await t.open();
    await simulator.replay(t.prints.slice(0, 200));
  }
  await t.box.clock.set(t.prints.at(-1)!.at);
  await using simulator = await t.open();
  await simulator.replay(t.prints);
  await simulator.drain();
  expect(simulator.tally).toEqual({ trades: 100, ticks: 100, quotes: 100 });
  expect(await checkMarketTape(t.box.marketData, t.survey.symbol, t.source)).toMatchObject([{ ok: true }]);
});

test('what differs is found: a trade too many, one that is missing, a candle that was changed', async () => {
  await using t = await replayed(400);
  const { marketData } = t.box;
  await using simulator = await t.open();
  await simulator.replay(t.prints);
  await t.box.clock.set(t.prints.at(-1)!.at);
  await simulator.drain();
  const { symbol } = t.survey;
  const check = (source: PrintSource) => checkMarketTape(marketData, symbol, source);
  expect(await check(tape(399))).toMatchObject([{ ok: false, problem: 'trade p399 is no print' }]);
  expect(await check(tape(401))).toMatchObject([{ ok: false, problem: 'print p400 is no trade' }]);

  const series = { symbol, interval: '1m', source: TAPE_VENUE };
  const [candle] = await marketData.candles.range({
    ...series,
    from: new Date(START - 60_000),
    to: new Date(START + 60_000),
  });
  const { revision: _, recordedAt: __, ...same } = candle!;
  await marketData.candles.upsert({ ...series, candles: [{ ...same, baseVolume: `${candle!.baseVolume}1` }] });
  expect(await check(t.source)).toMatchObject([
    { ok: false, problem: expect.stringMatching(/^the 1m candle of 2026-03-01T00:00:00.000000Z has the baseVolume/) },
  ]);
});

test('a reply that is lost after the commit is made up for, and nothing is there twice', async () => {
  await using t = await replayed(100);
  await using simulator = await t.open();
  const strike = t.box.postgres.cutAfterCommit({ match: /record_trades/ });
  await t.box.clock.set(t.prints.at(-1)!.at);
  await simulator.replay(t.prints);
  await strike.struck;
  await simulator.drain();
  expect(await checkMarketTape(t.box.marketData, t.survey.symbol, t.source)).toMatchObject([{ ok: true }]);
});
