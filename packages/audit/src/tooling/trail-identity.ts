import { type Facts, type Verified, type VerifyContext, verified } from '@tse/core/admin';
import type { AuditAdapter } from '../adapter.ts';

interface Chunk extends Record<string, unknown> {
  chunk: number;
  events: number;
  digest: string;
}

interface Row extends Record<string, unknown> {
  seq: number;
  event: string;
}

/** Events that are compared by one hash; where it differs they are compared one by one. */
const CHUNK = 10_000;
const MOST_SHOWN = 10;

const chunks = (seq: string, payload: string, from: string) => `
  select (${seq} - 1) / ${CHUNK} as chunk, count(*) as events,
    encode(sha256(convert_to(string_agg(${seq} || ' ' || event_id || ' ' || ${payload}, chr(10) order by ${seq}), 'UTF8')), 'hex') as digest
  from ${from} group by 1 order by 1`;

const inTrail = 'facts_trail where source = $1 and source_seq <= $2';
const inOutbox = 'facts_events where publish_seq > $1 and publish_seq <= $2';
const payloadHash = "encode(sha256(convert_to(payload::text, 'UTF8')), 'hex')";
const taken = chunks('source_seq', 'payload_sha256', inTrail);
const written = chunks('publish_seq', payloadHash, inOutbox);

const rows = (seq: string, payload: string, from: string) =>
  `select ${seq} as seq, event_id || ' ' || ${payload} as event from ${from} and (${seq} - 1) / ${CHUNK} = $3 order by 1`;
const takenRows = rows('source_seq', 'payload_sha256', inTrail);
const writtenRows = rows('publish_seq', payloadHash, inOutbox);

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
  const differences: string[] = [];
  for (const number of numbers) {
    const [a, b] = [trailChunks, sourceChunks].map((all) => all.find(({ chunk }) => chunk === number));
    const isHeld = number * CHUNK + 1 >= held!.first;
    if (!isHeld || (a && b && a.digest === b.digest && a.events === b.events)) continue;
    const ours = await trail.query<Row>(takenRows, [id, checkpoint, number]);
    const theirs = await source.query<Row>(writtenRows, [start, checkpoint, number]);
    differences.push(...differencesOf(ours, theirs).map((difference) => `${id} ${difference}`));
  }
  return { compared: trailChunks.reduce((sum, { events }) => sum + events, 0), differences };
}

/** The first events that are not once in both, with the same id and payload. */
function differencesOf(ours: readonly Row[], theirs: readonly Row[]): string[] {
  const trail = Map.groupBy(ours, ({ seq }) => seq);
  const outbox = Map.groupBy(theirs, ({ seq }) => seq);
  const numbers = [...new Set([...trail.keys(), ...outbox.keys()])].toSorted((a, b) => a - b);
  return numbers
    .flatMap((seq) => {
      const [here = [], there = []] = [trail.get(seq), outbox.get(seq)];
      if (here.length === 1 && there.length === 1 && here[0]!.event === there[0]!.event) return [];
      const name = (each: Row[]) => each.map(({ event }) => event).join(', ') || 'nothing';
      return [`number ${seq}: ${name(here)} in the trail, ${name(there)} in the outbox`];
    })
    .slice(0, MOST_SHOWN);
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
  const others: string[] = [];
  for (const source of sources) {
    const own = await factsOf(source.name);
    const [schema] = (await own?.query<{ name: string }>('select current_schema()::text as name')) ?? [];
    if (!own || schema?.name !== source.id) continue;
    const found = await compareWithSource(facts, source, own);
    compared += found.compared;
    others.push(`${source.name} to ${source.checkpoint}`);
    differences.push(...found.differences);
  }
  const what = `events, blocks, anchors${others.length === 0 ? '' : `, outboxes of ${others.join(', ')}`}`;
  return verified('trail', what, { compared, differences });
}
