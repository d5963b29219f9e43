import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openArena } from './arena.ts';
import { findLosses } from './audit.ts';
import { Bank } from './bank.ts';

test('a server that acknowledges before it is durable is found out', async () => {
  await using arena = await openArena();
  const client = new pg.Client(arena.admin.postgresUrl);
  await client.connect();
  await client.query('alter role exchange_adapter set synchronous_commit = off');
  await client.query('alter system set wal_writer_delay = 10000');
  await client.query('select pg_reload_conf()');
  await client.end();

  const bank = new Bank(arena.exchange, 'planted');
  await bank.open();
  let losses: string[] = [];
  for (let round = 0; round < 20 && losses.length === 0; round += 1) {
    const stop = new AbortController();
    const running = bank.run(12, stop.signal);
    await sleep(400);
    await arena.postgres.kill('SIGKILL');
    stop.abort();
    await arena.postgres.restart();
    await running;
    losses = await findLosses(arena, bank.acknowledged);
  }
  console.log(`found ${losses.length} losses, first: ${losses[0]}`);
  expect(losses.length).toBeGreaterThan(0);
});
