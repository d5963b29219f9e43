import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BundledTrail } from '@tse/audit';
import { auditHelp, auditOptions, withAudit } from '../audit.ts';
import { UsageError, command } from '../command.ts';
import { exitCode } from '../exit-codes.ts';

export const auditExport = command({
  name: 'audit export',
  summary: 'write a part of the trail with its proofs into a file that can be checked by itself',
  help: `tse audit export --from TIME --to TIME [OPTIONS]

Writes the events that were recorded from (inclusive) to (exclusive), with what is needed to check them without the database:
\`tse audit verify --bundle FILE\`. Other events of the same blocks show only their hashes.

  --from TIME       ISO-8601 with a zone; from the first event on where it is not said
  --to TIME         ISO-8601 with a zone; to the last event where it is not said
  --source NAME     only events of this source
  --correlation ID  only events of this flow
  --out FILE        default: audit-<trail>-<last position>.jsonl${auditHelp}`,
  options: {
    ...auditOptions,
    from: { type: 'string' },
    to: { type: 'string' },
    source: { type: 'string' },
    correlation: { type: 'string' },
    out: { type: 'string' },
  },
  async run({ values, positionals }, session) {
    if (positionals.length > 0) throw new UsageError(`it takes no ${positionals[0]}`);
    const { output, signal, cwd } = session;
    const { from, to, source, correlation: correlationId } = values;
    const { file, told } = await withAudit(session, values, async (audit) => {
      const { position } = await audit.trail.head();
      const path = values.out ?? `audit-${audit.identity.schema}-${position}.jsonl`;
      const query = {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(source !== undefined && { source }),
        ...(correlationId !== undefined && { correlationId }),
      };
      return { file: path, told: await written(audit.blocks.bundle(query, { signal }), resolve(cwd, path)) };
    });
    if (values.json) output.json({ file, ...told });
    else {
      output.print(`${file}: ${told.events} events in ${told.blocks} blocks, sha256 ${told.sha256}`);
      if (!told.verified) output.note('The trail is not as it was written: see `tse audit verify`.');
    }
    return told.verified ? exitCode.ok : exitCode.failed;
  },
});

/** The file is there as a whole or not at all. */
async function written(lines: AsyncGenerator<string, BundledTrail>, file: string): Promise<BundledTrail> {
  let told: BundledTrail | undefined;
  const text = async function* () {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) {
        told = value;
        return;
      }
      yield `${value}\n`;
    }
  };
  try {
    await pipeline(Readable.from(text()), createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return told!;
}
