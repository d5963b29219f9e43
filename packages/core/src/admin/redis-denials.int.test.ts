import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import { provision } from './provision.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
/** The user of the default instance, and that of the instance `okx` below it. */
let user: Redis;
let okx: Redis;
let prefix: string;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
  prefix = box.schema;
  for (const instance of [undefined, 'okx']) await provision(box.definition, { instance, admin: box.admin, passwords });
  user = await box.connectRedis(`${prefix}_adapter`, passwords.redis);
  okx = await box.connectRedis(`${prefix}_okx_adapter`, passwords.redis);
  for (const own of [prefix, `${prefix}:okx`, 'foreign']) {
    await box.redis.set(`${own}:thing:{1}`, 'secret');
    await box.redis.xadd(`${own}:events:{all}`, '1-0', 'type', 'thing.made');
    await box.redis.set(`${own}:published:{all}`, '1');
  }
});
afterAll(async () => {
  for (const own of [prefix, `${prefix}:okx`, 'foreign'])
    await box.redis.del(`${own}:thing:{1}`, `${own}:events:{all}`, `${own}:published:{all}`);
  await box[Symbol.asyncDispose]();
});

const words = (command: string) =>
  command
    .replaceAll('$own', prefix)
    .match(/'[^']*'|\S+/g)!
    .map((word) => word.replaceAll("'", ''));
const call = (client: Redis, command: string) => {
  const [name, ...args] = words(command);
  return client.call(name!, ...args);
};
const refused = (client: Redis, command: string) =>
  expect(call(client, command), command).rejects.toThrow(
    /NOPERM|no permissions|can't (access|run)|DEBUG command not allowed/i,
  );

describe('a user works with its own families', () => {
  test.each([
    'set $own:thing:{2} 1 px 60000',
    'get $own:thing:{2}',
    'del $own:thing:{2}',
    'hset $own:cache:{1} a 1',
    'expire $own:cache:{1} 1',
    'xadd $own:events:{all} 2-0 type thing.made',
    'xtrim $own:events:{all} maxlen 1',
    'set $own:epoch:{1} e1',
    `eval 'return redis.call("get",KEYS[1])' 1 $own:thing:{1}`,
    `eval 'return redis.call("time")[1]' 0`,
    'ping',
    'info server',
    'client setname me',
  ])('%s', async (command) => {
    await call(user, command);
  });

  test('and so does the instance', async () => {
    expect(await okx.get(`${prefix}:okx:thing:{1}`)).toBe('secret');
    await okx.xadd(`${prefix}:okx:events:{all}`, '*', 'type', 'x');
  });
});

const onForeignKeys = (own: string, other: string) => [
  `get ${other}:thing:{1}`,
  `set ${other}:thing:{1} x`,
  `del ${other}:thing:{1}`,
  `unlink ${other}:thing:{1}`,
  `exists ${other}:thing:{1}`,
  `type ${other}:thing:{1}`,
  `ttl ${other}:thing:{1}`,
  `mget ${own}:thing:{1} ${other}:thing:{1}`,
  `object encoding ${other}:thing:{1}`,
  `memory usage ${other}:thing:{1}`,
  `dump ${other}:thing:{1}`,
  `copy ${other}:thing:{1} ${own}:thing:{3}`,
  `copy ${own}:thing:{1} ${other}:thing:{3}`,
  `rename ${own}:thing:{1} ${other}:thing:{3}`,
  `getex ${other}:thing:{1} persist`,
  `set ${other}:epoch:{1} forged`,
  `get ${other}:epoch:{1}`,
  `eval 'return redis.call("get",KEYS[1])' 1 ${other}:thing:{1}`,
  `eval 'return redis.call("get","${other}:thing:{1}")' 0`,
  `eval 'return redis.call("set","${other}:thing:{1}",1)' 1 ${own}:thing:{1}`,
];

describe('keys of another are out of reach', () => {
  test.each(onForeignKeys('$own', 'foreign'))('of another adapter: %s', (command) => refused(user, command));
  test.each(onForeignKeys('$own', '$own:okx'))('of its own instance: %s', (command) => refused(user, command));
  test.each(onForeignKeys('$own:okx', '$own'))('of the default, for the instance: %s', (command) =>
    refused(okx, command),
  );

  test.each([
    'get $own',
    'get $own:thing',
    'get $own:thing:1',
    'get $own:things:{1}',
    'set $own:new-family:{1} 1',
    'get $own:thing-x:{1}',
  ])('that no family names: %s', (command) => refused(user, command));
});

describe('what is published is read by all, and written by its own adapter', () => {
  test.each([
    'xrange foreign:events:{all} - +',
    'xread streams $own:okx:events:{all} 0',
    'get foreign:published:{all}',
    'xlen $own:okx:events:{all}',
  ])('%s', async (command) => {
    const written = await call(box.redis, command);
    expect([null, 0, []]).not.toContainEqual(written);
    expect(await call(user, command)).toEqual(written);
  });

  test.each([
    'xadd foreign:events:{all} * type forged',
    'xdel foreign:events:{all} 1-0',
    'xtrim foreign:events:{all} maxlen 0',
    'del foreign:events:{all}',
    'expire foreign:events:{all} 1',
    'xgroup create foreign:events:{all} group 0',
    'xadd $own:okx:events:{all} * type forged',
    'set foreign:published:{all} 9',
    'set foreign:services:{registry} x',
    'set foreign:checkpoints:{all} 9',
    'rename foreign:events:{all} $own:events:{all}',
  ])('%s', (command) => refused(user, command));

  test('no id makes a key of another family look published', async () => {
    const things = keysOf(`foreign`, { thing: { noun: 'thing', visibility: 'own' } }).thing;
    for (const { noun } of Object.values(coreFamilies)) {
      for (const id of [noun, `:${noun}:`, `x:${noun}:all`, `a/b:${noun}`]) {
        await refused(user, `get ${things(id)}`);
        await refused(user, `get ${things(id, noun)}`);
      }
    }
  });
});

describe('commands that see or end the work of others are refused', () => {
  test.each([
    'keys *',
    'scan 0',
    'randomkey',
    'dbsize',
    'flushdb',
    'flushall',
    'select 1',
    'swapdb 0 1',
    'move $own:thing:{1} 1',
    'migrate localhost 6379 $own:thing:{1} 0 1',
    'restore $own:thing:{9} 0 x',
    'sort $own:thing:{1}',
    'sort_ro $own:thing:{1}',
    'config get *',
    'config set maxmemory 1',
    'config resetstat',
    'client list',
    'client kill id 1',
    'client pause 1',
    'client unpause',
    'client no-evict on',
    'client tracking on bcast',
    'client reply off',
    'acl whoami',
    'acl list',
    'acl setuser x on',
    'acl getuser $own_adapter',
    'script flush',
    'script load x',
    'script kill',
    'script exists x',
    'function load x',
    'function list',
    'function flush',
    'fcall x 0',
    'fcall_ro x 0',
    'debug sleep 0',
    'monitor',
    'save',
    'bgsave',
    'bgrewriteaof',
    'lastsave',
    'shutdown',
    'replicaof no one',
    'role',
    'failover',
    'cluster nodes',
    'cluster reset',
    'latency doctor',
    'slowlog get',
    'module list',
    'memory doctor',
    'memory purge',
    'multi',
    'watch $own:thing:{1}',
    'publish foreign x',
    'publish $own x',
    'subscribe foreign',
    'psubscribe *',
    'ssubscribe foreign',
    'pubsub channels',
  ])('%s', (command) => refused(user, command));

  test.each(['keys *', 'flushall', 'config get *', 'client kill id 1', 'script flush', 'acl list'])(
    'for the instance too: %s',
    (command) => refused(okx, command),
  );

  test.each([
    'redis.call("keys","*")',
    'redis.call("flushall")',
    'redis.call("dbsize")',
    'redis.call("publish","foreign","x")',
  ])('and inside a script: %s', (lua) => refused(user, `eval 'return ${lua}' 0`));

  test('without its password nobody is the user', async () => {
    await expect(box.connectRedis(`${prefix}_adapter`, 'not-the-password')).rejects.toThrow();
    await expect(call(user, 'auth $own_okx_adapter guess')).rejects.toThrow(/WRONGPASS/);
  });
});
