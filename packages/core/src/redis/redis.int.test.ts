import { inspect } from 'node:util';
import { Redis as IoRedis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AdapterConfig } from '../pipe/config.ts';
import { Telemetry } from '../pipe/telemetry.ts';
import { Redis } from './redis.ts';

const url = new URL(inject('servers').redis);
const user = `redis-test-${process.pid}`;
let admin: IoRedis;
beforeAll(() => {
  admin = new IoRedis(url.href);
});
afterAll(async () => {
  await admin.call('ACL', 'DELUSER', user);
  await admin.quit();
});

const setPassword = (password: string) =>
  admin.call('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, '~*', '+@all');

function open(password: () => Promise<string>): Redis & AsyncDisposable {
  const config: AdapterConfig['redis'] = {
    host: url.hostname,
    port: Number(url.port),
    user,
    password,
    tls: undefined,
    database: 0,
    cluster: false,
  };
  const redis = new Redis(
    config,
    'redis-test',
    new Telemetry({ adapter: 'x', adapter_instance: 'x' }, { logger: pino({ level: 'silent' }) }),
  );
  return Object.assign(redis, { [Symbol.asyncDispose]: () => redis.close(500) });
}
/** The error and, though printing the error does not show it, its cause. */
const printed = (error: unknown) =>
  [error, (error as Error).cause].map((each) => inspect(each, { depth: 9, showHidden: true })).join('\n');
const ping = (redis: Redis) => redis.read('test', (client) => client.ping());
const killed = (client: IoRedis) => client.call('CLIENT', 'KILL', 'USER', user);

test('calls that come together before anything is connected share one connection', async () => {
  await setPassword('one');
  await using redis = open(async () => new Promise((resolve) => setTimeout(resolve, 20, 'one')));
  expect(await Promise.all(Array.from({ length: 20 }, () => ping(redis)))).toEqual(
    Array.from({ length: 20 }, () => 'PONG'),
  );
  const clients = (await admin.client('LIST')) as string;
  expect(clients.split('\n').filter((line) => line.includes(`user=${user}`))).toHaveLength(1);
});

test('a refused login is told as such, to a call and to a ping', async () => {
  await setPassword('right');
  await using redis = open(async () => 'wrong');
  const refused = { kind: 'unavailable', code: 'redis-login-refused' };
  await expect(ping(redis)).rejects.toMatchObject(refused);
  await expect(redis.ping(500)).rejects.toMatchObject(refused);
});

test('an error holds neither password nor arguments, however it is printed', async () => {
  await setPassword('right');
  await using redis = open(async () => 'wrong-canary');
  const login = await ping(redis).catch((error: unknown) => error);
  expect(printed(login)).toMatch(/WRONGPASS/);
  expect(printed(login)).not.toContain('canary');
  await using other = open(async () => 'right');
  const reply = await other
    .read('test', (client) => client.call('GET', 'canary', 'canary'))
    .catch((error: unknown) => error);
  expect(reply).toMatchObject({ kind: 'internal', code: 'redis-reply' });
  expect(printed(reply)).not.toContain('canary');
});

test('a rotated password is found at the next connect, though reading it fails once between', async () => {
  await setPassword('old');
  let read = async (): Promise<string> => 'old';
  await using redis = open(() => read());
  expect(await ping(redis)).toBe('PONG');

  read = () => Promise.reject(new Error('no such file'));
  await setPassword('new');
  await killed(admin);
  await expect.poll(() => ping(redis).catch((error: { code: string }) => error.code)).toBe('redis-login-refused');
  read = async () => 'new';
  await expect.poll(() => ping(redis).catch(() => 'down'), { timeout: 5000 }).toBe('PONG');
});
