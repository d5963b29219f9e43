import { z } from 'zod';
import type { CallOptions } from '../pipe/context.ts';
import { operation } from '../pipe/run.ts';
import { answers, functionCall } from '../postgres/statement.ts';
import { idInput } from '../values/id.ts';
import type { AdapterContext } from './adapter-context.ts';

/** Input schema: a test run, with the fence of the lock it is run under. */
export const testRunInput = z.strictObject({ run: idInput, fence: z.int().min(1) });
export type TestRunRef = z.input<typeof testRunInput>;

/**
 * Input fields of what may be done for a test run: a fence below one that was seen of the run is refused with `stale-fence`, a higher one
 * is the one that is seen from then on. Both or neither, by `bothOrNeither`.
 */
export const testRunFields = testRunInput.partial().shape;

/** Whether an input names a run with its fence, or neither. */
export const bothOrNeither = (input: { run?: string | undefined; fence?: number | undefined }): boolean =>
  (input.run === undefined) === (input.fence === undefined);

/** What is said of an input that names only one of run and fence. */
export const bothOrNeitherIssue = { path: ['fence'], error: 'expected a fence with a run, and a run with a fence' };

/** The highest fence that an adapter has seen of each test run: what acts for the run with a lower one is refused with `stale-fence`. */
export interface RunFences {
  /** For whoever reads `run.changed`. Answers whether the fence may act: `false` where a higher one was seen, which stays. */
  raise(testRun: TestRunRef, options?: CallOptions): Promise<boolean>;
}

const raiseFence = functionCall(
  'runFences.raise',
  'write',
  'raise_fence',
  ['run', 'fence'],
  answers<{ raise_fence: boolean }>(),
);
const raise = operation('runFences.raise', testRunInput, ({ run }) => run);

export class RunFenceRepository implements RunFences {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  raise(testRun: TestRunRef, options?: CallOptions): Promise<boolean> {
    return this.#context.run(raise, testRun, options, async (input) => {
      const { raise_fence: mayAct } = await this.#context.pg.one(raiseFence, input);
      return mayAct;
    });
  }
}
