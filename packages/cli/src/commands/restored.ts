import { acceptRestoredDatabase } from '@tse/core/admin';
import { openBare } from '../adapters.ts';
import { command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { selectOne } from '../session.ts';

export const restored = command({
  name: 'restored',
  summary: 'accept an older database that was brought back from a backup',
  help: `tse restored [ADAPTER] [OPTIONS]

For an adapter whose relay stopped with stream-ahead: its database was brought back from a backup and is older than what it
has published. Its events are numbered on above those that readers have seen, and what Redis holds is rebuilt. What was
published and is not in the database any more stays published.
${commonHelp}`,
  options: common,
  async run({ values, positionals }, session) {
    const { adapter, instance } = await selectOne(session, values, positionals);
    const opened = openBare(adapter, adapterOptions(adapter.definition.identity, instance, session.env));
    await using _ = opened.mount();
    const accepted = await acceptRestoredDatabase(opened.context, opened.epoch);
    if (values.json) session.output.json(accepted);
    else
      session.output.print(
        `the next event gets the number ${accepted.nextNumber}; Redis is rebuilt by the adapter's workers`,
      );
    return exitCode.ok;
  },
});
