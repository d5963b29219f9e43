import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { drift, schemaFiles } from './codegen/schema-files.ts';
import { startServers } from './servers/index.ts';

const HELP = `pnpm codegen [--verify]

Writes packages/<adapter>/src/schema.ts, the table types of each adapter, from a database that is migrated for it.

  --verify   write nothing; exit with 1 and name the first difference of each file that has drifted
  --help     this text`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { verify: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) return console.log(HELP);
  await using servers = await startServers({ purpose: 'test' });
  const files = await schemaFiles(process.cwd(), {
    postgres: servers.postgres.adminUrl,
    redis: servers.redis.adminUrl,
  });
  if (files.length === 0) throw new Error('No adapter is here: pnpm codegen runs at the top of the project.');
  for (const file of files) {
    const difference = drift(file);
    if (difference === undefined) console.log(`${file.path} is current`);
    else if (values.verify) {
      console.error(`${difference}: run pnpm codegen`);
      process.exitCode = 1;
    } else {
      await writeFile(file.path, file.text);
      console.log(`${file.path} written`);
    }
  }
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
