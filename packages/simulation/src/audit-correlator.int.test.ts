import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuditAdapter, definition as auditDefinition } from '@tse/audit';
import { openFacts } from '@tse/core/admin';
import { createExchangeAdapter, definition } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { checkTrail, openAuditCorrelator } from './audit-correlator.ts';

test('the trail has all that two exchanges published, each once, and is found wrong as soon as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'anchors-'));
  await using box = await sandbox({
    exchange: createExchangeAdapter,
    okx: createExchangeAdapter,
    audit: createAuditAdapter,
  });
  const exchanges = [box.exchange, box.okx];
  const audit = box.open('audit', { anchors: [join(folder, 'anchors')] } as object);
  await using correlator = await openAuditCorrelator(
    audit,
    exchanges.map(({ identity }) => ({ ...exchangeEvents.source, instance: identity.instance })),
  );
  for (const [i, exchange] of exchanges.entries()) {
    await exchange.markets.registerAsset({ asset: 'USD', scale: 10 });
    await exchange.accounts.open({ accountId: 'alice', ownerId: 'a' });
    for (let n = 0; n < 40 + i; n += 1)
      await exchange.ledger.deposit({ reference: `d${n}`, accountId: 'alice', asset: 'USD', amount: '1.5' });
  }
  const targetOf = ({ identity }: (typeof exchanges)[number]) => ({ instance: identity.instance, admin: box.admin });
  const sources = exchanges.map((exchange) => ({ definition, target: targetOf(exchange) }));
  const written = async () => {
    let events = 0;
    for (const source of sources) {
      await using facts = await openFacts(source.definition, source.target);
      events += (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
    }
    return events;
  };
  const total = await written();
  const check = () => checkTrail(audit, { instance: audit.identity.instance, admin: box.admin }, sources);
  await expect.poll(async () => (await check())[1]).toMatchObject({ name: 'coverage', ok: true });
  await correlator.drain();
  const found = await check();
  expect(found).toMatchObject([
    { name: 'trail', ok: true, compared: total },
    { name: 'coverage', ok: true, compared: total },
    { name: 'order', ok: true, compared: total },
    { name: 'blocks', ok: true },
  ]);
  expect((await readFile(join(folder, 'anchors'), 'utf8')).trim()).not.toBe('');
  expect((await audit.sources.list()).items.map(({ sourceId }) => sourceId).toSorted()).toEqual(
    exchanges.map(({ identity }) => identity.schema).toSorted(),
  );

  await using administrator = await openFacts(auditDefinition, { instance: audit.identity.instance, admin: box.admin });
  await administrator.query('rollback');
  await administrator.query(`set search_path = ${audit.identity.schema}`);
  await administrator.query(
    `alter table events disable trigger user; update events set payload = '{}' where source_seq = 3; alter table events enable trigger user`,
  );
  expect(await check()).toMatchObject([
    { name: 'trail', ok: false, problem: expect.stringContaining('number 3: ') },
    { name: 'coverage', ok: true },
    { name: 'order', ok: true },
    { name: 'blocks', ok: false, problem: expect.stringContaining('event-changed') },
  ]);
  await rm(folder, { recursive: true });
});
