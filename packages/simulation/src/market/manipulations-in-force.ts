import { type FeedCause, type Instant, causeOf, currentContext, instant } from '@tse/core';
import { type EffectiveModifier, type MarketDataAdapter, composeModifiers } from '@tse/market-data';
import type { FaultHandlers, ToldFault } from '../fault-targets.ts';

/** Of one source alone: the others go on as they were. */
export const OF_MIRROR = 'mirror/';

type InForce = Awaited<ReturnType<MarketDataAdapter['manipulations']['getEffect']>>['manipulations'][number];

/** What is done to the prices of a symbol, and by whom. */
export interface Effect {
  readonly modifier: EffectiveModifier;
  readonly manipulations: readonly string[];
  /** What prices under it follow from: what had it injected. */
  readonly because: FeedCause;
}

/** What is in force, for any moment after one. */
export interface EffectsSince {
  at(moment: string, source: 'tape' | 'mirror'): Effect;
}

/** The faults of market data: each is a manipulation of a symbol's prices, in force until it is undone or its time is over. */
export interface ManipulationsInForce {
  readonly faults: FaultHandlers;
  /** What was in force for a symbol at a moment, and how long after it. */
  since(symbol: string, from: Instant): Promise<EffectsSince>;
}

const kinds = {
  depeg: 'price-shift',
  'price-shift': 'price-shift',
  'price-crash': 'flash-crash',
  'price-divergence': 'price-shift',
} as const;
const isOurs = (kind: string): kind is keyof typeof kinds => kind in kinds;

export function manipulationsInForce({
  manipulations,
}: Pick<MarketDataAdapter, 'manipulations'>): ManipulationsInForce {
  const idOf = ({ faultId, kind }: ToldFault) => `${kind === 'price-divergence' ? OF_MIRROR : ''}${faultId}`;
  const causes = new Map<string, FeedCause>();
  return {
    faults: {
      async inject(fault) {
        const { kind, params, mustEndBy, runId: run, fence } = fault;
        if (!isOurs(kind)) throw new RangeError(`market data has no fault ${kind}`);
        const { symbol, by } = params as { symbol: string; by: string | number };
        const of = { manipulationId: idOf(fault), run, fence };
        const priceShiftBps = Math.round(Number(by) * 10_000);
        await manipulations.plan({
          ...of,
          symbol,
          kind: kinds[kind],
          modifier: { priceShiftBps },
          endsAt: mustEndBy,
          cause: kind,
        });
        causes.set(idOf(fault), causeOf(currentContext()));
        await manipulations.inject(of);
        await manipulations.activate(of);
      },
      async undo(fault) {
        const { runId: run, fence } = fault;
        await manipulations.recover({ manipulationId: idOf(fault), run, fence, cause: 'undone' });
      },
    },
    async since(symbol, from) {
      const { manipulations: active } = await manipulations.getEffect({ symbol, at: from });
      return {
        at(moment, source) {
          const inForce = active.filter(
            ({ manipulationId, endsAt }: InForce) =>
              (endsAt === undefined || instant.of(moment) < endsAt) &&
              (source === 'mirror' || !manipulationId.startsWith(OF_MIRROR)),
          );
          return {
            modifier: composeModifiers(inForce.map(({ modifier }) => modifier)),
            manipulations: inForce.map(({ manipulationId }) => manipulationId),
            because: causes.get(inForce[0]?.manipulationId ?? '') ?? {},
          };
        },
      };
    },
  };
}
