import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { auditHelp, auditOptions, auditPackage, withAudit } from '../audit.ts';
import { UsageError, command } from '../command.ts';
import { exitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';

export const auditVerify = command({
  name: 'audit verify',
  summary: 'walk the trail: numbers, hashes, blocks, anchors, each source complete',
  help: `tse audit verify [OPTIONS]

Walks the audit's trail from its first event to its last and says what it checked, and what is not as it was written, and where.
Changes nothing. Exit code 1 when something was found.

  --from-block N    checks the events from this block on; the blocks before it are checked among themselves
  --bundle FILE     instead of the database: a file of \`tse audit export\`${auditHelp}`,
  options: { ...auditOptions, 'from-block': { type: 'string' }, bundle: { type: 'string' } },
  async run({ values, positionals }, session) {
    if (positionals.length > 0) throw new UsageError(`it takes no ${positionals[0]}`);
    if (values.bundle !== undefined) return verifyFile(session, values.bundle, values.json === true);
    const from = values['from-block'];
    if (from !== undefined && !/^[1-9]\d{0,14}$/.test(from)) throw new UsageError('--from-block takes a number');
    const { output, signal } = session;
    const report = await withAudit(session, values, (audit) =>
      audit.blocks.verify(from === undefined ? {} : { fromBlock: Number(from) }, {
        signal,
        progress: (events) => output.progress(`${events} events`),
      }),
    );
    if (values.json) {
      output.json(report);
      return report.ok ? exitCode.ok : exitCode.failed;
    }
    const sources = Object.entries(report.sources);
    output.print(
      `${mark(session, report.ok)}  ${count(report.events, 'event')}, ${count(report.blocks, 'block')}, ${count(report.anchors, 'anchor')}, ${count(sources.length, 'source')}`,
    );
    for (const [source, last] of sources) output.print(`        ${source}: 1 to ${last}, each once`);
    if (report.archivedEvents > 0) output.print(`        ${report.archivedEvents} of the events are archived`);
    if (report.unsealedEvents > 0) output.print(`        ${report.unsealedEvents} events are not sealed yet`);
    for (const { kind, position, block, source, sink, message } of report.findings) {
      const where = [
        position !== undefined && `position ${position}`,
        block !== undefined && `block ${block}`,
        source,
        sink,
      ].filter((each) => each !== undefined && each !== false);
      output.print(`        ${[kind, ...where].join(', ')}: ${message}`);
    }
    return report.ok ? exitCode.ok : exitCode.failed;
  },
});

async function verifyFile(session: Session, file: string, json: boolean): Promise<number> {
  const { verifyBundle } = await auditPackage();
  const { output, cwd } = session;
  const lines = createInterface({ input: createReadStream(resolve(cwd, file)), crlfDelay: Infinity });
  const verdict = await verifyBundle(lines);
  if (json) output.json(verdict);
  else {
    output.print(
      `${mark(session, verdict.ok)}  ${count(verdict.events, 'event')} in ${count(verdict.blocks, 'block')}`,
    );
    output.print(`        tree of ${count(verdict.treeSize, 'block')}: ${verdict.treeRoot}`);
    for (const { line, message } of verdict.findings) output.print(`        line ${line}: ${message}`);
  }
  return verdict.ok ? exitCode.ok : exitCode.failed;
}

const mark = ({ output }: Session, ok: boolean): string =>
  ok ? output.colour('green', 'ok  ') : output.colour('red', 'FAIL');

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
