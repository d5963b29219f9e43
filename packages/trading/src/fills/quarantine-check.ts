import type { HealthContribution } from '@tse/core';
import type { FillRepository } from './fills.repository.ts';

/** Fills that nobody has looked at: positions are without them. */
export const quarantineCheck = (fills: FillRepository): HealthContribution => ({
  name: 'quarantined-fills',
  needs: ['postgres'],
  async check() {
    const open = await fills.countQuarantined();
    return open === 0
      ? { state: 'up', facts: { open } }
      : { state: 'degraded', reason: `${open} fills are quarantined: positions are without them`, facts: { open } };
  },
});
