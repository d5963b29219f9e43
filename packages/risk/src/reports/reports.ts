import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  pageFields,
} from '@tse/core';
import { z } from 'zod';

export const reportKinds = ['daily-summary', 'breach-history', 'limit-changes', 'decisions'] as const;
/** What a report is about. */
export type ReportKind = (typeof reportKinds)[number];

/** A report for compliance: of a period of business time, from all that was recorded by its watermark. */
export interface Report {
  reportId: string;
  kind: ReportKind;
  from: Instant;
  until: Instant;
  /** Database time. The same kind, period and watermark have the same hash, whenever it is generated. */
  watermark: Instant;
  /** Of the text that `body` was parsed from. */
  sha256: string;
  body: Record<string, unknown>;
  generatedAt: Instant;
}

/** Without a watermark it is of now. With one of an earlier report it is that report again. */
export const generateReport = z
  .strictObject({
    reportId: idInput,
    kind: z.enum(reportKinds),
    from: instantInput,
    until: instantInput,
    watermark: instantInput.optional(),
  })
  .refine(({ from, until }) => from < until, { message: 'expected it after from', path: ['until'] });
export type GenerateReport = z.input<typeof generateReport>;

/** Newest first, without their bodies. */
export const listReports = z.strictObject({
  kind: z.enum(reportKinds).optional(),
  ...pageFields(instantInput, idInput),
});
export type ListReports = z.input<typeof listReports>;

/** A source that has to be heard of within a gap, in milliseconds. */
export interface Feed {
  source: string;
  maxGapMs: number;
  lastSeen: Instant;
  overdue: boolean;
}
/** A source that should be heard of at least so often, from now on. The gap may be changed by saying it again. */
export const expectFeed = z.strictObject({
  source: idInput,
  maxGap: durationInput.refine((ms) => ms > 0 && ms <= 366 * 86_400_000, 'expected up to 366 days, above zero'),
});
export type ExpectFeed = z.input<typeof expectFeed>;
/** It was heard of. An older time than the last one changes nothing. */
export const beatFeed = z.strictObject({ source: idInput, at: instantInput.optional() });
export type BeatFeed = z.input<typeof beatFeed>;

/** Codes with which reports refuse. */
export type ReportRefusal = 'unknown-report' | 'unknown-feed' | 'id-conflict' | 'watermark-ahead';

/** Reports for compliance, and the feeds that the monitor must hear of. Errors are `not-found`, `conflict` or `invalid-input` with a `ReportRefusal` as code. */
export interface Reports {
  /** Makes and keeps a report as of a watermark; the same id answers the first. Refused with `watermark-ahead`. */
  generate(input: GenerateReport, options?: CallOptions): Promise<Report>;
  /** Nothing where there is none. */
  find(reportId: string, options?: CallOptions): Promise<Report | undefined>;
  /** Refused as `not-found` where there is none. */
  get(reportId: string, options?: CallOptions): Promise<Report>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListReports, options?: CallOptions): Listing<Omit<Report, 'body'>>;
  /** Says that a source has to be heard of, at least every so many milliseconds. */
  expectFeed(input: ExpectFeed, options?: CallOptions): Promise<Feed>;
  /** Says that a source was heard of. Refused with `unknown-feed`. */
  beat(input: BeatFeed, options?: CallOptions): Promise<Feed>;
  /** All of them. */
  listFeeds(options?: CallOptions): Promise<Feed[]>;
}
