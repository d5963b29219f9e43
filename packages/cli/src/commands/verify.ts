import { type Verified, openFacts, verifyAdapter } from '@tse/core/admin';
import { command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { select } from '../session.ts';

type Found = Verified & { readonly adapter: string };

export const verify = command({
  name: 'verify',
  summary: 'check the identities that hold in the data, within each adapter and between them',
  help: `tse verify [ADAPTER…] [OPTIONS]

Compares what each adapter keeps in one place with what it keeps in another, and with what the adapters say whose events it
has read, up to the last of them: to the last digit, and while they work. Says of each identity what it compared, and names
the rows that differ. Changes nothing. Exit code 1 when something differs.
${commonHelp}`,
  options: common,
  async run({ values, positionals }, session) {
    const { adapters, instance, target } = await select(session, values, positionals, { anyOfInstance: true });
    const { output, signal } = session;
    const installed = await session.adapters();
    const invariants: Found[] = [];
    for (const tooling of adapters) {
      const { definition } = tooling;
      if (!tooling.verify) continue;
      const adapter = definition.identity.name;
      const found = await verifyAdapter(tooling, {
        target,
        installed,
        options: () => adapterOptions(definition.identity, instance, session.env),
        progress: (text) => output.progress(`${adapter}: ${text}`),
        signal,
      });
      // Who names what is not there, or has nothing else, is told what is missing.
      if (found === undefined && adapters.length === 1)
        await (await openFacts(definition, target))[Symbol.asyncDispose]();
      if (found === undefined) output.note(`${adapter} is not set up here.`);
      for (const each of found ?? []) {
        invariants.push({ adapter, ...each });
        if (!values.json) print(output, { adapter, ...each });
      }
    }
    if (values.json) output.json({ invariants });
    else if (invariants.length === 0) output.note('None of these adapters has identities to check.');
    else output.print(conclusion(invariants));
    return invariants.every(({ ok }) => ok) ? exitCode.ok : exitCode.failed;
  },
});

/** `ok    exchange ledger                   1,234 compared: entries, balances`, with the rows that differ below it. */
function print(output: Output, { adapter, name, ok, compared, what, differences = [] }: Found): void {
  const isEmpty = ok && compared === 0;
  const mark = isEmpty
    ? output.colour('dim', '-   ')
    : ok
      ? output.colour('green', 'ok  ')
      : output.colour('red', 'FAIL');
  const count = isEmpty ? 'nothing to compare' : `${compared.toLocaleString('en-US')} compared`;
  output.print(`${mark}  ${`${adapter} ${name}`.padEnd(32)}  ${count}${what === undefined ? '' : `: ${what}`}`);
  for (const difference of differences) output.print(`        ${difference}`);
}

function conclusion(invariants: readonly Found[]): string {
  const failed = invariants.filter(({ ok }) => !ok);
  const empty = invariants.filter(({ ok, compared }) => ok && compared === 0).length;
  const held = invariants.length - failed.length - empty;
  const others = empty === 0 ? '' : `, ${empty} had nothing to compare`;
  if (failed.length === 0) return `${held} of ${invariants.length} identities hold${others}.`;
  const names = failed.map(({ adapter, name }) => `${adapter} ${name}`).join(', ');
  return `${failed.length} of ${invariants.length} identities FAILED (${names}); ${held} hold${others}.`;
}
