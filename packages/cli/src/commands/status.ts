import { type SchemaStatus, status } from '@tse/core/admin';
import { command, common, commonHelp } from '../command.ts';
import { exitCode } from '../exit-codes.ts';
import { table } from '../output.ts';
import { select } from '../session.ts';

export const statusCommand = command({
  name: 'status',
  summary: 'where each schema stands: current, pending or drifted',
  help: `tse status [ADAPTER…] [--check] [OPTIONS]

Compares what was applied to each schema with the installed migrations. Changes nothing.

  --check           exit code 3 when something is pending, 4 when something drifted${commonHelp}`,
  options: { ...common, check: { type: 'boolean' } },
  async run({ values, positionals }, session) {
    const { adapters, target } = await select(session, values, positionals);
    const found = await Promise.all(adapters.map(({ definition }) => status(definition, target)));
    if (values.json) session.output.json({ schemas: found });
    else {
      const rows = found.map((each) => [each.schema, each.state, each.at.at(-1) ?? 'empty', remark(each)]);
      session.output.print(table(rows));
    }
    if (!values.check) return exitCode.ok;
    if (found.some(({ state }) => state === 'drifted')) return exitCode.drifted;
    return found.some(({ state }) => state === 'pending') ? exitCode.pending : exitCode.ok;
  },
});

function remark({ pending, drifted, newer }: SchemaStatus): string {
  if (drifted.length > 0) return drifted.map(({ name, reason }) => `${name} ${reason}`).join(', ');
  if (pending.length > 0) return `${pending.length} to apply, from ${pending[0]}`;
  return newer.length > 0 ? `newer than the installed migrations` : '';
}
