import { type Verified, findFacts, openFacts } from '@tse/core/admin';
import { command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { select } from '../session.ts';

export const verify = command({
  name: 'verify',
  summary: 'check the identities that hold in the data: ledger, book',
  help: `tse verify [ADAPTER…] [OPTIONS]

Compares what each adapter keeps in one place with what it keeps in another, to the last digit. Changes nothing. Exit code 1
when something differs.
${commonHelp}`,
  options: common,
  async run({ values, positionals }, session) {
    const { adapters, instance, target } = await select(session, values, positionals);
    const { output, signal } = session;
    const installed = await session.adapters();
    const invariants: (Verified & { adapter: string })[] = [];
    for (const { definition, verify: check } of adapters) {
      if (!check) continue;
      const adapter = definition.identity.name;
      await using facts = await openFacts(definition, target);
      const options = adapterOptions(definition.identity, instance, session.env);
      const progress = (text: string) => output.progress(`${adapter}: ${text}`);
      await using others = new AsyncDisposableStack();
      const factsOf = async (name: string) => {
        const other = installed.find((each) => each.definition.identity.name === name);
        const found = other && (await findFacts(other.definition, target));
        return found && others.use(found);
      };
      for (const found of await check({ facts, factsOf, options, progress, signal })) {
        invariants.push({ adapter, ...found });
        if (values.json) continue;
        const { name, ok, compared, differences = [] } = found;
        output.print(
          `${ok ? output.colour('green', 'ok  ') : output.colour('red', 'FAIL')}  ${adapter} ${name}: ${compared} compared`,
        );
        for (const difference of differences) output.print(`        ${difference}`);
      }
    }
    if (values.json) output.json({ invariants });
    else if (invariants.length === 0) output.note('None of these adapters has identities to check.');
    return invariants.every(({ ok }) => ok) ? exitCode.ok : exitCode.failed;
  },
});
