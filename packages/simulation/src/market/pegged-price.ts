import { decimal, instant } from '@tse/core';
import { type EffectiveModifier, type MarketDataAdapter, manipulatedPrice } from '@tse/market-data';
import { fromUnits, toUnits } from '../fixed-point.ts';
import { drawsOf } from '../participants/draws.ts';
import { repeatUnknown } from '../repeat-unknown.ts';

/** Fraction digits of its price. */
const SCALE = 6;
/** In millionths: how far noise takes the price in one move, and which share of its distance from the peg it comes back. */
const NOISE = 300;
const COMES_BACK_BY = 5;
const PEG = 1_000_000;

/** The price of a stablecoin: a seeded run of a price scenario, in which each move has its true causes. */
export interface PeggedPrice {
  readonly symbol: string;
  /** Makes the next move, under what is done to the symbol, and answers the price. */
  move(at: string, effect: EffectiveModifier, causes: readonly string[]): Promise<{ price: string; sequence: number }>;
}

/** Registers the symbol and starts its scenario run, or goes on with it. The same seed moves alike. */
export async function openPeggedPrice(
  { instruments, scenarios, scenarioRuns }: Pick<MarketDataAdapter, 'instruments' | 'scenarios' | 'scenarioRuns'>,
  { symbol, seed }: { symbol: string; seed: string },
): Promise<PeggedPrice> {
  await instruments.register({ symbol, tickSize: '0.000001', stepSize: '0.01' });
  const scenarioId = `peg/${symbol}`;
  await scenarios.define({
    scenarioId,
    name: `${symbol} at its peg`,
    spec: {
      type: 'mean-reverting',
      model: 'mean-reversion',
      symbols: [{ symbol, startPrice: '1' }],
      duration: 'P10000D',
      step: 'PT1M',
    },
  });
  const scenarioRunId = `${scenarioId}/${seed}`;
  const begun =
    (await scenarioRuns.find(scenarioRunId)) ?? (await scenarioRuns.start({ scenarioRunId, scenarioId, seed }));
  let last = begun.prices[symbol] ?? '1';
  let sequence = begun.lastSequence;
  /** What it would be if nobody did anything to it, in millionths. */
  let own = Number(toUnits(last, SCALE));
  let manipulation: string | undefined;

  return {
    symbol,
    async move(at, effect, manipulations) {
      sequence += 1;
      const reversion = Math.trunc((PEG - own) / COMES_BACK_BY);
      const noise = drawsOf(`${scenarioRunId}/${sequence}`)(2 * NOISE + 1) - NOISE;
      own += reversion + noise;
      const price = manipulatedPrice(decimal.of(fromUnits(BigInt(own), SCALE)), effect, SCALE) ?? last;
      manipulation = manipulations[0] ?? manipulation;
      const rest = toUnits(price, SCALE) - toUnits(last, SCALE) - BigInt(reversion + noise);
      const causes = [
        { kind: 'reversion', delta: BigInt(reversion) } as const,
        { kind: 'noise', delta: BigInt(noise) } as const,
        // Also when it ends: the price comes back because what held it is gone.
        { kind: 'manipulation', delta: rest, ...(manipulation !== undefined && { causeId: manipulation }) } as const,
      ].filter(({ delta }) => delta !== 0n);
      const move = {
        symbol,
        from: last,
        to: price,
        at: instant.of(at),
        causes: causes.map(({ delta, ...cause }) => ({ ...cause, delta: fromUnits(delta, SCALE) })),
      };
      await repeatUnknown(
        () => scenarioRuns.record({ scenarioRunId, firstSequence: sequence, moves: [move] }),
        scenarioRunId,
      );
      last = price;
      return { price, sequence };
    },
  };
}
