import { z } from 'zod';
import { type Instant, instant } from '../values/instant.ts';
import type { RegisteredService } from './services.ts';

const storedRecord = z.object({
  version: z.string(),
  host: z.string(),
  ports: z.record(z.string(), z.number()),
  metadata: z.record(z.string(), z.string()),
});
const storedReport = z.object({
  status: z.enum(['starting', 'serving', 'draining', 'failing']).default('serving'),
  metrics: z.record(z.string(), z.number()).default({}),
});

export const ofMillis = (millis: string | number): Instant => instant.fromMicros(BigInt(millis) * 1000n);

/** A service as the registry's hash holds it. `undefined` for what some other version or hand wrote: it is passed over, not an error for the reader. */
export function toService(id: string, value: unknown, report: unknown, end: number): RegisteredService | undefined {
  const match = typeof value === 'string' ? /^(\d+) (\d+) (\S+) (.*)$/s.exec(value) : null;
  if (!match) return undefined;
  const [, since, ttl, name, json] = match;
  try {
    const record = storedRecord.parse(JSON.parse(json!));
    const said = storedReport.parse(JSON.parse(typeof report === 'string' ? report : '{}'));
    return {
      id,
      name: name!,
      ...record,
      ...said,
      healthy: said.status === 'serving',
      registeredAt: ofMillis(since!),
      lastSeenAt: ofMillis(end - Number(ttl)),
    };
  } catch {
    return undefined;
  }
}
