import { expect, test } from 'vitest';
import { openAdapter } from '@tse/core';
import { definition } from '../index.ts';
import { TickArchive } from '../prices/tick-archive.ts';
import { type Crash, dyingContext } from '../test-crashes.ts';
import { SYMBOL, minute, testMarketData } from '../test-market-data.ts';
import { LiveArchive } from './live-archive.ts';

test('an archiver that is killed at any of its steps loses no tick and archives none twice', async () => {
  await using t = await testMarketData({ start: minute(60), options: { workers: ['keep-epoch'] } });
  const { prices } = t.marketData;
  const { context, keys, leases, mount } = openAdapter({
    ...definition,
    options: { ...t.box.options('marketData'), workers: false },
  });
  await using _ = mount();
  const archive = (crash?: Crash) => {
    const dying = crash ? dyingContext(context, crash) : Object.assign({ steps: () => 0 }, context);
    const ticks = new TickArchive(dying);
    return {
      steps: dying.steps,
      live: new LiveArchive(dying, leases, {
        name: 'ticks',
        key: keys.price,
        store: (...entries) => ticks.store(...entries),
      }),
    };
  };
  let sequence = 0;
  const record = async () => {
    for (let flush = 0; flush < 3; flush += 1)
      await prices.record(
        Array.from({ length: 4 }, () => ({
          symbol: SYMBOL,
          source: 's',
          eventAt: minute(0),
          sequence: (sequence += 1),
          price: '1',
        })),
      );
  };
  let kills = 0;
  for (const when of ['before', 'after'] as const)
    for (let step = 1; ; step += 1) {
      await record();
      const dying = archive({ step, when });
      const survived = await dying.live.archive([SYMBOL]).then(
        () => true,
        () => false,
      );
      await archive().live.archive([SYMBOL]);
      const archived = (await Array.fromAsync(prices.list({ symbol: SYMBOL, source: 's' }))).map(
        (tick) => tick.sequence,
      );
      expect(archived, `killed ${when} step ${step}`).toEqual(Array.from({ length: sequence }, (__, i) => i + 1));
      if (survived) break;
      kills += 1;
    }
  expect(kills).toBeGreaterThan(10);
  await using facts = await t.facts();
  expect(await facts.query('select series from facts_archive_gaps')).toEqual([]);
});
