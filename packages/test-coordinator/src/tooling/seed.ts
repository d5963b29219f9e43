import type { TestCoordinatorAdapter } from '../adapter.ts';
import { shippedScenarios } from '../scenarios/shipped-scenarios.ts';

/** The scenarios and templates that come with the package, and a schedule that is paused; the same again where they are there. */
export async function seedTestCoordinator(
  { scenarios, schedules }: TestCoordinatorAdapter,
  progress: (text: string) => void,
): Promise<Record<string, number>> {
  const counts = { scenarios: 0, templates: 0, schedules: 1 };
  for (const [name, text] of Object.entries(shippedScenarios())) {
    progress(name);
    if (name.endsWith('.template')) {
      await scenarios.publishTemplate({ text });
      counts.templates += 1;
    } else {
      await scenarios.publish({ text, status: 'active' });
      counts.scenarios += 1;
    }
  }
  await schedules.define({
    scheduleId: 'nightly-depeg',
    scenarioId: 'stablecoin-depeg',
    cron: '30 2 * * *',
    timeZone: 'Europe/Berlin',
  });
  await schedules.pause({ scheduleId: 'nightly-depeg', paused: true });
  return counts;
}
