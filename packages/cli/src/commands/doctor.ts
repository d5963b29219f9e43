import { type Finding, examine } from '@tse/core/admin';
import { command, common, commonHelp } from '../command.ts';
import { passwordsOf } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { select } from '../session.ts';

export const doctor = command({
  name: 'doctor',
  summary: 'look at the servers, the roles, the schemas and what lags, each with its cure',
  help: `tse doctor [ADAPTER…] [OPTIONS]

Checks both servers (reachable, version, durability, eviction, clocks) and each adapter (schema, roles, rights, logins,
outbox, dead letters, partitions). Changes nothing. Exit code 1 when something fails; warnings are not failures.
${commonHelp}`,
  options: common,
  async run({ values, positionals }, { output, ...rest }) {
    const session = { ...rest, output };
    const { admin, adapters, instance } = await select(session, values, positionals);
    const patients = adapters.map(({ definition }) => ({
      definition,
      instance,
      passwords: passwordsOf(definition.identity, instance, session.env),
    }));
    const findings: Finding[] = [];
    for await (const found of examine(admin, patients)) {
      findings.push(found);
      if (values.json) continue;
      const { check, level, detail, cure } = found;
      const colour = ({ ok: 'green', warn: 'yellow', fail: 'red' } as const)[level];
      output.print(
        `${output.colour(colour, level.padEnd(4))}  ${check.padEnd(28)}  ${detail}${cure ? `; ${cure}` : ''}`,
      );
    }
    const failed = findings.filter(({ level }) => level === 'fail').length;
    if (values.json) output.json({ ok: failed === 0, findings });
    else output.note(failed === 0 ? 'Nothing fails.' : `${failed} of ${findings.length} checks fail.`);
    return failed === 0 ? exitCode.ok : exitCode.failed;
  },
});
