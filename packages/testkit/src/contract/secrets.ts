import { inspect } from 'node:util';
import { type BaseAdapter, toProblem } from '@tse/core';
import { expect, test } from 'vitest';
import { type Subject, boxOf, errorOf } from './subject.ts';

/** Passwords, in whatever went wrong. */
export function secretsContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;

  test('no log line, error, health or metric holds a password', async () => {
    await using box = await boxOf(subject);
    const said: string[] = [];
    const hear = (...things: unknown[]): void => {
      for (const thing of things)
        said.push(
          inspect(thing, { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity }),
          JSON.stringify(thing),
        );
    };
    const hearError = async (work: () => PromiseLike<unknown>): Promise<void> => {
      const error = await errorOf(work);
      if (error) hear(error, toProblem(error), error.stack);
    };
    const callAll = async (adapter: A, id: string): Promise<void> => {
      for (const call of [calls.read, (it: A) => calls.write(it, id), calls.live])
        if (call) await hearError(() => call(adapter));
      hear(await adapter.health(), adapter.identity, await adapter.metrics.metrics());
    };

    await callAll(box.adapter, 'all-is-well');
    for (const store of ['postgres', 'redis'] as const) {
      await using wrong = box.open('adapter', { [store]: { password: WRONG }, workers: false });
      await hearError(() => wrong.ready({ deadlineMs: 2000 }));
      await callAll(wrong, `wrong-${store}`);
      using _ = box[store].down();
      await callAll(box.adapter, `no-${store}`);
    }
    await box.adapter.ready({ deadlineMs: 10_000 });
    box.postgres.cutAfterCommit();
    await callAll(box.adapter, 'reply-lost');

    const { postgres, redis } = box.options('adapter');
    const secrets = [
      postgres?.password,
      redis?.password,
      WRONG,
      new URL(box.admin.postgresUrl).password,
      new URL(box.admin.redisUrl).password,
    ];
    const heard = [...box.logs, ...said];
    for (const secret of secrets) {
      expect(secret).toMatch(/^[\w-]{8,}$/);
      expect(
        heard
          .filter((text) => text.includes(secret as string))
          .map((text) => text.replaceAll(secret as string, '‹SECRET›')),
      ).toEqual([]);
    }
    expect(box.logs.length).toBeGreaterThan(5);
    expect(said.length).toBeGreaterThan(20);
  });
}

const WRONG = 'a-canary-that-is-no-password';
