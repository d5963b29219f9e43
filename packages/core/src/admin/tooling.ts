import type { AdapterOptions } from '../pipe/config.ts';
import type { AdapterDefinition } from './adapter-definition.ts';
import type { Facts } from './facts.ts';
import type { RecordedState } from './recorded-states.ts';

/** What `tse` works with: the members that an adapter's subpath `./tooling` exports as `tooling`. */
export interface AdapterTooling {
  readonly definition: Omit<AdapterDefinition, 'migrations'>;
  /** Repeatable development data through the adapter's own ports; answers how many of each there are now. */
  readonly seed?: (context: ToolContext) => Promise<Readonly<Record<string, number>>>;
  /** Keeps what `tse snapshot` has read of all adapters for a test run; answers the snapshot's id. */
  readonly recordSnapshot?: (context: RecordSnapshotContext) => Promise<string>;
  /** What of it can be had again as it was recorded at a number of its events. */
  readonly states?: readonly RecordedState[];
  /** The identities that hold within this adapter, and between it and those whose events it consumes. */
  readonly verify?: (context: VerifyContext) => Promise<readonly Verified[]>;
  /** What of a user's own files it takes in, by kind: `trades`. The same file again changes nothing. */
  readonly load?: Readonly<Record<string, (context: LoadContext) => Promise<Loaded>>>;
}

/** The state of one schema, object by object, as its facts show it at one moment. */
export interface SchemaSnapshot {
  /** How far its events are numbered. */
  readonly watermark: number;
  /** Events that were written and have no number yet: what they changed is in the items, and beyond the watermark. */
  readonly unnumbered: number;
  readonly items: readonly {
    readonly schema: string;
    readonly object: string;
    readonly rows: number;
    /** Of each column of exact numbers. */
    readonly sums: Readonly<Record<string, string>>;
    /** Of all rows, in whatever order. */
    readonly checksum: string;
  }[];
}

/** What a recorder of snapshots is given. */
export interface RecordSnapshotContext extends ToolContext {
  readonly snapshotId?: string | undefined;
  readonly runId: string;
  readonly fence: number;
  readonly phase: 'before' | 'during' | 'after';
  /** By schema. */
  readonly snapshots: Readonly<Record<string, SchemaSnapshot>>;
}

/** What every tool of an adapter is given. */
export interface ToolContext {
  /** For `create…Adapter`: where the stores are, as whom, and no workers. */
  readonly options: AdapterOptions;
  /** Says in a few words what is being done. */
  /** Says in a few words what is being done. */
  /** Says in a few words what is being done. */
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What a check of identities is given. */
export interface VerifyContext extends ToolContext {
  readonly facts: Facts;
  /**
   * The facts of another adapter of the same instance, by its name; nothing where it is not there. To be asked for after the consumer's
   * own facts and checkpoint were read: what the source says up to that checkpoint is then complete.
   */
  readonly factsOf: (adapter: string) => Promise<Facts | undefined>;
}

/** One identity: how much it compared (never nothing, where there is data) and whether all of it agreed. */
export interface Verified {
  readonly name: string;
  readonly ok: boolean;
  readonly compared: number;
  /** What was compared, in a few words; where nothing was, why. */
  readonly what?: string;
  /** The first differences, for people: each names the row that offends. */
  readonly differences?: readonly string[];
}

/** What a loader of files is given. */
export interface LoadContext extends ToolContext {
  readonly path: string;
  /** What the rows are of, where the file does not say: options of the command line by name. */
  readonly given: Readonly<Record<string, string | undefined>>;
  /** How many bytes of the file were read, of how many. */
  readonly onRead: (bytes: number, of: number) => void;
  /** A row that was not taken in, as it is found. */
  readonly onRejected: (line: number, reason: string) => void;
}

/** What became of the rows of a file. */
export interface Loaded {
  /** What they are of: `XRP-ETH, venue import`. */
  readonly of: string;
  readonly inserted: number;
  /** There already, with the same content. */
  readonly duplicates: number;
  /** There already, with another content that was replaced. */
  readonly revised?: number;
  readonly rejected: number;
  /** What else was done, for people: an instrument that was created. */
  readonly notes: readonly string[];
  /** What was computed from them, by name: a number, or the reason why there is none. */
  readonly figures?: Readonly<Record<string, number | string>>;
}
