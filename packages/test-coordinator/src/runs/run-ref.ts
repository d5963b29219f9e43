import { idInput } from '@tse/core';
import { z } from 'zod';

/** Input fields of every write for a run: the run, and the fence of the lease under which it is run. */
export const runFields = { runId: idInput, fence: z.int().min(1) };

/** Why a run takes no write. `stale-fence`: somebody holds its lease since. */
export type RunWriteRefusal = 'unknown-run' | 'stale-fence' | 'run-ended' | 'run-not-started' | 'run-interrupted';

export const pathInput = z
  .string({ error: 'expected the path of a step' })
  .max(64)
  .regex(/^[1-9]\d*(\.[1-9]\d*)*$/, 'expected the path of a step such as 1.2');
