import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { CheckRepository } from './checks/checks.repository.ts';
import type { Checks } from './checks/checks.ts';
import { expireReservations } from './checks/expire-reservations.worker.ts';
import { CopyStore } from './copies/copies.store.ts';
import { definition } from './definition.ts';
import { LimitUseStore } from './limits/limit-use.store.ts';
import { LimitRepository } from './limits/limits.repository.ts';
import type { LimitUse, Limits, TradingStateOf } from './limits/limits.ts';
import { TradingStateStore } from './limits/trading-state.store.ts';
import { MarkRepository } from './marks/marks.repository.ts';
import type { Mark, Marks } from './marks/marks.ts';
import type { PositionCopy } from './positions/position-rows.ts';
import { PositionRepository } from './positions/positions.repository.ts';
import type { Positions } from './positions/positions.ts';

/** The data of a risk monitor. */
export interface RiskAdapter extends BaseAdapter {
  readonly positions: Positions;
  readonly marks: Marks;
  readonly limits: Limits;
  readonly checks: Checks;
}

/**
 * Opens the risk monitor's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createRiskAdapter = Object.assign(
  (options?: AdapterOptions): RiskAdapter => {
    const { context, keys, relay, mount } = openAdapter({ ...definition, options });
    const copies = {
      positions: new CopyStore<PositionCopy>(context, keys.position),
      marks: new CopyStore<Mark>(context, keys.mark),
      tradingStates: new CopyStore<TradingStateOf>(context, keys.tradingState),
      limitUse: new CopyStore<{ measuredAt: number; uses: LimitUse[] }>(context, keys.limitUse),
    };
    const onChange = () => relay.wake();
    const checks = new CheckRepository(context, onChange);
    const base = mount({
      workers: [expireReservations(checks)],
      flush: Object.values(copies).map((store) => () => store.close()),
    });
    return {
      ...base,
      positions: new PositionRepository(context, copies.positions, onChange),
      marks: new MarkRepository(context, copies.marks, onChange),
      limits: new LimitRepository(
        context,
        new TradingStateStore(copies.tradingStates),
        new LimitUseStore(context, copies.limitUse),
        onChange,
      ),
      checks,
    };
  },
  { definition },
);
