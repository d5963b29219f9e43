import { type BaseAdapter, openAdapter } from '@tse/core';
import { type AuditOptions, auditConfig } from './config.ts';
import { definition } from './definition.ts';
import { TrailWriter } from './trail/trail-writer.repository.ts';
import { TrailRepository } from './trail/trail.repository.ts';
import type { Trail } from './trail/trail.ts';

/** The data of an audit correlator. */
export interface AuditAdapter extends BaseAdapter {
  readonly trail: Trail;
}

/**
 * Opens the audit correlator's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createAuditAdapter = Object.assign(
  (options: AuditOptions = {}): AuditAdapter => {
    const config = auditConfig(options);
    const { context, mount } = openAdapter({ ...definition, options });

    const writer = new TrailWriter(context, config);
    const trail = new TrailRepository(context, writer);

    const base = mount();
    return { ...base, trail };
  },
  { definition },
);
