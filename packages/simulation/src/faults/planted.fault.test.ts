import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openArena } from './arena.ts';
import { Bank } from './bank.ts';
import { findLosses } from './find-losses.ts';
import { tellerAt } from './until-known.ts';

const ROUNDS = 20;

/** Kills the server under load, again and again, until something that was acknowledged is lost. */
async function lossesOfKills(synchronousCommit: 'on' | 'off', rounds: number): Promise<string[]> {
  await using arena = await openArena();
  await arena.asAdmin(async (client) => {
    await client.query(`alter role exchange_adapter set synchronous_commit = ${synchronousCommit}`);
    await client.query('alter system set wal_writer_delay = 10000');
    await client.query('select pg_reload_conf()');
  });
  const exchange = arena.open();
  const bank = new Bank([tellerAt(exchange)], 'planted');
  await bank.open(exchange);
  let losses: string[] = [];
  for (let round = 0; round < rounds && losses.length === 0; round += 1) {
    const stop = new AbortController();
    const running = bank.run(12, stop.signal);
    await sleep(400);
    await arena.postgres.kill('SIGKILL');
    stop.abort();
    await arena.postgres.restart();
    await running;
    losses = await findLosses(arena, bank.acknowledged);
  }
  return losses;
}

test('a server that acknowledges before it is durable is found out', async () => {
  const losses = await lossesOfKills('off', ROUNDS);
  const lost = losses.filter((loss) => loss.endsWith('acknowledged, lost'));
  console.log(`planted fault: ${lost.length} acknowledged things are lost, such as ${lost.slice(0, 3).join('; ')}`);
  expect(lost.length).toBeGreaterThan(0);
});

test('one that does not is not', async () => {
  expect(await lossesOfKills('on', 5)).toEqual([]);
});
