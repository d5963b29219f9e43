import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from '@tse/core';
import type { DueSettlementStore } from './due-settlements.store.ts';
import type { Settlements } from './settlements.ts';

const BATCH = 100;
const PAUSE_MS = 200;
/** How often the tables are asked although nothing is noted as due. */
const SWEEP_MS = 5000;

/** Carries on what is due in business time, again and again until told to stop: by the notes in Redis, and without them by the tables. */
export const settleDue = (context: AdapterContext, settlements: Settlements, due: DueSettlementStore) => ({
  name: 'settle-due',
  async catchUp() {
    while ((await settlements.settleDue({ limit: BATCH })).claimed.length > 0);
  },
  async run(signal: AbortSignal): Promise<void> {
    await due.rebuild().catch(() => {}); // without it what is due is found by the sweeps
    let sweptAt = -Infinity;
    while (!signal.aborted) {
      const noted = await due.listDue(context.clock.now(), BATCH).catch(() => undefined);
      const sweep = performance.now() - sweptAt > SWEEP_MS;
      let claimed = 0;
      if (sweep || noted === undefined || noted.length > 0) {
        if (sweep) sweptAt = performance.now();
        const done = new Set((await settlements.settleDue({ limit: BATCH })).claimed);
        claimed = done.size;
        // Noted, and not to be claimed: it is done, or another has it.
        due.note(
          (noted ?? [])
            .filter(({ settlementId }) => !done.has(settlementId))
            .map(({ settlementId, second }) => ({ settlementId, seen: second })),
        );
      }
      if (claimed < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
