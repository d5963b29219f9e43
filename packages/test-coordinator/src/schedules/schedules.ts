import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { problemOfCron } from './cron.ts';

export const overlaps = ['skip', 'buffer', 'cancel', 'allow'] as const;
/** What a tick does while an earlier one still runs: nothing, wait (one of them), end it, or run beside it. */
export type Overlap = (typeof overlaps)[number];

/** When a scenario runs by itself. */
export interface Schedule {
  scheduleId: string;
  scenarioId: string;
  scenarioVersion?: number;
  cron: string;
  timeZone: string;
  overlap: Overlap;
  /** A tick that is found later than this has been missed. */
  catchupMs: number;
  parameters: Record<string, unknown>;
  lockName?: string;
  paused: boolean;
  /** The next nominal instant. */
  nextAt?: Instant;
  createdAt: Instant;
}

/** A tick: its nominal instant fires once. */
export interface ScheduleFire {
  nominalAt: Instant;
  outcome: 'on-time' | 'late' | 'missed' | 'skipped-overlap';
  jobId?: string;
  firedAt: Instant;
}

const values = jsonObjectInput(16_384);
export const defineSchedule = z
  .strictObject({
    scheduleId: idInput,
    scenarioId: idInput,
    scenarioVersion: z.int().min(1).max(2_147_483_647).optional(),
    /** Five fields, or six with seconds first: `30 2 * * *`. */
    cron: textInput(200),
    /** Of the tz database: `Europe/Berlin`. */
    timeZone: textInput(64).default('UTC'),
    overlap: z.enum(overlaps).default('skip'),
    catchup: durationInput.default(3_600_000),
    parameters: values.default({}),
    lockName: textInput(200).optional(),
  })
  .superRefine(({ cron, timeZone }, context) => {
    const problem = problemOfCron(cron, timeZone);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['cron'], message: problem });
  });
export type DefineSchedule = z.input<typeof defineSchedule>;
export const pauseSchedule = z.strictObject({ scheduleId: idInput, paused: z.boolean() });
export type PauseSchedule = z.input<typeof pauseSchedule>;
/** In the order of their ids. */
export const listSchedules = z.strictObject({ scenarioId: idInput.optional(), ...pageFields(idInput) });
export type ListSchedules = z.input<typeof listSchedules>;
/** Oldest first. */
export const listFires = z.strictObject({ scheduleId: idInput, ...pageFields(instantInput) });
export type ListFires = z.input<typeof listFires>;

/** Codes with which schedules refuse. */
export type ScheduleRefusal = 'unknown-schedule' | 'unknown-scenario' | 'unknown-version' | 'id-conflict';

/**
 * Cron lines in a time zone that put jobs into the queue. The worker `fire-schedules` fires each nominal instant once, whatever the clocks do.
 * Errors are `not-found` or `conflict` with a `ScheduleRefusal` as code.
 */
export interface Schedules {
  /** Defines when a scenario is run, by a cron expression or an interval in a time zone, or changes it. */
  define(input: DefineSchedule, options?: CallOptions): Promise<Schedule>;
  /** What falls into a pause does not fire. */
  pause(input: PauseSchedule, options?: CallOptions): Promise<Schedule>;
  /** Nothing where there is none. */
  find(scheduleId: string, options?: CallOptions): Promise<Schedule | undefined>;
  /** Refused as `not-found` where there is none. */
  get(scheduleId: string, options?: CallOptions): Promise<Schedule>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListSchedules, options?: CallOptions): Listing<Schedule>;
  /** A page when awaited; all of them by `for await`. */
  listFires(input: ListFires, options?: CallOptions): Listing<ScheduleFire>;
}
