import type { PortionReport } from './portion.ts';

/** One thing that is not as it was written. */
export interface VerificationFinding {
  kind: /** What an event says is not what its leaf was made of. */
    | 'event-changed'
    /** A position that must have an event has none. */
    | 'event-missing'
    /** An event where none belongs: beyond the head, or a second number of its source. */
    | 'event-foreign'
    /** Times of the trail go back. */
    | 'time-reversed'
    /** A number of a source is missing, or out of its order. */
    | 'source-gap'
    /** The checkpoint of a source is not the last of its numbers that the trail has. */
    | 'checkpoint-differs'
    /** Its hash is not that of its header, or it does not follow the one before it. */
    | 'block-changed'
    | 'block-missing'
    /** Its events are not those that it was sealed over, each of them right by itself. */
    | 'block-root-differs'
    /** The tree over the blocks is not what their hashes make. */
    | 'tree-differs'
    /** What was written down outside is not what the database says. */
    | 'anchor-differs'
    | 'anchor-missing'
    /** The archive of a segment is not there, or not what it was. */
    | 'archive-differs';
  position?: number;
  block?: number;
  source?: string;
  sink?: string;
  message: string;
}

/** What a walk over the trail checked and what it found. */
export interface VerificationReport {
  ok: boolean;
  /** The position up to which it looked. */
  position: number;
  events: number;
  blocks: number;
  /** Of all sinks. */
  anchors: number;
  /** With the last of its numbers in the trail, each. */
  sources: Record<string, number>;
  archivedEvents: number;
  /** Events after the last block: their hashes are right, but nothing seals them yet. */
  unsealedEvents: number;
  /** The first hundred. */
  findings: VerificationFinding[];
}

export const MAX_FINDINGS = 100;
export const TIME_REVERSED = 'it was recorded before the one before it';

/** The number of an event in its source must follow the one before it. */
export function numberFinding(
  source: string,
  last: number,
  seq: number,
  position: number,
): VerificationFinding | undefined {
  if (seq === last + 1) return undefined;
  const kind = seq <= last ? 'event-foreign' : 'source-gap';
  return { kind, position, source, message: `number ${seq} of ${source} follows ${last}` };
}

/** Collects what was checked and what was found. */
export class Verification {
  events = 0;
  blocks = 0;
  anchors = 0;
  archivedEvents = 0;
  unsealedEvents = 0;
  position = 0;
  readonly sources = new Map<string, number>();
  readonly #findings: VerificationFinding[] = [];
  #found = 0;
  #lastRecordedAt = -Infinity;

  found(
    kind: VerificationFinding['kind'],
    message: string,
    at: Omit<VerificationFinding, 'kind' | 'message'> = {},
  ): void {
    this.#found += 1;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ kind, ...at, message });
  }

  /** What a portion has, after all that are before it. */
  add(portion: PortionReport): void {
    this.events += portion.events;
    const { recorded } = portion;
    if (recorded) {
      if (recorded.first < this.#lastRecordedAt)
        this.found('time-reversed', TIME_REVERSED, { position: recorded.firstPosition });
      this.#lastRecordedAt = recorded.last;
    }
    for (const [source, { first, firstPosition, last }] of portion.sources) {
      const before = this.sources.get(source);
      const finding = before === undefined ? undefined : numberFinding(source, before, first, firstPosition);
      if (finding) this.found(finding.kind, finding.message, { position: firstPosition, source });
      this.sources.set(source, Math.max(last, before ?? 0));
    }
    this.#found += portion.found;
    this.#findings.push(...portion.findings.slice(0, MAX_FINDINGS - this.#findings.length));
  }

  report(): VerificationReport {
    return {
      ok: this.#found === 0,
      position: this.position,
      events: this.events,
      blocks: this.blocks,
      anchors: this.anchors,
      sources: Object.fromEntries([...this.sources].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      archivedEvents: this.archivedEvents,
      unsealedEvents: this.unsealedEvents,
      findings: this.#findings,
    };
  }
}
