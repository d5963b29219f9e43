import { instant } from '@tse/core';
import Holidays from 'date-holidays';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';
import type { Cycle, DefineCalendar } from './calendars.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian({ bare: true, options: { workers: false } });
  for (const [asset, calendar] of Object.entries(calendars)) {
    await t.custodian.calendars.define(calendar);
    await t.custodian.calendars.assign({ asset, calendarId: calendar.calendarId });
  }
});
afterAll(() => t[Symbol.asyncDispose]());

type Defined = { [Key in keyof DefineCalendar]-?: Exclude<DefineCalendar[Key], undefined> };

const FIRST = 2016;
const LAST = 2025;

/** The public holidays that the library knows, of ten years. */
function publicHolidays(country: string): { day: string; name: string }[] {
  const library = new Holidays(country, { types: ['public', 'bank'] });
  const days = new Map<string, string>();
  for (let year = FIRST; year <= LAST; year += 1)
    for (const { date, name } of library.getHolidays(year)) days.set(date.slice(0, 10), name);
  return [...days].map(([day, name]) => ({ day, name }));
}

const calendars = {
  USD: { calendarId: 'new-york', timeZone: 'America/New_York', cutoff: '17:00', holidays: publicHolidays('US') },
  GBP: { calendarId: 'london', timeZone: 'Europe/London', cutoff: '16:30', holidays: publicHolidays('GB') },
  JPY: { calendarId: 'tokyo', timeZone: 'Asia/Tokyo', cutoff: '15:00', holidays: publicHolidays('JP') },
  // A week that ends on Thursday.
  ILS: {
    calendarId: 'jerusalem',
    timeZone: 'Asia/Jerusalem',
    cutoff: '24:00',
    weekend: [5, 6],
    holidays: publicHolidays('IL'),
  },
} satisfies Record<string, Partial<DefineCalendar>> as unknown as Record<string, Defined>;
for (const calendar of Object.values(calendars))
  Object.assign(calendar, {
    version: 1,
    weekend: calendar.weekend ?? [6, 7],
    firstDay: `${FIRST}-01-01`,
    lastDay: `${LAST}-12-31`,
  });

const nextDay = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
const isBusinessDay = (calendar: Defined, day: string) =>
  !calendar.weekend.includes(new Date(day).getUTCDay() || 7) && !calendar.holidays.some((one) => one.day === day);

/** Day and time as a clock on the wall there shows them. */
function local(calendar: Defined, at: string) {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: calendar.timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const [day, time] = parts.format(new Date(at)).split(' ');
  return { day: day!, time: time! };
}

/** The same rule once more, day by day and without a database. */
function intendedDate(assets: readonly string[], at: string, cycle: number): string {
  const all = assets.map((asset) => calendars[asset]!);
  let latest = '';
  for (const calendar of all) {
    const now = local(calendar, at);
    let day = now.day;
    if (isBusinessDay(calendar, day) && now.time >= `${calendar.cutoff}:00`) day = nextDay(day);
    while (!isBusinessDay(calendar, day)) day = nextDay(day);
    for (let n = 0; n < cycle; n += 1)
      do day = nextDay(day);
      while (!isBusinessDay(calendar, day));
    if (day > latest) latest = day;
  }
  while (!all.every((calendar) => isBusinessDay(calendar, latest))) latest = nextDay(latest);
  return latest;
}

test.each(Object.keys(calendars))('the business days of %s over ten years are those of the library', async (asset) => {
  const calendar = calendars[asset]!;
  const expected: string[] = [];
  for (let day = `${FIRST}-01-01`; day <= `${LAST}-12-31`; day = nextDay(day))
    if (isBusinessDay(calendar, day)) expected.push(day);
  const found = await Array.fromAsync(
    t.custodian.calendars.listBusinessDays({ calendarId: calendar.calendarId, limit: 1000 }),
  );
  expect(found.map(({ day }) => day)).toEqual(expected);
  expect(expected.length).toBeGreaterThan(2400);
  for (const { day, opensAt, cutsOffAt } of found) {
    expect(local(calendar, opensAt)).toEqual({ day, time: '00:00:00' });
    expect(local(calendar, cutsOffAt)).toEqual(
      calendar.cutoff === '24:00' ? { day: nextDay(day), time: '00:00:00' } : { day, time: `${calendar.cutoff}:00` },
    );
  }
});

test('T+0 to T+3 of any moment and any assets is what counting day by day says', async () => {
  const moments = fc.integer({ min: Date.parse(`${FIRST}-02-01`), max: Date.parse(`${LAST}-11-30`) });
  await fc.assert(
    fc.asyncProperty(
      moments,
      fc.constantFrom<Cycle>(0, 1, 2, 3),
      fc.uniqueArray(fc.constantFrom(...Object.keys(calendars)), { minLength: 1 }),
      async (millis, cycle, assets) => {
        const tradedAt = new Date(millis).toISOString();
        const date = await t.custodian.calendars.settlementDate({ assets, tradedAt, cycle });
        expect(date.intendedDate, `${tradedAt} ${assets.join()} T+${cycle}`).toBe(
          intendedDate(assets, tradedAt, cycle),
        );
        expect(date.dueAt >= instant.of(tradedAt)).toBe(true);
        expect(date.cutsOffAt > date.dueAt).toBe(true);
        expect(Object.keys(date.calendarVersions)).toHaveLength(assets.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('the cut-off decides to the microsecond, on both sides of a change to summer time', async () => {
  const on = async (tradedAt: string, cycle: Cycle, assets = ['USD']) =>
    (await t.custodian.calendars.settlementDate({ assets, tradedAt, cycle })).intendedDate;
  // New York: winter time until Sunday 10 March 2024.
  expect(await on('2024-03-08T21:59:59.999999Z', 0)).toBe('2024-03-08');
  expect(await on('2024-03-08T22:00:00Z', 0)).toBe('2024-03-11');
  expect(await on('2024-03-11T20:59:59.999999Z', 0)).toBe('2024-03-11');
  expect(await on('2024-03-11T21:00:00Z', 0)).toBe('2024-03-12');
  // Saturday rolls to Monday even for T+0; Martin Luther King Day is none.
  expect(await on('2024-01-13T12:00:00Z', 0)).toBe('2024-01-16');
  expect(await on('2024-01-12T12:00:00Z', 1)).toBe('2024-01-16');
  // Late on a Friday in New York it is Saturday in Tokyo.
  expect(await on('2024-05-31T20:00:00Z', 0, ['JPY'])).toBe('2024-06-03');
});

test('an asset without a calendar settles around the clock', async () => {
  const tradedAt = '2026-11-28T23:59:59.999999Z';
  const date = (cycle: Cycle, at = tradedAt) =>
    t.custodian.calendars.settlementDate({ assets: ['BTC'], tradedAt: at, cycle });
  expect(await date(0)).toEqual({
    intendedDate: '2026-11-28',
    dueAt: tradedAt,
    cutsOffAt: '2026-11-29T00:00:00.000000Z',
    calendarVersions: { 'always-open': 1 },
  });
  expect(await date(1)).toMatchObject({ intendedDate: '2026-11-29', dueAt: '2026-11-29T00:00:00.000000Z' });
  expect(await date(0, '2026-11-29T00:00:00Z')).toMatchObject({ intendedDate: '2026-11-29' });
});

test('a version is defined once and in order; the old one stands; what is wrong is refused by its name', async () => {
  const { calendars: port } = t.custodian;
  const first = {
    calendarId: 'own',
    version: 1,
    timeZone: 'Europe/Berlin',
    cutoff: '16:00',
    firstDay: '2026-01-01',
    lastDay: '2026-12-31',
    holidays: [{ day: '2026-12-25', name: 'Christmas' }],
  };
  const defined = await Promise.all(Array.from({ length: 4 }, () => port.define(first)));
  expect(new Set(defined.map((one) => JSON.stringify(one))).size).toBe(1);
  await port.define({ ...first, version: 2, holidays: [] });
  expect(await port.get({ calendarId: 'own' })).toMatchObject({ version: 2, holidays: [], weekend: [6, 7] });
  expect(await port.get({ calendarId: 'own', version: 1 })).toEqual(defined[0]);
  expect(await port.assign({ asset: 'XXX', calendarId: 'own' })).toEqual({ asset: 'XXX', calendarId: 'own' });
  expect(await port.listAssigned()).toContainEqual({ asset: 'XXX', calendarId: 'own' });
  expect(await port.find({ calendarId: 'nobody' })).toBeUndefined();
  expect(
    await errorsOf([
      port.define({ ...first, cutoff: '15:00' }),
      port.define({ ...first, version: 4 }),
      port.define({ ...first, version: 3, timeZone: 'Mars/Olympus' }),
      port.assign({ asset: 'YYY', calendarId: 'nobody' }),
      port.get({ calendarId: 'nobody' }),
      port.settlementDate({ assets: ['XXX'], tradedAt: '2026-12-31T12:00:00Z', cycle: 1 }),
      port.settlementDate({ assets: ['XXX'], tradedAt: '2025-12-31T12:00:00Z', cycle: 1 }),
      port.settlementDate({ assets: ['XXX', 'USD'], tradedAt: '2026-01-05T12:00:00Z', cycle: 1 }),
    ]),
  ).toMatchObject([
    { code: 'id-conflict' },
    { code: 'not-the-next-version' },
    { kind: 'invalid-input', issues: [{ path: 'timeZone' }] },
    { code: 'unknown-calendar' },
    { code: 'unknown-calendar' },
    { kind: 'invalid-input', issues: [{ path: 'tradedAt' }] },
    { kind: 'invalid-input', issues: [{ path: 'tradedAt' }] },
    { kind: 'invalid-input', issues: [{ path: 'tradedAt' }] },
  ]);
});
