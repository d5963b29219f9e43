import { expect, inject, test } from 'vitest';
import { adapterConfig } from '../pipe/config.ts';
import { identify } from '../pipe/identity.ts';
import { Telemetry, defaultLogger } from '../pipe/telemetry.ts';
import { Postgres } from '../postgres/postgres.ts';
import { schemaState } from '../postgres/schema-version.ts';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { passwords, testDatabase } from './test-database.ts';

test('an adapter finds out by one read whether its schema is what its code needs', async () => {
  await using box = await testDatabase(inject('servers'));
  const definition = await box.withFiles({ '0001_create_things.sql': 'create table things ();' });
  await provision(definition, { admin: box.admin, passwords });
  const { hostname, port, pathname } = new URL(box.admin.postgresUrl);
  const options = {
    postgres: { url: `postgres://${hostname}:${port}${pathname}`, password: passwords.postgres },
    redis: { url: 'redis://unused' },
  };
  const telemetry = new Telemetry({ adapter: 'x', adapter_instance: 'x' }, { logger: defaultLogger('silent') });
  const pg = new Postgres(adapterConfig(identify(definition.identity), options, {}), 'test', telemetry);
  const state = (minSchema: string) => schemaState(pg, { schema: box.schema, minSchema });

  expect(await state('0001_create_things')).toEqual({
    state: 'outdated',
    version: undefined,
    cure: `the schema is empty and has to be at ${box.schema}/0001_create_things: run \`tse migrate\``,
  });
  await migrate(definition, { admin: box.admin });
  expect(await state('0001_create_things')).toMatchObject({
    state: 'current',
    version: `${box.schema}/0001_create_things`,
  });
  expect(await state('0002_add_more')).toMatchObject({ state: 'outdated' });

  const later = await box.withFiles({
    '0001_create_things.sql': 'create table things ();',
    '0002_stop_using.sql': '-- min-code: 0002_stop_using\ndrop table things;',
  });
  await migrate(later, { admin: box.admin });
  expect(await state('0001_create_things')).toMatchObject({
    state: 'code-outdated',
    cure: expect.stringContaining('0002_stop_using') as string,
  });
  expect(await state('0002_stop_using')).toMatchObject({ state: 'current' });
  await pg.close(1000);
});
