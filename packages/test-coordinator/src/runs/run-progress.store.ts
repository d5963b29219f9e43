import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, type KeyOf, type Projection, RecentIds, differenceOf, script } from '@tse/core';
import type { RunStatus, StepStatus } from './run-states.ts';
import type { Run, RunProgress, StepRun } from './runs.ts';

const LIFE_MS = 86_400_000;
const LOOK_MS = 100;

const tellProgress = script(
  'test-coordinator.runs.tellProgress',
  'write',
  new URL('../../lua/tell-progress.lua', import.meta.url),
);

/** Where runs are, for those who watch. The tables are the truth: what Redis does not take is told with the next step. */
export class RunProgressStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  readonly #told = new RecentIds(LIFE_MS);

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  async tell(run: Pick<Run, 'runId' | 'status' | 'deviated' | 'version'>, step?: StepRun): Promise<void> {
    this.#told.add(run.runId);
    const members = [
      ['status', run.status],
      ['deviated', String(run.deviated)],
      ...(step
        ? [
            ['path', step.path],
            ['stepStatus', step.status],
          ]
        : []),
    ].flat();
    await this.#context.redis
      .script(tellProgress, [this.#key(run.runId), this.#key(run.runId, 'stream')], [run.version, LIFE_MS, ...members])
      .catch((err: unknown) => this.#context.telemetry.log.debug({ err }, 'progress was not told'));
  }

  /** For the drift verifier: the runs that this process told of. Those that watch see the repair as a step more. */
  projection(load: (runId: string) => Promise<Run | undefined>): Projection {
    return {
      name: 'runs',
      ids: () => Promise.resolve(this.#told.list()),
      differences: async (runId) => {
        const [copy, run] = [await this.find(runId), await load(runId)];
        return differenceOf(copy && versioned(copy), run && versioned(run));
      },
      repair: async (runId) => {
        await this.#context.redis.write('test-coordinator.runs.drop', (client) => client.unlink(this.#key(runId)));
        const run = await load(runId);
        if (run) await this.tell(run);
      },
    };
  }

  async find(runId: string): Promise<RunProgress | undefined> {
    const members = await this.#context.redis.read('test-coordinator.runs.progress', (client) =>
      client.hgetall(this.#key(runId)),
    );
    if (members['version'] === undefined) return undefined;
    return {
      runId,
      status: members['status'] as RunStatus,
      deviated: members['deviated'] === 'true',
      version: Number(members['version']),
      ...(members['path'] !== undefined && { path: members['path'] }),
      ...(members['stepStatus'] !== undefined && { stepStatus: members['stepStatus'] as StepStatus }),
    };
  }

  /** What has changed since it was last asked; whoever is slow gets the latest alone. */
  async *watch(
    runId: string,
    signal: AbortSignal | undefined,
    isOver: (status: RunStatus) => boolean,
  ): AsyncGenerator<RunProgress> {
    let last = '';
    while (!signal?.aborted) {
      // Without Redis there is nothing new to tell; it goes on when it is back.
      const progress = await this.find(runId).catch(() => undefined);
      const text = JSON.stringify(progress);
      if (progress && text !== last) {
        last = text;
        yield progress;
        if (isOver(progress.status)) return;
      }
      await sleep(LOOK_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
    }
  }
}

const versioned = ({ version, status, deviated }: Pick<Run, 'version' | 'status' | 'deviated'>) => ({
  version,
  value: { status, deviated },
});
