import type { ManualClock } from '@tse/testkit';
import type { Ecosystem } from './ecosystem.ts';

/** Days on: what settles on the day after the last trade has settled, whatever the calendars say of a weekend. */
const SETTLED_AFTER = 'P4D';

/** Alerts are answered, funds move in and out, and what was traded settles. */
export async function conclude(ecosystem: Ecosystem, clock: ManualClock): Promise<void> {
  const { desk, custody } = ecosystem;
  await ecosystem.settle();
  await desk.answerAll();
  await ecosystem.settle();
  await custody.moveFunds();
  await ecosystem.settle();
  await ecosystem.step(await clock.advance(SETTLED_AFTER));
  await ecosystem.settle();
  await desk.answerAll();
  await ecosystem.settle();
  await desk.engine.drain();
}
