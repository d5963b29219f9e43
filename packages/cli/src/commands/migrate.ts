import { InvalidInputError, identify, isAdapterError } from '@tse/core';
import {
  type Migrated,
  type MigrationProgress,
  type Provisioned,
  type SchemaStatus,
  migrate,
  provision,
  status,
} from '@tse/core/admin';
import type { Adapter } from '../adapters.ts';
import { command, common, commonHelp } from '../command.ts';
import { passwordsOf } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { type Selection, type Session, select } from '../session.ts';
import { waitForServers } from '../wait-for-servers.ts';

export const migrateCommand = command({
  name: 'migrate',
  summary: 'make roles, schema and Redis user, and bring the schema to the newest version',
  help: `tse migrate [ADAPTER…] [OPTIONS]

For each adapter: makes what is missing of its roles, rights, schema and Redis user, then applies the migrations that are
pending and the functions whose text changed. Run again, it changes nothing; any number may run at the same time.
Passwords come from <ADAPTER>_POSTGRES_PASSWORD and <ADAPTER>_REDIS_PASSWORD, or the files that …_PASSWORD_FILE names.

  --plan            say what would be done, and do nothing
  --no-roles        make no role and no user: where one is missing print the SQL and the ACL lines that an operator
                    has to run, and stop; where all is there apply the migrations
  --wait            wait up to two minutes for the servers to answer${commonHelp}`,
  options: { ...common, plan: { type: 'boolean' }, 'no-roles': { type: 'boolean' }, wait: { type: 'boolean' } },
  async run({ values, positionals }, session) {
    const selection = await select(session, values, positionals);
    if (values.wait) await waitForServers(selection.admin, session);
    const done: Done[] = [];
    for (const adapter of selection.adapters) {
      const provisioned = await provisionOne(adapter, selection, session, !values.plan && !values['no-roles']);
      const stop = values.plan || (values['no-roles'] && provisioned.sql.length + provisioned.acl.length > 0);
      const migrated = stop ? undefined : await migrateOne(adapter, selection, session);
      const now = migrated?.status ?? (await status(adapter.definition, selection.target));
      done.push({ provisioned, migrated, status: now });
      if (!values.json) report(done.at(-1)!, session.output, Boolean(stop));
    }
    if (values.json) session.output.json({ schemas: done.map(asJson) });
    const stopped = done.some(({ migrated }) => migrated === undefined);
    if (!stopped || values.plan) return exitCode.ok;
    session.output.note('An operator has to run these lines; then run `tse migrate --no-roles` again.');
    return exitCode.failed;
  },
});

interface Done {
  readonly provisioned: Provisioned;
  /** Absent where it was only planned, or an operator comes first. */
  readonly migrated: Migrated | undefined;
  readonly status: SchemaStatus;
}

async function provisionOne(
  { definition }: Adapter,
  { target, instance }: Selection,
  { env }: Session,
  roles: boolean,
): Promise<Provisioned> {
  const passwords = passwordsOf(definition.identity, instance, env);
  try {
    return await provision(definition, { ...target, passwords, roles });
  } catch (error) {
    if (!isAdapterError(error) || error.code !== 'password-missing') throw error;
    const { envPrefix } = identify(definition.identity, instance);
    const names = `${envPrefix}POSTGRES_PASSWORD and ${envPrefix}REDIS_PASSWORD`;
    const message = `${error.message.replace(/^[^:]*: /, '')}: set ${names} (or …_PASSWORD_FILE) in the environment or in .env`;
    throw new InvalidInputError([{ path: '', message }], error.code);
  }
}

function migrateOne({ definition }: Adapter, { target }: Selection, { output, signal }: Session): Promise<Migrated> {
  const onProgress = ({ name, done, total, waiting }: MigrationProgress) => {
    const why = waiting?.on === 'table-lock' ? 'waits for a lock' : 'waits for another migration';
    output.step(done, total, waiting ? `${name} ${why} (${waiting.attempt})` : name);
  };
  return migrate(definition, { ...target, signal, onProgress });
}

function report({ provisioned, migrated, status: now }: Done, output: Output, planned: boolean): void {
  if (planned) {
    for (const sql of provisioned.sql) output.print(sql.startsWith('\\') ? sql : `${sql};`);
    for (const line of provisioned.acl) output.print(line);
    for (const name of now.pending) output.print(`-- apply ${name}`);
  }
  for (const advice of provisioned.advice) output.note(`note: ${advice}`);
  const ms = Math.round(migrated?.applied.reduce((sum, { durationMs }) => sum + durationMs, 0) ?? 0);
  const what = migrated
    ? `${migrated.applied.length} applied${migrated.applied.length > 0 ? ` in ${ms} ms` : ''}`
    : `${now.pending.length} to apply`;
  const newer = now.newer.length > 0 ? ', newer than the installed migrations' : '';
  output.note(`${now.schema}: ${now.state} at ${now.at.at(-1) ?? 'nothing'}, ${what}${newer}`);
}

const asJson = ({ provisioned: { sql, acl, advice }, migrated, status: now }: Done) => ({
  ...now,
  applied: migrated?.applied ?? [],
  provisioning: { sql, acl, advice },
});
