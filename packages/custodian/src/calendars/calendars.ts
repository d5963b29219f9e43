import {
  type CallOptions,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';

/** Settles assets that have no calendar of their own: every day is a business day, in UTC. Every schema has it. */
export const ALWAYS_OPEN = 'always-open';

/** A day without a time: `2026-11-24`. */
export type Day = string;

/** How many business days after the trade it settles: T+0 to T+3. */
export const cycles = [0, 1, 2, 3] as const;
export type Cycle = (typeof cycles)[number];

/** A day on which nothing settles. */
export interface Holiday {
  day: Day;
  name: string;
}

/** One version of a calendar of business days. */
export interface Calendar {
  calendarId: string;
  version: number;
  /** IANA name. */
  timeZone: string;
  /** Local `HH:MM` until which a trade is of its day; `24:00` is the end of the day. */
  cutoff: string;
  /** ISO days of the week that are none: 1 is Monday, 7 is Sunday. */
  weekend: number[];
  /** The days it covers. */
  firstDay: Day;
  lastDay: Day;
  holidays: Holiday[];
}

/** When a trade settles, and the versions of the calendars that say so. */
export interface SettlementDate {
  intendedDate: Day;
  /** From when it can settle: the beginning of the day in each calendar, or the trade where that is later. */
  dueAt: Instant;
  /** The last cut-off of that day: what has not settled by then has failed. */
  cutsOffAt: Instant;
  calendarVersions: Record<string, number>;
}

/** A day on which is settled, from its opening to its cut-off. */
export interface BusinessDay {
  day: Day;
  opensAt: Instant;
  cutsOffAt: Instant;
}

const day = z.iso
  .date({ error: 'expected a day such as 2026-11-24' })
  .refine((text) => text >= '1900-01-01' && text <= '2999-12-31', 'expected a day of the years 1900 to 2999');

/** The next version of a calendar, the first is 1. The same version with the same content answers what stands. */
export const defineCalendar = z
  .strictObject({
    calendarId: idInput,
    version: z.int().min(1).max(1_000_000),
    timeZone: textInput(64),
    cutoff: z
      .string({ error: 'expected a local time' })
      .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'expected a local time HH:MM')
      .refine((time) => time !== '00:00', 'expected a time after the beginning of the day')
      .default('24:00'),
    weekend: z
      .array(z.int().min(1).max(7))
      .max(6)
      .default([6, 7])
      .transform((days) => [...new Set(days)].toSorted((a, b) => a - b)),
    firstDay: day,
    lastDay: day,
    holidays: z
      .array(z.strictObject({ day, name: textInput(100) }))
      .max(5000)
      .default([])
      .refine((all) => new Set(all.map((one) => one.day)).size === all.length, 'expected each day once'),
  })
  .refine(({ firstDay, lastDay }) => firstDay <= lastDay, {
    message: 'expected a day after the first',
    path: ['lastDay'],
  })
  .refine(({ firstDay, lastDay }) => Date.parse(lastDay) - Date.parse(firstDay) < 25_000 * 86_400_000, {
    message: 'expected at most 25000 days',
    path: ['lastDay'],
  });
export type DefineCalendar = z.input<typeof defineCalendar>;

export const assignCalendar = z.strictObject({ asset: assetInput, calendarId: idInput });
export type AssignCalendar = z.input<typeof assignCalendar>;

/** The latest version where none is named. */
export const getCalendar = z.strictObject({ calendarId: idInput, version: z.int().min(1).max(1_000_000).optional() });
export type GetCalendar = z.input<typeof getCalendar>;

export const findSettlementDate = z.strictObject({
  /** All that change hands. */
  assets: z.array(assetInput).min(1).max(20),
  /** The adapter's clock where left out. */
  tradedAt: instantInput.optional(),
  cycle: z.literal(cycles),
});
export type FindSettlementDate = z.input<typeof findSettlementDate>;

/** In their order; from the first day on where none is named. */
export const listBusinessDays = z.strictObject({
  calendarId: idInput,
  version: z.int().min(1).max(1_000_000).optional(),
  from: day.optional(),
  to: day.optional(),
  ...pageFields(day),
});
export type ListBusinessDays = z.input<typeof listBusinessDays>;

/** Codes with which calendars refuse. */
export type CalendarRefusal =
  | 'unknown-calendar'
  | 'unknown-time-zone'
  | 'id-conflict'
  | 'not-the-next-version'
  | 'outside-calendar';

/**
 * Which days are business days for which asset, in versions that are never changed. Errors are `not-found`, `conflict` or
 * `invalid-input` with a `CalendarRefusal` as code.
 */
export interface Calendars {
  /** Publishes the next version of a calendar. Refused with `not-the-next-version`, `unknown-time-zone`. */
  define(input: DefineCalendar, options?: CallOptions): Promise<Calendar>;
  /** From now on what moves of this asset goes by that calendar. */
  assign(input: AssignCalendar, options?: CallOptions): Promise<AssignCalendar>;
  /** Nothing where there is none. */
  find(input: GetCalendar, options?: CallOptions): Promise<Calendar | undefined>;
  /** Refused as `not-found` where there is none. */
  get(input: GetCalendar, options?: CallOptions): Promise<Calendar>;
  /** By asset, the calendars that were assigned. */
  listAssigned(options?: CallOptions): Promise<AssignCalendar[]>;
  /** The business days between two days, both included. Refused with `outside-calendar` beyond what the calendar covers. */
  listBusinessDays(input: ListBusinessDays, options?: CallOptions): Listing<BusinessDay>;
  /** The later date of all the calendars, rolled on to a day that is a business day in each. */
  settlementDate(input: FindSettlementDate, options?: CallOptions): Promise<SettlementDate>;
}
