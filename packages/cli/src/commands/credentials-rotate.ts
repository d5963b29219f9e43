import { resolve } from 'node:path';
import { identify } from '@tse/core';
import { type Passwords, type StoreName, rotateCredentials } from '@tse/core/admin';
import type { Adapter } from '../adapters.ts';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { setVariables, writePrivately } from '../env-file.ts';
import { exitCode } from '../exit-codes.ts';
import { type Session, select } from '../session.ts';

export const credentialsRotate = command({
  name: 'credentials rotate',
  summary: 'give an adapter new passwords and put them where it reads them',
  help: `tse credentials rotate [ADAPTER…] [OPTIONS]

New random passwords for the adapter's PostgreSQL role and Redis user. They are written into the file that
<ADAPTER>_POSTGRES_PASSWORD_FILE and <ADAPTER>_REDIS_PASSWORD_FILE name, otherwise into the env file, and tried. Open
connections stay; adapters read a password file at each connect, other processes have to be started again.

  --store NAME      only postgres, or only redis
  --env-file FILE   default: .env here
  --grace SECONDS   how long Redis takes the old password too (default 60)
  --print           print the new passwords to stdout instead of writing them${commonHelp}`,
  options: {
    ...common,
    store: { type: 'string', multiple: true },
    'env-file': { type: 'string', default: '.env' },
    grace: { type: 'string', default: '60' },
    print: { type: 'boolean' },
  },
  async run({ values, positionals }, session) {
    const stores = values.store?.map(storeName);
    const seconds = Number(values.grace);
    if (!/^\d{1,5}$/.test(values.grace)) throw new UsageError('--grace takes a number of seconds');
    const { adapters, target, instance } = await select(session, values, positionals);
    const rotated: { adapter: string; stores: string[]; kept: Record<string, string> }[] = [];
    for (const adapter of adapters) {
      const { name } = adapter.definition.identity;
      const progress = {
        kept: 'passwords are set',
        verified: 'both logins work',
        grace: `Redis takes the old password for ${seconds} s more`,
        done: 'done',
      };
      let kept: Record<string, string> = {};
      await rotateCredentials(adapter.definition, {
        ...target,
        ...(stores && { stores }),
        graceMs: seconds * 1000,
        signal: session.signal,
        onProgress: (step) => session.output.progress(`${name}: ${progress[step]}`),
        keep: async (passwords) => {
          kept = values.print
            ? variablesOf(adapter, instance, passwords)
            : await keep(adapter, instance, passwords, values['env-file'], session);
        },
      });
      rotated.push({ adapter: name, stores: [...(stores ?? ['postgres', 'redis'])], kept });
      if (values.json) continue;
      if (values.print)
        for (const [variable, password] of Object.entries(kept)) session.output.print(`${variable}=${password}`);
      else for (const [variable, file] of Object.entries(kept)) session.output.print(`${variable}: new, in ${file}`);
    }
    if (values.json) session.output.json({ rotated });
    return exitCode.ok;
  },
});

function storeName(text: string): StoreName {
  if (text !== 'postgres' && text !== 'redis') throw new UsageError(`--store takes postgres or redis, not ${text}`);
  return text;
}

function variablesOf(
  { definition }: Adapter,
  instance: string | undefined,
  passwords: Passwords,
): Record<string, string> {
  const { envPrefix } = identify(definition.identity, instance);
  return Object.fromEntries(
    Object.entries(passwords).map(([store, password]) => [`${envPrefix}${store.toUpperCase()}_PASSWORD`, password]),
  );
}

/** Answers which variable went into which file. */
async function keep(
  adapter: Adapter,
  instance: string | undefined,
  passwords: Passwords,
  envFile: string,
  { env, cwd }: Session,
): Promise<Record<string, string>> {
  const variables = variablesOf(adapter, instance, passwords);
  const places = Object.keys(variables).map((name) => [name, resolve(cwd, env[`${name}_FILE`] ?? envFile)] as const);
  for (const [name, file] of places) if (env[`${name}_FILE`]) await writePrivately(file, `${variables[name]}\n`);
  const inEnvFile = places.filter(([name]) => !env[`${name}_FILE`]).map(([name]) => [name, variables[name]!] as const);
  if (inEnvFile.length > 0) await setVariables(resolve(cwd, envFile), Object.fromEntries(inEnvFile));
  return Object.fromEntries(places);
}
