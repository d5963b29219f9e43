import { open, readFile } from 'node:fs/promises';

/** The state of the trail at the end of a block, as it is written down where the database's owner cannot reach. */
export interface Anchor {
  /** Of the adapter: two trails may share a sink. */
  trail: string;
  block: number;
  lastPosition: number;
  /** Hexadecimal: the block's hash, and the root of the tree over the hashes of all blocks up to it. */
  hash: string;
  treeRoot: string;
  anchoredAt: string;
}

/**
 * A place outside of the database: a file on another host, an object store with a lock, a notary. What is written must stay; the same
 * anchor may be written twice.
 */
export interface AnchorSink {
  /** Unique among the sinks of an adapter, and kept: it stands in the database beside each anchor. */
  readonly name: string;
  /** Writes an anchor down where nobody who can change the database can change it. Rejects when it could not; it is tried again. */
  write(anchor: Anchor): Promise<void>;
  /** All anchors that it holds, oldest first. */
  read(): Promise<readonly Anchor[]>;
}

/** Lines of JSON, each on the disk before it counts. */
export function fileAnchors(path: string, name: string = `file:${path}`): AnchorSink {
  return {
    name,
    async write(anchor) {
      const file = await open(path, 'a', 0o644);
      try {
        await file.appendFile(`${JSON.stringify(anchor)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async read() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const lines = text.split('\n');
      // A last line without its end was cut off by a crash: that anchor is written again.
      lines.pop();
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Anchor);
    },
  };
}
