import { createHash } from 'node:crypto';
import { chown, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverAccount } from './account.ts';
import { cacheFolder } from './cache-folder.ts';
import { embeddedServer } from './embedded-server.ts';
import { redisProgram } from './redis-program.ts';
import type { Server, StoreStart } from './server.ts';
import { redisVersion } from './versions.ts';

/** Starts a Redis found on this machine or fetched for it, with a user `default` whose password is checked. */
export async function embeddedRedis(start: StoreStart): Promise<Server> {
  const account = await serverAccount();
  const program = await redisProgram(account, await cacheFolder(account, start.env), start.env, start.log);
  return await embeddedServer(
    {
      name: 'Redis',
      account,
      endSignal: 'TERM',
      ready: /Ready to accept connections/,
      pidFile: 'redis.pid',
      prepare: async (folder) => {
        const file = join(folder, 'users.acl');
        const users = await readFile(file, 'utf8').catch(() => '');
        await writeFile(`${file}.new`, aclFile(start.password, users), { mode: 0o600 });
        await chown(`${file}.new`, account.uid, account.gid);
        await rename(`${file}.new`, file);
      },
      command: (folder, port) => [
        program,
        ...redisFlags(start.durable, start.keep !== undefined),
        ...place(folder),
        '--port',
        String(port),
      ],
      adminUrl: (port) => `redis://default:${start.password}@127.0.0.1:${port}/0`,
      version: redisVersion,
    },
    start,
  );
}

const place = (folder: string) => [
  '--bind',
  '127.0.0.1',
  '--dir',
  folder,
  '--aclfile',
  join(folder, 'users.acl'),
  '--pidfile',
  join(folder, 'redis.pid'),
];

/**
 * Nothing is evicted, and a durable server has each answered write on disk (a kept one that is not under test within a
 * second).
 */
export function redisFlags(durable: boolean, kept: boolean): string[] {
  const durability = durable
    ? ['--appendonly', 'yes', '--appendfsync', kept ? 'everysec' : 'always']
    : ['--appendonly', 'no'];
  return ['--databases', '64', '--maxmemory-policy', 'noeviction', '--save', '', ...durability];
}

/** An ACL file with the administrator's line made anew, and the other users as they were. */
export function aclFile(password: string, users = ''): string {
  const others = users.split('\n').filter((line) => line.startsWith('user ') && !line.startsWith('user default '));
  const admin = `user default on #${createHash('sha256').update(password).digest('hex')} ~* &* +@all`;
  return [admin, ...others, ''].join('\n');
}
