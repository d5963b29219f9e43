import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, type KeyOf, script } from '@tse/core';
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

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  async tell(run: Pick<Run, 'runId' | 'status' | 'deviated' | 'version'>, step?: StepRun): Promise<void> {
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
