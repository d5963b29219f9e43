import { type BaseAdapter, openAdapter } from '@tse/core';
import { AccessLogRepository } from './access-log/access-log.repository.ts';
import type { AccessLog } from './access-log/access-log.ts';
import { ChainRepository } from './chains/chains.repository.ts';
import type { Chains } from './chains/chains.ts';
import { projectChains } from './chains/project-chains.worker.ts';
import { type AuditOptions, auditConfig } from './config.ts';
import { definition } from './definition.ts';
import { forgetTelemetry } from './telemetry/forget-telemetry.worker.ts';
import { TelemetryRepository } from './telemetry/telemetry.repository.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { projectSpans } from './timelines/project-spans.worker.ts';
import { projectTimelines } from './timelines/project-timelines.worker.ts';
import { TimelineRepository } from './timelines/timelines.repository.ts';
import type { Timelines } from './timelines/timelines.ts';
import { TrailWriter } from './trail/trail-writer.repository.ts';
import { TrailRepository } from './trail/trail.repository.ts';
import type { Trail } from './trail/trail.ts';
import { VersionedCopies } from './versioned-copies.store.ts';

/** The data of an audit correlator. */
export interface AuditAdapter extends BaseAdapter {
  readonly trail: Trail;
  readonly telemetry: Telemetry;
  readonly chains: Chains;
  readonly timelines: Timelines;
  readonly accessLog: AccessLog;
}

/**
 * Opens the audit correlator's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createAuditAdapter = Object.assign(
  (options: AuditOptions = {}): AuditAdapter => {
    const config = auditConfig(options);
    const { context, keys, mount } = openAdapter({
      ...definition,
      options,
      partitioned: ['spans', 'logs', 'access_log'],
    });

    const writer = new TrailWriter(context, config);
    const trail = new TrailRepository(context, writer);

    const accessLog = new AccessLogRepository(context);
    const telemetry = new TelemetryRepository(context);
    const chains = new ChainRepository(context, accessLog, new VersionedCopies(context, 'trace', keys.trace));
    const timelines = new TimelineRepository(context, accessLog);

    const base = mount({
      workers: [projectChains(context), projectTimelines(context), projectSpans(context), forgetTelemetry(context)],
    });
    return { ...base, trail, telemetry, chains, timelines, accessLog };
  },
  { definition },
);
