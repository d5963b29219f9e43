import { expect, inject, test } from 'vitest';
import { dropInstance } from './drop-instance.ts';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { passwords, testDatabase } from './test-database.ts';

test('a named instance goes with all it has, and nothing else goes', async () => {
  await using box = await testDatabase(inject('servers'));
  const { admin, definition, schema } = box;
  for (const instance of [undefined, 'okx']) {
    await provision(definition, { instance, admin, passwords });
    await migrate(definition, { instance, admin });
  }
  await box.redis.mset({
    [`${schema}:thing:{1}`]: '1',
    [`${schema}:okx:thing:{1}`]: '1',
    [`${schema}:okx:events:{all}`]: '1',
  });
  await dropInstance(definition, { instance: 'okx', admin });
  const { rows } = await box.db.query<{ name: string }>(
    `select nspname::text as name from pg_namespace where nspname like '${schema}%' union all
     select rolname::text from pg_roles where rolname like '${schema}%' order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(['', '_adapter', '_owner', '_reader'].map((end) => schema + end));
  expect(await box.redis.call('ACL', 'GETUSER', `${schema}_okx_adapter`)).toBeNull();
  expect(await box.redis.keys(`${schema}:*`)).toEqual([`${schema}:thing:{1}`]);
  await box.redis.del(`${schema}:thing:{1}`);

  await dropInstance(definition, { instance: 'okx', admin }); // again is no error
  await expect(dropInstance(definition, { instance: '', admin })).rejects.toMatchObject({ kind: 'invalid-input' });
  await provision(definition, { instance: 'okx', admin, passwords });
  expect(await migrate(definition, { instance: 'okx', admin })).toMatchObject({ status: { state: 'current' } });
});
