import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { expect, inject, test } from 'vitest';
import { status } from './status.ts';
import { provision } from './provision.ts';
import { passwords, testDatabase } from './test-database.ts';

/** Passes everything on, and answers the login with a process id of its own: what every pooler does. */
async function pooler(target: URL): Promise<{ port: number; close: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    sockets.push(client, upstream);
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      const key = chunk.indexOf(Buffer.from('4b0000000c', 'hex'));
      if (key >= 0) chunk.writeUInt32BE(4_242_424, key + 5);
      client.write(chunk);
    });
    for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('refuses to work through a pooler', async () => {
  await using box = await testDatabase(inject('servers'));
  const url = new URL(box.admin.postgresUrl);
  const proxy = await pooler(new URL(url));
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  const admin = { ...box.admin, postgresUrl: url.href };
  await expect(provision(box.definition, { admin, passwords })).rejects.toMatchObject({
    code: 'pooled-connection',
    message: expect.stringContaining('PostgreSQL itself') as string,
  });
  expect(await status(box.definition, { admin })).toMatchObject({ state: 'pending' }); // reading is fine
  proxy.close();
});

test.each(['', 'mysql://x/y', 'postgres:///db', 'postgres://host'])(
  'refuses %j as the address',
  async (postgresUrl) => {
    await using box = await testDatabase(inject('servers'));
    const refused = provision(box.definition, { admin: { ...box.admin, postgresUrl }, passwords });
    await expect(refused).rejects.toMatchObject({ kind: 'invalid-input' });
  },
);
