import { Archiver, type BaseAdapter, openAdapter } from '@tse/core';
import { AccessLogRepository } from './access-log/access-log.repository.ts';
import type { AccessLog } from './access-log/access-log.ts';
import { ChainRepository } from './chains/chains.repository.ts';
import type { Chains } from './chains/chains.ts';
import { derivedCheck } from './chains/derived-check.ts';
import { projectChains } from './chains/project-chains.worker.ts';
import { AnchorRepository } from './blocks/anchors.repository.ts';
import { anchorBlocks } from './blocks/anchor-blocks.worker.ts';
import { BlockRepository } from './blocks/blocks.repository.ts';
import { PortionThreads } from './blocks/portion-threads.ts';
import type { Blocks } from './blocks/blocks.ts';
import { BlockSealer } from './blocks/seal-blocks.repository.ts';
import { sealBlocks } from './blocks/seal-blocks.worker.ts';
import { type AuditOptions, auditConfig } from './config.ts';
import { correlate } from './correlations/correlate.worker.ts';
import { CorrelationRepository } from './correlations/correlations.repository.ts';
import type { Correlations } from './correlations/correlations.ts';
import { definition } from './definition.ts';
import { ExportRepository } from './exports/exports.repository.ts';
import type { Exports } from './exports/exports.ts';
import { RootRepository } from './roots/roots.repository.ts';
import type { Roots } from './roots/roots.ts';
import { RunRepository } from './runs/runs.repository.ts';
import type { Runs } from './runs/runs.ts';
import { archiveSegments } from './retention/archive-segments.worker.ts';
import { RetentionRepository } from './retention/retention.repository.ts';
import type { Retention } from './retention/retention.ts';
import { IngestSources } from './sources/ingest-sources.worker.ts';
import { SourceRepository } from './sources/sources.repository.ts';
import type { Sources } from './sources/sources.ts';
import { forgetTelemetry } from './telemetry/forget-telemetry.worker.ts';
import { TelemetryRepository } from './telemetry/telemetry.repository.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { projectSpans } from './timelines/project-spans.worker.ts';
import { projectTimelines } from './timelines/project-timelines.worker.ts';
import { SubjectRepository } from './subjects/subjects.repository.ts';
import type { Subjects } from './subjects/subjects.ts';
import { DirectEvents } from './trail/direct-events.repository.ts';
import { type BufferedEvent, IngestBufferStore } from './trail/ingest-buffer.store.ts';
import { OwnEvents } from './trail/own-events.repository.ts';
import { TimelineRepository } from './timelines/timelines.repository.ts';
import type { Timelines } from './timelines/timelines.ts';
import { TrailWriter } from './trail/trail-writer.repository.ts';
import { TrailRepository } from './trail/trail.repository.ts';
import type { Trail } from './trail/trail.ts';
import { VersionedCopies } from './versioned-copies.store.ts';

/** The data of an audit correlator. */
export interface AuditAdapter extends BaseAdapter {
  readonly trail: Trail;
  readonly sources: Sources;
  readonly blocks: Blocks;
  readonly retention: Retention;
  readonly subjects: Subjects;
  readonly telemetry: Telemetry;
  readonly chains: Chains;
  readonly timelines: Timelines;
  readonly correlations: Correlations;
  readonly exports: Exports;
  readonly accessLog: AccessLog;
  readonly runs: Runs;
  readonly roots: Roots;
}

/**
 * Opens the audit correlator's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createAuditAdapter = Object.assign(
  (options: AuditOptions = {}): AuditAdapter => {
    const config = auditConfig(options);
    const { context, keys, leases, inbox, mount } = openAdapter({
      ...definition,
      options,
      redisFirst: true,
      partitioned: ['spans', 'logs', 'access_log'],
    });

    const writer = new TrailWriter(context, config);
    const accessLog = new AccessLogRepository(context);
    const direct = new DirectEvents(context, writer);
    const buffer = new IngestBufferStore(context, keys.ingest);
    const trail = new TrailRepository(context, { direct, buffer, access: accessLog });
    const draining = new Archiver<BufferedEvent>(context, leases, {
      series: 'ingest-buffer',
      source: buffer,
      store: (tx, events) => direct.ingestBuffered(tx, events),
      everyMs: 50,
    });
    const own = new OwnEvents(context, writer);
    const sources = new SourceRepository(context, inbox, () => ingesting.wake());
    const ingesting = new IngestSources(context, { sources, configured: config.sources, inbox, writer });
    const sealer = new BlockSealer(context, own, config);
    const anchors = new AnchorRepository(context, own, config.anchors);
    const exported = new ExportRepository(context, own);
    const threads = new PortionThreads();
    const blocks = new BlockRepository(context, {
      sealer,
      anchors,
      exports: exported,
      archiveFolder: config.archiveFolder,
      threads,
    });

    const retention = new RetentionRepository(context, { own, leases, archiveFolder: config.archiveFolder });
    const subjects = new SubjectRepository(context, own);
    const telemetry = new TelemetryRepository(context);
    const chains = new ChainRepository(context, accessLog, new VersionedCopies(context, 'trace', keys.trace));
    const timelines = new TimelineRepository(context, accessLog);
    const correlations = new CorrelationRepository(
      context,
      accessLog,
      new VersionedCopies(context, 'correlation', keys.correlation),
    );
    const runs = new RunRepository(context, own);
    const roots = new RootRepository(context, accessLog);

    const base = mount({
      workers: [
        ingesting,
        draining,
        sealBlocks(sealer),
        anchorBlocks(anchors),
        archiveSegments(retention),
        projectChains(context),
        projectTimelines(context),
        projectSpans(context),
        correlate(correlations),
        forgetTelemetry(context),
      ],
      projections: [chains.projection, correlations.projection],
      checks: [derivedCheck(context), ingesting],
      flush: [() => ingesting.close(), () => threads.close()],
    });
    return {
      ...base,
      trail,
      sources,
      blocks,
      retention,
      subjects,
      telemetry,
      chains,
      timelines,
      correlations,
      exports: exported,
      accessLog,
      runs,
      roots,
    };
  },
  { definition },
);
