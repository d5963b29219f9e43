import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { provision } from './provision.ts';
import { type Passwords, rotateCredentials } from './rotate-credentials.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
let user: string;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
  user = `${box.schema}_adapter`;
});
afterAll(() => box[Symbol.asyncDispose]());

const logsIn = async (password: Required<Passwords>) => {
  const answers = await Promise.allSettled([
    box.connect(user, password.postgres),
    box.connectRedis(user, password.redis),
  ]);
  return answers.map(({ status }) => status === 'fulfilled');
};

test('new passwords for both stores; open connections stay, and Redis takes the old one for a while', async () => {
  await provision(box.definition, { admin: box.admin, passwords });
  const [client, redis] = [await box.connect(user, passwords.postgres), await box.connectRedis(user, passwords.redis)];
  let kept: Passwords = {};
  const during: boolean[][] = [];
  const steps: string[] = [];
  await rotateCredentials(box.definition, {
    admin: box.admin,
    graceMs: 50,
    keep: (fresh) => {
      kept = fresh;
    },
    onProgress: (step) => {
      steps.push(step);
      if (step === 'grace') void logsIn(passwords).then((answer) => during.push(answer));
    },
  });
  expect(steps).toEqual(['kept', 'verified', 'grace', 'done']);
  expect(await logsIn(kept as Required<Passwords>)).toEqual([true, true]);
  expect(await logsIn(passwords)).toEqual([false, false]);
  expect(during).toEqual([[false, true]]);
  await client.query('select 1');
  expect(await redis.ping()).toBe('PONG');
  expect(kept.postgres).not.toBe(kept.redis);
});

test('one store alone', async () => {
  await provision(box.definition, { admin: box.admin, passwords });
  let kept: Passwords = {};
  await rotateCredentials(box.definition, {
    admin: box.admin,
    stores: ['redis'],
    graceMs: 0,
    keep: (fresh) => void (kept = fresh),
  });
  expect(Object.keys(kept)).toEqual(['redis']);
  expect(await logsIn({ ...passwords, redis: kept.redis! })).toEqual([true, true]);
});

test('when the new passwords cannot be kept the old ones stay, alone', async () => {
  await provision(box.definition, { admin: box.admin, passwords });
  let fresh: Passwords = {};
  const keep = (made: Passwords) => {
    fresh = made;
    throw new Error('the disk is full');
  };
  await expect(rotateCredentials(box.definition, { admin: box.admin, keep })).rejects.toThrow('the disk is full');
  expect(await logsIn(passwords)).toEqual([true, true]);
  expect(await logsIn(fresh as Required<Passwords>)).toEqual([false, false]);
});

test('says that there is nobody to rotate for', async () => {
  const rotating = rotateCredentials(box.definition, { instance: 'nobody', admin: box.admin, keep: () => {} });
  await expect(rotating).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining('tse migrate') as string,
  });
});
