import type { Command } from '../command.ts';
import { auditChain } from './audit-chain.ts';
import { auditExport } from './audit-export.ts';
import { auditRoot } from './audit-root.ts';
import { auditVerify } from './audit-verify.ts';
import { credentialsRotate } from './credentials-rotate.ts';
import { doctor } from './doctor.ts';
import { eventsList } from './events-list.ts';
import { eventsReplay } from './events-replay.ts';
import { eventsTail } from './events-tail.ts';
import { loadBacktest } from './load-backtest.ts';
import { load } from './load.ts';
import { migrateCommand } from './migrate.ts';
import { redisRebuild } from './redis-rebuild.ts';
import { restored } from './restored.ts';
import { seed } from './seed.ts';
import { snapshot } from './snapshot.ts';
import { statusCommand } from './status.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  migrateCommand,
  statusCommand,
  doctor,
  // Before `load`, whose name begins its own.
  loadBacktest,
  load,
  seed,
  verify,
  snapshot,
  eventsList,
  eventsTail,
  eventsReplay,
  auditVerify,
  auditExport,
  auditChain,
  auditRoot,
  credentialsRotate,
  redisRebuild,
  restored,
];
