import { ConflictError } from '../pipe/errors.ts';
import type { Postgres } from '../postgres/postgres.ts';
import { type SchemaNeeds, type SchemaState, schemaState } from '../postgres/schema-version.ts';
import type { Finding, HealthContribution } from './health.ts';

const KEPT_MS = 60_000;

/** Whether the schema is one that this code can work on. A good answer is kept for a minute, a bad one not at all. */
export function schemaCheck(pg: Postgres, needs: SchemaNeeds): HealthContribution & { refuse: () => Promise<void> } {
  let kept: SchemaState | undefined;
  let keptAt = -Infinity;
  const ask = async (): Promise<SchemaState> => {
    const found = await schemaState(pg, needs);
    if (found.state === 'current') [kept, keptAt] = [found, performance.now()];
    return found;
  };
  return {
    name: 'schema',
    needs: ['postgres'],
    async check(): Promise<Finding> {
      const { state, version, cure } = kept && performance.now() - keptAt < KEPT_MS ? kept : await ask();
      return {
        state: state === 'current' ? 'up' : 'down',
        ...(cure !== undefined && { reason: cure }),
        ...(version !== undefined && { facts: { version } }),
      };
    },
    refuse: async () => {
      const { state, cure } = await ask();
      if (state !== 'current')
        throw new ConflictError(state === 'outdated' ? 'schema-outdated' : 'schema-too-new', cure ?? state);
    },
  };
}
