import { setTimeout as sleep } from 'node:timers/promises';
import { command, common, commonHelp } from '../command.ts';
import { eventLine, lastEvent, readEvents } from '../events.ts';
import { exitCode } from '../exit-codes.ts';
import { selectOne } from '../session.ts';
import { count, filterHelp, filterOptions } from './events-list.ts';

const BATCH = 1000;
const EVERY_MS = 500;

export const eventsTail = command({
  name: 'events tail',
  summary: 'follow what an adapter publishes, until Ctrl-C',
  help: `tse events tail [ADAPTER] [OPTIONS]

Events in the order of their numbers, as the relay gives them. With --json one object a line.

  --from NUMBER     begin with this number instead of what comes next${filterHelp}${commonHelp}`,
  options: { ...common, ...filterOptions },
  async run({ values, positionals }, session) {
    const { type: types, aggregate: aggregateId, correlation: correlationId } = values;
    const start = count(values.from, '--from');
    const { adapter, target } = await selectOne(session, values, positionals);
    let next = start ?? (await lastEvent(adapter.definition, target)) + 1;
    while (!session.signal.aborted) {
      const filter = { types, aggregateId, correlationId, from: next, limit: BATCH };
      const events = await readEvents(adapter.definition, target, filter);
      for (const event of events) session.output.print(values.json ? JSON.stringify(event) : eventLine(event));
      next = (events.at(-1)?.publishSeq ?? next - 1) + 1;
      if (events.length < BATCH) await sleep(EVERY_MS, undefined, { signal: session.signal }).catch(() => {});
    }
    return exitCode.ok;
  },
});
