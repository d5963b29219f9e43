import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAdapter, SourceOption } from '@tse/audit';
import type { InstanceTarget } from '@tse/core/admin';
import { type AdapterDefinition, openFacts } from '@tse/core/admin';
import { definition } from '@tse/audit';
import { compareWithSource, takenSources } from '@tse/audit/tooling';
import { type Invariant, invariantOf } from './report.ts';

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
  const known = await takenSources(trail);
  const problems: string[] = [];
  const lacking: string[] = [];
  let compared = 0;
  let numbered = 0;
  for (const source of sources) {
    signal?.throwIfAborted();
    await using facts = await openFacts(source.definition, source.target);
    const [own] = await facts.query<{ schema: string }>('select current_schema()::text as schema');
    const taken = known.find(({ id }) => id === own!.schema);
    const checkpoint = taken?.checkpoint ?? 0;
    if (taken) {
      const found = await compareWithSource(trail, taken, facts);
      compared += found.compared;
      problems.push(...found.differences);
    } else problems.push(`${own!.schema} is not read`);
    const [last] = await facts.query<{ n: number }>(
      'select coalesce(max(last_publish_seq), 0) as n from facts_publications',
    );
    const [left] = await facts.query<{ n: number }>('select count(*) as n from facts_events where publish_seq is null');
    numbered += last!.n;
    if (last!.n !== checkpoint || left!.n > 0)
      lacking.push(`${own!.schema}: ${last!.n} numbered, ${left!.n} without a number, ${checkpoint} in the trail`);
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
    invariantOf('trail', compared, problems),
    invariantOf('coverage', numbered, lacking),
    invariantOf(
      'order',
      order!.events,
      order!.wrong > 0 ? [`${order!.wrong} versions do not grow, of ${order!.first} first`] : [],
    ),
    invariantOf(
      'blocks',
      report.events + report.blocks + report.anchors,
      report.findings.map(({ kind, position, block, message }) => `${kind} at ${position ?? block ?? '-'}: ${message}`),
    ),
  ];
}
