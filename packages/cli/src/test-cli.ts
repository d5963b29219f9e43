import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropInstance } from '@tse/core/admin';
import { type Adapter, withMigrations } from './adapters.ts';
import { main } from './main.ts';

/** An adapter with the core's tables alone: the exchange's own are tested with it. */
export const sample: Adapter = withMigrations({
  definition: { identity: { name: 'sample', schema: 'sample', prefix: 'sample' }, families: {} },
  seed: async ({ options, progress }) => {
    progress('sowing');
    return { instances: options.instance ? 1 : 0 };
  },
  verify: async ({ facts }) => {
    const [row] = await facts.query<{ n: number }>('select count(*) as n from facts_events');
    return [{ name: 'events', ok: true, compared: row!.n }];
  },
});

export const secret = 'a-canary-secret-1';

interface Changes {
  adapter?: Adapter;
  env?: Record<string, string>;
  signal?: AbortSignal;
  onOutput?: (text: string) => void;
}

export interface Answer {
  code: number;
  out: string;
  err: string;
  json: () => Record<string, never>;
}

export interface TestInstance {
  readonly instance: string;
  readonly schema: string;
  /** Of its environment variables. */
  readonly prefix: string;
  readonly env: Record<string, string>;
  readonly run: (line: string, changes?: Changes) => Promise<Answer>;
}

/** Command lines in a folder of their own, each instance they set up gone in the end. */
export interface TestCli extends AsyncDisposable {
  readonly cwd: string;
  readonly admin: Record<string, string>;
  /** Whatever was written to stdout and stderr. */
  readonly spoken: string[];
  fresh(): TestInstance;
}

export async function testCli(servers: { postgres: string; redis: string }): Promise<TestCli> {
  const cwd = await mkdtemp(join(tmpdir(), 'tse-cli-'));
  const admin = { TSE_ADMIN_POSTGRES_URL: servers.postgres, TSE_ADMIN_REDIS_URL: servers.redis };
  const spoken: string[] = [];
  const instances: string[] = [];
  return {
    cwd,
    admin,
    spoken,
    fresh() {
      const instance = `c${randomBytes(5).toString('hex')}`;
      instances.push(instance);
      const prefix = `SAMPLE_${instance.toUpperCase()}_`;
      const env: Record<string, string> = {
        ...admin,
        [`${prefix}POSTGRES_PASSWORD`]: secret,
        [`${prefix}REDIS_PASSWORD`]: secret,
      };
      const run = async (line: string, changes: Changes = {}): Promise<Answer> => {
        const written = { out: '', err: '' };
        const to = (stream: 'out' | 'err') => ({
          write: (text: string) => {
            written[stream] += text;
            changes.onOutput?.(text);
          },
        });
        const code = await main([...line.split(' ').filter(Boolean), '--instance', instance], {
          env: changes.env ?? env,
          cwd,
          stdout: to('out'),
          stderr: to('err'),
          signal: changes.signal ?? new AbortController().signal,
          adapters: [changes.adapter ?? sample],
        });
        spoken.push(written.out, written.err);
        return { code, ...written, json: () => JSON.parse(written.out) as Record<string, never> };
      };
      return { instance, schema: `sample_${instance}`, prefix, env, run };
    },
    async [Symbol.asyncDispose]() {
      const access = { postgresUrl: servers.postgres, redisUrl: servers.redis };
      for (const instance of instances) await dropInstance(sample.definition, { instance, admin: access });
      await rm(cwd, { recursive: true });
    },
  };
}
