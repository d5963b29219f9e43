import { type AdapterOptions, type Identity, InvalidInputError } from '@tse/core';
import type { AnchorSink } from './blocks/anchor-sink.ts';

/** An adapter whose events are read into the trail: `{ ...exchangeEvents.source, instance: 'okx' }`. */
export interface SourceOption extends Identity {
  readonly instance?: string | undefined;
}

export interface AuditOptions extends AdapterOptions {
  /** Read from now on, beside those that were added before: `AUDIT_SOURCES=exchange exchange/okx risk`. */
  sources?: readonly SourceOption[];
  /** Where the roots of the blocks are written down outside of the database. A path (`AUDIT_ANCHOR_FILE`) is a file sink. */
  anchors?: readonly (AnchorSink | string)[];
  /** The folder for archived segments: `AUDIT_ARCHIVE_FOLDER`. Without one nothing can be archived. */
  archiveFolder?: string;
  /** Events of one partition of the trail, and so of one archived segment: 2 000 000. */
  partitionWidth?: number;
  /** How long what is new may wait before it is sealed, where a block is not full: 1000. */
  sealAfterMs?: number;
}

export interface AuditConfig {
  readonly sources: readonly SourceOption[];
  readonly anchors: readonly (AnchorSink | string)[];
  readonly archiveFolder: string | undefined;
  readonly partitionWidth: number;
  readonly sealAfterMs: number;
}

/** The adapters of the ecosystem by name: the environment knows no more of them. */
const adapters: Readonly<Record<string, Identity>> = Object.fromEntries(
  [
    { name: 'market-data', schema: 'market_data', prefix: 'market' },
    { name: 'exchange', schema: 'exchange', prefix: 'exchange' },
    { name: 'custodian', schema: 'custodian', prefix: 'custodian' },
    { name: 'risk', schema: 'risk', prefix: 'risk' },
    { name: 'trading', schema: 'trading', prefix: 'trading' },
    { name: 'test-coordinator', schema: 'test_coordination', prefix: 'test' },
  ].map((each) => [each.name, each]),
);

/** Options over the environment over defaults. */
export function auditConfig(
  options: AuditOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): AuditConfig {
  const { anchors, sources, partitionWidth = 2_000_000, sealAfterMs = 1000 } = options;
  const prefix =
    options.instance === undefined ? 'AUDIT_' : `AUDIT_${options.instance.replaceAll('-', '_').toUpperCase()}_`;
  const named = (env[`${prefix}SOURCES`] ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const file = env[`${prefix}ANCHOR_FILE`];
  if (!Number.isSafeInteger(partitionWidth) || partitionWidth < 1000 || partitionWidth > 100_000_000)
    throw invalid('partitionWidth', 'expected 1000 to 100 000 000 events');
  if (!(sealAfterMs >= 0) || sealAfterMs > 86_400_000)
    throw invalid('sealAfterMs', 'expected milliseconds of a day at most');
  return {
    sources: sources ?? named.map((word) => sourceOf(word, `${prefix}SOURCES`)),
    anchors: anchors ?? (file ? [file] : []),
    archiveFolder: options.archiveFolder ?? (env[`${prefix}ARCHIVE_FOLDER`] || undefined),
    partitionWidth,
    sealAfterMs,
  };
}

function sourceOf(word: string, variable: string): SourceOption {
  const [name = '', instance] = word.split('/');
  const known = adapters[name];
  if (!known)
    throw invalid(
      variable,
      `expected names of adapters, ${Object.keys(adapters).join(', ')}, each with /instance where it is one`,
    );
  return { ...known, ...(instance !== undefined && { instance }) };
}

const invalid = (path: string, message: string) => new InvalidInputError([{ path, message }], 'invalid-configuration');
