import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { identity } from './identity.ts';
import { runStatuses } from './runs/run-states.ts';

const position = z.int().positive();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const example = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What the adapter publishes, and writes into its own trail. */
export const auditEvents = defineEvents(identity, {
  'block.sealed': {
    payload: z.object({
      block: position,
      firstPosition: position,
      lastPosition: position,
      merkleRoot: sha256,
      hash: sha256,
      treeRoot: sha256,
    }),
    example: {
      block: 7,
      firstPosition: 6145,
      lastPosition: 7168,
      merkleRoot: example,
      hash: example,
      treeRoot: example,
    },
  },
  'anchor.written': {
    payload: z.object({ sink: z.string(), block: position, lastPosition: position, treeRoot: sha256 }),
    example: { sink: 'file:/var/audit/anchors', block: 7, lastPosition: 7168, treeRoot: example },
  },
  'segment.archived': {
    payload: z.object({
      firstPosition: position,
      lastPosition: position,
      firstBlock: position,
      lastBlock: position,
      archive: z.string(),
      archiveBytes: position,
      archiveSha256: sha256,
    }),
    example: {
      firstPosition: 1,
      lastPosition: 2_000_000,
      firstBlock: 1,
      lastBlock: 1954,
      archive: 'audit-1-2000000.trail',
      archiveBytes: 1_400_000_000,
      archiveSha256: example,
    },
  },
  'subject.erased': {
    payload: z.object({ pseudonym: z.string(), reason: z.string().optional() }),
    example: { pseudonym: 'p-5d41402abc4b2a76', reason: 'asked to be forgotten' },
  },
  'export.recorded': {
    payload: z.object({
      exportId: z.string(),
      watermark: z.int().min(0),
      events: z.int().min(0),
      sha256,
      verified: z.boolean(),
    }),
    example: { exportId: 'mifid-2026-11', watermark: 7168, events: 1024, sha256: example, verified: true },
  },
  'manifest.changed': {
    payload: z.object({
      runId: z.string(),
      status: z.enum(runStatuses),
      version: position,
      highWatermark: z.int().min(0),
      reason: z.string().optional(),
    }),
    example: { runId: 'r-1', status: 'ended', version: 2, highWatermark: 7168 },
  },
  'retention.changed': {
    payload: z.object({ version: position, keepDays: z.int().positive().optional(), reason: z.string() }),
    example: { version: 2, keepDays: 365, reason: 'five years are not needed here' },
  },
});
