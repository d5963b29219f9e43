import { idInput } from '@tse/core';
import { z } from 'zod';

/**
 * The test run a change is made for, with the fence of its lock: a fence below one that was seen for the run is refused with
 * `stale-fence`, and what a run began is changed by that run only (`fence-required`). Both or neither.
 */
export const testRunFields = { run: idInput.optional(), fence: z.int().min(1).optional() };

export const bothOrNeither = (input: { run?: string | undefined; fence?: number | undefined }): boolean =>
  (input.run === undefined) === (input.fence === undefined);

export const bothOrNeitherIssue = { path: ['fence'], error: 'expected a fence with a run, and a run with a fence' };
