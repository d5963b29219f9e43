import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenedAdapter, UnavailableError, isAdapterError } from '@tse/core';
import { openBare } from '../adapters.ts';
import { command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { selectOne } from '../session.ts';

const LONGEST_MS = 120_000;

export const redisRebuild = command({
  name: 'redis rebuild',
  summary: 'have what an adapter keeps in Redis made anew from PostgreSQL',
  help: `tse redis rebuild [ADAPTER] [OPTIONS]

For a Redis whose content is not to be trusted. It begins another epoch: reads that Redis answers first are unavailable until a
process of the adapter, with its workers on, has rebuilt from PostgreSQL what can be rebuilt. After an emptied Redis that happens
by itself.

  --wait            wait up to two minutes until it is rebuilt${commonHelp}`,
  options: { ...common, wait: { type: 'boolean' } },
  async run({ values, positionals }, session) {
    const { output, signal } = session;
    const { adapter, instance } = await selectOne(session, values, positionals);
    const opened = openBare(adapter, adapterOptions(adapter.definition.identity, instance, session.env));
    await using _ = opened.mount();
    await opened.epoch.renew();
    if (values.wait) await untilRebuilt(opened, signal, (text) => output.progress(text));
    if (values.json) output.json({ rebuilt: values.wait === true });
    else output.print(values.wait ? 'Redis is rebuilt' : "Redis is rebuilt by the adapter's workers");
    return exitCode.ok;
  },
});

async function untilRebuilt(
  { epoch }: OpenedAdapter<string>,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<void> {
  const started = performance.now();
  for (let tries = 0; ; tries += 1) {
    try {
      await epoch.ensure();
      return;
    } catch (error) {
      if (!isAdapterError(error) || error.code !== 'epoch-mismatch') throw error;
    }
    if (performance.now() - started > LONGEST_MS)
      throw new UnavailableError(
        'not-rebuilt',
        'no process of the adapter rebuilt it within two minutes: is one running?',
      );
    if (tries % 50 === 0) progress('waiting for a process of the adapter to rebuild it');
    await sleep(200, undefined, { signal });
  }
}
