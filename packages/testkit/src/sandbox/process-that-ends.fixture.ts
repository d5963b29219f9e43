import { createSampleAdapter } from '../contract/sample-adapter.fixture.ts';
import { sandbox } from './sandbox.ts';

/** Outside of vitest: uses a few sandboxes, with connections at every stage, and has to end by itself. */
for (let i = 0; i < 3; i += 1) {
  await using box = await sandbox({ sample: createSampleAdapter });
  await box.sample.find('n1');
}
console.log('done');
