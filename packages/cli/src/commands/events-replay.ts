import { replayEvents } from '@tse/core/admin';
import { openBare } from '../adapters.ts';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { selectOne } from '../session.ts';
import { count } from './events-list.ts';

export const eventsReplay = command({
  name: 'events replay',
  summary: 'publish events again for a reader that came too late',
  help: `tse events replay [ADAPTER] --from NUMBER [OPTIONS]

For a reader that stopped with events-trimmed: the stream begins anew with this number and keeps its events for seven days.
Readers that are further on notice nothing. A process of the adapter has to run with its workers on. Refused where the
outbox, which keeps thirty days, does not hold the number any more.

  --from NUMBER     the first event to publish again: the one after the reader's last${commonHelp}`,
  options: { ...common, from: { type: 'string' } },
  async run({ values, positionals }, session) {
    const from = count(values.from, '--from');
    if (from === undefined) throw new UsageError('--from is missing: the first event to publish again');
    const { adapter, instance } = await selectOne(session, values, positionals);
    const opened = openBare(adapter, adapterOptions(adapter.definition.identity, instance, session.env));
    await using _ = opened.mount();
    const replayed = await replayEvents(opened.context, { from });
    if (values.json) session.output.json(replayed);
    else session.output.print(`events ${replayed.from} to ${replayed.to} are published again`);
    return exitCode.ok;
  },
});
