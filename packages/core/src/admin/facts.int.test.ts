import { expect, inject, test } from 'vitest';
import { findFacts, openFacts } from './facts.ts';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { passwords, testDatabase } from './test-database.ts';

test('reads the facts of one moment, and only those', async () => {
  await using box = await testDatabase(inject('servers'));
  expect(await findFacts(box.definition, { admin: box.admin })).toBeUndefined();
  await provision(box.definition, { admin: box.admin, passwords });
  expect(await findFacts(box.definition, { admin: box.admin })).toBeUndefined();
  await migrate(box.definition, { admin: box.admin });
  const insert = (id: string) =>
    box.db.query(`insert into ${box.schema}.things values ($1, 'big', 1.50, null, clock_timestamp())`, [id]);
  await insert('1');
  {
    await using facts = await openFacts(box.definition, { admin: box.admin });
    const read = () => facts.query<{ id: string; price: string }>('select id, price from facts_things');
    expect(await read()).toEqual([{ id: '1', price: '1.5' }]);
    await insert('2');
    expect(await read()).toHaveLength(1);
  }
  await using facts = (await findFacts(box.definition, { admin: box.admin }))!;
  await expect(facts.query('select id from things')).rejects.toMatchObject({ code: 'permission-denied' });
});
