import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAdapter, SourceOption } from '@tse/audit';
import type { InstanceTarget } from '@tse/core/admin';
import { type AdapterDefinition, openFacts } from '@tse/core/admin';
import { definition } from '@tse/audit';
import type { Invariant } from './report.ts';

/** Reads what all adapters of a run publish into the trail: the adapter does the work, this says when it is done. */
export interface AuditCorrelator extends AsyncDisposable {
  /** Waits until all that the sources have published is in the trail, linked to its causes, sealed and anchored. */
  drain(signal?: AbortSignal): Promise<void>;
}

const POLL_MS = 50;
/** Longer than a relay with nothing to do sleeps: what was committed before is then in what it tells. */
const QUIET_MS = 300;

export async function openAuditCorrelator(
  audit: AuditAdapter,
  sources: readonly SourceOption[],
): Promise<AuditCorrelator> {
  for (const source of sources) await audit.sources.add(source);
  return {
    async drain(signal) {
      for (let before = ''; ;) {
        const { items } = await audit.sources.list({ limit: 1000 });
        // A relay that is behind tells nothing new, while its stream grows: then the trail is ahead of what is told.
        const isLevel = items.every(({ checkpoint, published = 0 }) => checkpoint === published);
        const level = isLevel ? items.map(({ checkpoint }) => checkpoint).join() : '';
        if (isLevel && level === before) break;
        before = level;
        await sleep(isLevel ? QUIET_MS : POLL_MS, undefined, { signal });
      }
      const { position } = await audit.trail.head();
      while ((await audit.chains.progress()).position < position) await sleep(POLL_MS, undefined, { signal });
      await audit.blocks.seal();
      await audit.blocks.anchor();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** An adapter whose events the trail should have, as a check sees it: by its facts. */
export interface CheckedSource {
  readonly definition: Omit<AdapterDefinition, 'migrations'>;
  readonly target: InstanceTarget;
}

interface Chunk extends Record<string, unknown> {
  chunk: number;
  events: number;
  digest: string;
}

/** Events that are compared by one hash; where that differs the events are named by their numbers. */
const CHUNK = 10_000;

const chunks = (seq: string, id: string, payload: string, from: string) => `
  select (${seq} - 1) / ${CHUNK} as chunk, count(*) as events,
    encode(sha256(convert_to(string_agg(${seq} || ' ' || ${id} || ' ' || ${payload}, chr(10) order by ${seq}), 'UTF8')), 'hex') as digest
  from ${from} group by 1 order by 1`;

const trailChunks = chunks(
  'source_seq',
  'event_id',
  'payload_sha256',
  'facts_trail where source = $1 and source_seq <= $2',
);
const sourceChunks = chunks(
  'publish_seq',
  'event_id',
  "encode(sha256(convert_to(payload::text, 'UTF8')), 'hex')",
  'facts_events where publish_seq > $1 and publish_seq <= $2',
);

/**
 * What must hold between the trail and its sources: for each the trail holds 1 to its checkpoint once each, to the byte of the payload
 * (`trail`), the relays numbered no more than that (`coverage`), each aggregate's versions only grow (`order`), and the blocks verify to the
 * last anchor (`blocks`). Reads the trail first, then each source up to the checkpoint.
 */
export async function checkTrail(
  audit: AuditAdapter,
  target: InstanceTarget,
  sources: readonly CheckedSource[],
  signal?: AbortSignal,
): Promise<Invariant[]> {
  await using trail = await openFacts(definition, target);
  const known = await trail.query<{ id: string; start_after: number; checkpoint: number }>(
    'select id, start_after, checkpoint from facts_sources order by id',
  );
  const problems: string[] = [];
  const lacking: string[] = [];
  let compared = 0;
  let numbered = 0;
  for (const source of sources) {
    signal?.throwIfAborted();
    await using facts = await openFacts(source.definition, source.target);
    const [own] = await facts.query<{ schema: string }>('select current_schema()::text as schema');
    const {
      id,
      start_after: start,
      checkpoint,
    } = known.find((each) => each.id === own!.schema) ?? {
      id: own!.schema,
      start_after: 0,
      checkpoint: 0,
    };
    const taken = await trail.query<Chunk>(trailChunks, [id, checkpoint]);
    const written = await facts.query<Chunk>(sourceChunks, [start, checkpoint]);
    compared += taken.reduce((sum, { events }) => sum + events, 0);
    problems.push(...differences(id, taken, written));
    const [last] = await facts.query<{ n: number }>(
      'select coalesce(max(last_publish_seq), 0) as n from facts_publications',
    );
    const [left] = await facts.query<{ n: number }>('select count(*) as n from facts_events where publish_seq is null');
    numbered += last!.n;
    if (last!.n !== checkpoint || left!.n > 0)
      lacking.push(`${id}: ${last!.n} numbered, ${left!.n} without a number, ${checkpoint} in the trail`);
  }
  const [order] = await trail.query<{ events: number; wrong: number; first: string | null }>(
    `select count(*) as events, count(*) filter (where aggregate_version <= before) as wrong,
       min(source || ' ' || aggregate_id) filter (where aggregate_version <= before) as first
     from (select source, aggregate_id, aggregate_version,
         lag(aggregate_version) over (partition by source, aggregate, aggregate_id order by position) as before
       from facts_trail where source_seq is not null) as e`,
  );
  const report = await audit.blocks.verify({}, { signal });
  return [
    invariant('trail', compared, problems),
    invariant('coverage', numbered, lacking),
    invariant(
      'order',
      order!.events,
      order!.wrong > 0 ? [`${order!.wrong} versions do not grow, of ${order!.first} first`] : [],
    ),
    invariant(
      'blocks',
      report.events + report.blocks + report.anchors,
      report.findings.map(({ kind, position, block, message }) => `${kind} at ${position ?? block ?? '-'}: ${message}`),
    ),
  ];
}

function differences(id: string, taken: readonly Chunk[], written: readonly Chunk[]): string[] {
  const numbers = [...new Set([...taken, ...written].map(({ chunk }) => chunk))];
  return numbers.flatMap((number) => {
    const [a, b] = [taken, written].map((all) => all.find(({ chunk }) => chunk === number));
    if (a && b && a.digest === b.digest && a.events === b.events) return [];
    const where = `${number * CHUNK + 1} to ${(number + 1) * CHUNK}`;
    return [`${id}, numbers ${where}: ${a?.events ?? 0} in the trail, ${b?.events ?? 0} in the outbox`];
  });
}

const invariant = (name: string, compared: number, problems: readonly string[]): Invariant => ({
  name,
  ok: problems.length === 0,
  compared,
  ...(problems.length > 0 && { problem: problems.slice(0, 10).join('; ') }),
});
