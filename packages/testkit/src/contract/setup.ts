import type { BaseAdapter } from '@tse/core';
import { migrate, provision, status } from '@tse/core/admin';
import { expect, test } from 'vitest';
import { freshName, ownInstance } from '../sandbox/own-instance.ts';
import { testServers } from '../sandbox/test-servers.ts';
import type { Subject } from './subject.ts';

const MIGRATORS = 20;

/** Provisioning and migrating. */
export function setupContract<A extends BaseAdapter>({ create }: Subject<A>): void {
  const fresh = async (options?: { migrated: boolean }) => {
    const { postgres, redis } = await testServers();
    return ownInstance(create.definition, freshName(), { postgresUrl: postgres, redisUrl: redis }, options);
  };

  test('provisioning and migrating once more change nothing', async () => {
    await using own = await fresh();
    const { definition, target, passwords } = own;
    expect(await provision(definition, { ...target, roles: false })).toMatchObject({ sql: [], acl: [] });
    expect(await provision(definition, { ...target, passwords })).toMatchObject({ sql: [] });
    expect(await migrate(definition, target)).toMatchObject({
      applied: [],
      grants: [],
      status: { state: 'current', pending: [] },
    });
    await using adapter = create({ ...own.login(), workers: false });
    await adapter.ready({ deadlineMs: 10_000 });
  });

  test(`${MIGRATORS} migrators at once make one schema, and apply each file once`, async () => {
    await using own = await fresh({ migrated: false });
    const { definition, target, passwords } = own;
    const expected = (await status(definition, target)).pending;
    expect(expected.length).toBeGreaterThan(0);
    const all = await Promise.all(
      Array.from({ length: MIGRATORS }, async () => {
        await provision(definition, { ...target, passwords });
        return migrate(definition, target);
      }),
    );
    expect(all.flatMap(({ applied }) => applied.map(({ name }) => name)).toSorted()).toEqual(expected.toSorted());
    expect(all.map(({ status }) => status.state)).toEqual(Array(MIGRATORS).fill('current'));
    await using adapter = create({ ...own.login(), workers: false });
    await adapter.ready({ deadlineMs: 10_000 });
  });
}
