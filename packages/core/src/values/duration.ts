import { z } from 'zod';

const shape = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;

/** Milliseconds of an ISO-8601 duration of days, hours, minutes and seconds (`PT16M`, `P1DT2H`); `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  const match = text.length <= 40 ? shape.exec(text) : null;
  if (!match || text.endsWith('P') || text.endsWith('T')) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  const millis =
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Math.round(Number(seconds) * 1000);
  return Number.isSafeInteger(millis) ? millis : undefined;
}

/** Input schema: an ISO-8601 duration, answered in milliseconds. */
export const durationInput = z
  .string({ error: 'expected an ISO-8601 duration such as PT15M' })
  .transform((text, context): number => {
    const millis = parseDuration(text);
    if (millis !== undefined) return millis;
    context.issues.push({ code: 'custom', message: 'expected an ISO-8601 duration such as PT15M', input: text });
    return z.NEVER;
  });
