import { command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { select } from '../session.ts';

export const seed = command({
  name: 'seed',
  summary: 'put in repeatable development data, through the adapters themselves',
  help: `tse seed [ADAPTER…] [OPTIONS]

Development data of each adapter. Run again it is the same data, not twice as much.
${commonHelp}`,
  options: common,
  async run({ values, positionals }, session) {
    const { adapters, instance } = await select(session, values, positionals);
    const seeded: Record<string, Readonly<Record<string, number>>> = {};
    for (const { definition, seed: sow } of adapters) {
      if (!sow) continue;
      const { name } = definition.identity;
      const progress = (text: string) => session.output.progress(`${name}: ${text}`);
      seeded[name] = await sow({
        options: adapterOptions(definition.identity, instance, session.env),
        progress,
        signal: session.signal,
      });
      const counts = Object.entries(seeded[name]).map(([what, count]) => `${count} ${what}`);
      if (!values.json) session.output.print(`${name}: ${counts.join(', ') || 'nothing to seed'}`);
    }
    if (values.json) session.output.json({ seeded });
    else if (Object.keys(seeded).length === 0) session.output.note('None of these adapters has development data.');
    return exitCode.ok;
  },
});
