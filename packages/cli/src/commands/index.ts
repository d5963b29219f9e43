import type { Command } from '../command.ts';
import { credentialsRotate } from './credentials-rotate.ts';
import { doctor } from './doctor.ts';
import { eventsList } from './events-list.ts';
import { eventsReplay } from './events-replay.ts';
import { eventsTail } from './events-tail.ts';
import { loadBacktest } from './load-backtest.ts';
import { migrateCommand } from './migrate.ts';
import { restored } from './restored.ts';
import { seed } from './seed.ts';
import { statusCommand } from './status.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  migrateCommand,
  statusCommand,
  doctor,
  loadBacktest,
  seed,
  verify,
  eventsList,
  eventsTail,
  eventsReplay,
  credentialsRotate,
  restored,
];
