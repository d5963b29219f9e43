import type { Facts, Verified, VerifyContext } from '@tse/core/admin';
import type { AuditAdapter } from '../adapter.ts';

interface Chunk extends Record<string, unknown> {
  chunk: number;
  events: number;
  digest: string;
}

/** Events that are compared by one hash; where it differs the range of their numbers is named. */
const CHUNK = 10_000;

const chunks = (seq: string, payload: string, from: string) => `
  select (${seq} - 1) / ${CHUNK} as chunk, count(*) as events,
    encode(sha256(convert_to(string_agg(${seq} || ' ' || event_id || ' ' || ${payload}, chr(10) order by ${seq}), 'UTF8')), 'hex') as digest
  from ${from} group by 1 order by 1`;

const taken = chunks('source_seq', 'payload_sha256', 'facts_trail where source = $1 and source_seq <= $2');
const written = chunks(
  'publish_seq',
  "encode(sha256(convert_to(payload::text, 'UTF8')), 'hex')",
  'facts_events where publish_seq > $1 and publish_seq <= $2',
);

export interface TakenSource extends Record<string, unknown> {
  id: string;
  name: string;
  start_after: number;
  checkpoint: number;
}

/** The sources as the trail's facts have them, with their checkpoints: read before the sources' own facts. */
export const takenSources = (trail: Facts): Promise<TakenSource[]> =>
  trail.query<TakenSource>('select id, name, start_after, checkpoint from facts_sources order by id');

/** Whether the trail has 1 to the checkpoint of a source, once each, with the payloads that its outbox has. */
export async function compareWithSource(
  trail: Facts,
  { id, start_after: start, checkpoint }: TakenSource,
  source: Facts,
): Promise<{ compared: number; differences: string[] }> {
  const trailChunks = await trail.query<Chunk>(taken, [id, checkpoint]);
  // What an outbox has let go of after its thirty days cannot be compared any more.
  const [held] = await source.query<{ first: number }>(
    'select coalesce(min(publish_seq), 1) as first from facts_events',
  );
  const sourceChunks = await source.query<Chunk>(written, [start, checkpoint]);
  const numbers = [...new Set([...trailChunks, ...sourceChunks].map(({ chunk }) => chunk))];
  const differences = numbers.flatMap((number) => {
    const [a, b] = [trailChunks, sourceChunks].map((all) => all.find(({ chunk }) => chunk === number));
    const isHeld = number * CHUNK + 1 >= held!.first;
    if (!isHeld || (a && b && a.digest === b.digest && a.events === b.events)) return [];
    const range = `${number * CHUNK + 1} to ${(number + 1) * CHUNK}`;
    return [`${id}, numbers ${range}: ${a?.events ?? 0} in the trail, ${b?.events ?? 0} in the outbox`];
  });
  return { compared: trailChunks.reduce((sum, { events }) => sum + events, 0), differences };
}

/** Identity "trail": the walk over it finds nothing, and each source that is there too says the same. */
export async function verifyTrail(
  audit: AuditAdapter,
  { facts, factsOf, signal, progress }: VerifyContext,
): Promise<Verified> {
  const sources = await takenSources(facts);
  const report = await audit.blocks.verify({}, { signal, progress: (events) => progress(`trail: ${events} events`) });
  const differences = report.findings.map(
    ({ kind, position, block, message }) => `${kind} at ${position ?? block ?? '-'}: ${message}`,
  );
  let compared = report.events + report.blocks + report.anchors;
  for (const source of sources) {
    const own = await factsOf(source.name);
    const [schema] = (await own?.query<{ name: string }>('select current_schema()::text as name')) ?? [];
    if (!own || schema?.name !== source.id) continue;
    const found = await compareWithSource(facts, source, own);
    compared += found.compared;
    differences.push(...found.differences);
  }
  return { name: 'trail', ok: differences.length === 0, compared, differences };
}
