import type { Epoch } from '../consistency/epoch.ts';
import { isAdapterError } from '../pipe/errors.ts';
import type { Finding, HealthContribution } from './health.ts';

/** Whether what Redis holds is of the epoch of PostgreSQL: until it is rebuilt, reads that Redis answers first are refused. */
export const epochCheck = (epoch: Epoch): HealthContribution => ({
  name: 'epoch',
  needs: ['redis'],
  async check(): Promise<Finding> {
    await epoch.ensure().catch((error: unknown) => {
      if (!isAdapterError(error) || error.code !== 'epoch-mismatch') throw error;
    });
    const facts = { state: epoch.state };
    if (epoch.state === 'current') return { state: 'up', facts };
    const reason =
      epoch.state === 'rebuilding' ? 'Redis is being rebuilt' : 'Redis is of another epoch and waits to be rebuilt';
    return { state: 'degraded', reason, facts };
  },
});
