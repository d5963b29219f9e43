import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeDotenv } from '@tse/testkit/servers';
import type { DemoAdapters } from './demo-adapters.ts';

/** Leaves the servers up until `signal` aborts. Meanwhile `.env` names them; then it is again what it was. */
export async function keepUp({ exchange, environment }: DemoAdapters, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const file = resolve('.env');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  writeDotenv(file, environment, { replace: true });
  const written = readFileSync(file, 'utf8');
  process.stderr.write(howToLook(exchange.identity, environment, file));

  const waiting = setInterval(() => {}, 60_000); // what else is open does not keep the process
  await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
  clearInterval(waiting);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== written) return; // somebody else's by now
  if (before === undefined) rmSync(file);
  else writeFileSync(file, before);
}

function howToLook(
  { instance, envPrefix, roles, schema }: DemoAdapters['exchange']['identity'],
  environment: DemoAdapters['environment'],
  file: string,
): string {
  const { hostname, port, pathname } = new URL(environment['POSTGRES_URL']!);
  const named = instance === undefined ? '' : ` exchange --instance ${instance}`;
  const psql = `psql -h ${hostname} -p ${port || 5432} -U ${roles.adapter} ${pathname.slice(1)}`;
  return `
${instance === undefined ? 'The servers stay up' : 'This instance stays'} until Ctrl-C, and ${file} says how to reach them. In a second terminal:
  pnpm exec tse status${named}
  pnpm verify${named}
  ${psql}
      with the password that ${envPrefix}POSTGRES_PASSWORD in .env is; the tables are in the schema ${schema}
`;
}
