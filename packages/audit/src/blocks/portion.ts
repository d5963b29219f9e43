import { type WalkedRow, RowWalker } from '../trail/walk-rows.ts';
import { HASH_BYTES, merkleRoot } from './merkle-tree.ts';
import { MAX_FINDINGS, TIME_REVERSED, type VerificationFinding, numberFinding } from './verification.ts';

/** Consecutive positions, and the sealed blocks that they are; none where nothing seals them yet. */
export interface Portion {
  readonly first: number;
  readonly last: number;
  readonly blocks: readonly {
    readonly n: number;
    readonly first_position: number;
    readonly last_position: number;
    /** Hexadecimal. */
    readonly merkle_root: string;
  }[];
}

/** What a walk over a portion found, with what the portions before and after it must agree with. */
export interface PortionReport {
  events: number;
  /** All that is not as it was written, the first hundred of it in words. */
  found: number;
  findings: VerificationFinding[];
  /** Microseconds since 2000. */
  recorded: { first: number; firstPosition: number; last: number } | undefined;
  /** The numbers of its sources. */
  sources: Map<string, { first: number; firstPosition: number; last: number }>;
}

/** Judges the rows of a portion as they come from COPY. It needs nothing else, so that it runs in any thread. */
export class PortionWalk {
  readonly report: PortionReport = { events: 0, found: 0, findings: [], recorded: undefined, sources: new Map() };
  readonly #portion: Portion;
  readonly #rows = new RowWalker((row) => this.#take(row));
  #expected: number;
  #block = 0;
  #leaves: Buffer = Buffer.alloc(0);
  #filled = 0;
  #isWhole = true;

  constructor(portion: Portion) {
    this.#portion = portion;
    this.#expected = portion.first;
    this.#enter();
  }

  /** @throws MalformedRowsError where it is not what COPY writes */
  push(chunk: Buffer): void {
    this.#rows.push(chunk);
  }

  end(): PortionReport {
    this.#rows.end();
    this.#missUntil(this.#portion.last + 1);
    return this.report;
  }

  #take(row: WalkedRow): void {
    const { position } = row;
    // In a file a row may say anything.
    if (position < this.#expected || position > this.#portion.last)
      return this.#found('event-foreign', `a row of position ${position}`, { position: this.#expected });
    if (position !== this.#expected) this.#missUntil(position);
    this.#check(row);
    const block = this.#portion.blocks[this.#block];
    this.#expected = position + 1;
    if (!block) return;
    // A header that was changed may say fewer than there are: then the root differs.
    if (this.#filled < this.#leaves.length) this.#leaves.write(row.storedLeaf, this.#filled, 'latin1');
    this.#filled += HASH_BYTES;
    if (position === block.last_position) this.#leave();
  }

  #check(row: WalkedRow): void {
    const { report } = this;
    const { position, recordedAt } = row;
    report.events += 1;
    if (row.leaf !== row.storedLeaf)
      this.#found('event-changed', 'what it says is not what its hash was made of', { position });
    const { recorded } = report;
    if (recorded === undefined) report.recorded = { first: recordedAt, firstPosition: position, last: recordedAt };
    else {
      if (recordedAt < recorded.last) this.#found('time-reversed', TIME_REVERSED, { position });
      recorded.last = recordedAt;
    }
    if (row.sourceSeq !== undefined) this.#numbered(row.source, row.sourceSeq, position);
  }

  #numbered(source: string, seq: number, position: number): void {
    const known = this.report.sources.get(source);
    if (known === undefined) this.report.sources.set(source, { first: seq, firstPosition: position, last: seq });
    else {
      const finding = numberFinding(source, known.last, seq, position);
      if (finding) this.#found(finding.kind, finding.message, { position, source });
      known.last = Math.max(known.last, seq);
    }
  }

  #found(kind: VerificationFinding['kind'], message: string, at: Omit<VerificationFinding, 'kind' | 'message'>): void {
    this.report.found += 1;
    if (this.report.findings.length < MAX_FINDINGS) this.report.findings.push({ kind, ...at, message });
  }

  #missUntil(position: number): void {
    for (; this.#expected < position; this.#expected += 1) {
      this.#found('event-missing', 'there is no event at this position', { position: this.#expected });
      this.#isWhole = false;
      if (this.#expected === this.#portion.blocks[this.#block]?.last_position) this.#leave();
    }
  }

  #enter(): void {
    const block = this.#portion.blocks[this.#block];
    this.#isWhole = true;
    this.#filled = 0;
    // A header that was changed may say anything; it was found already.
    const size = block ? Math.min(Math.max(0, block.last_position - block.first_position + 1), 1_000_000) : 0;
    if (this.#leaves.length !== size * HASH_BYTES) this.#leaves = Buffer.alloc(size * HASH_BYTES);
  }

  #leave(): void {
    const block = this.#portion.blocks[this.#block]!;
    if (this.#isWhole && merkleRoot(this.#leaves.subarray(0, this.#filled)).toString('hex') !== block.merkle_root)
      this.#found(
        'block-root-differs',
        `the events ${block.first_position} to ${block.last_position} are not those that it was sealed over`,
        { block: block.n, position: block.first_position },
      );
    this.#block += 1;
    this.#enter();
  }
}

export async function walkPortion(portion: Portion, chunks: AsyncIterable<Buffer>): Promise<PortionReport> {
  const walk = new PortionWalk(portion);
  for await (const chunk of chunks) walk.push(chunk);
  return walk.end();
}
