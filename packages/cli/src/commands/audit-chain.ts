import { auditHelp, auditOptions, auditPackage, withAudit } from '../audit.ts';
import { UsageError, command } from '../command.ts';
import { exitCode } from '../exit-codes.ts';

export const auditChain = command({
  name: 'audit chain',
  summary: 'print what an event followed from and what followed from it, with the time of each hop',
  help: `tse audit chain EVENT-ID [OPTIONS]

Prints the causal chain of an event: above it what it followed from, the first cause first, and below it as a tree what followed
from it. At each hop stands the time from cause to effect, as their sources wrote them.

  --source NAME     of which source the event is, where two have the same id
  --depth N         hops at most, each way (default 100)
  --limit N         events at most, each way (default 1000)${auditHelp}`,
  options: {
    ...auditOptions,
    source: { type: 'string' },
    depth: { type: 'string', default: '100' },
    limit: { type: 'string', default: '1000' },
  },
  async run({ values, positionals }, session) {
    const [eventId, further] = positionals;
    if (eventId === undefined) throw new UsageError('the id of an event is missing');
    if (further !== undefined) throw new UsageError(`it takes no ${further}`);
    const [maxDepth, limit] = [whole(values.depth, '--depth'), whole(values.limit, '--limit')];
    const { source } = values;
    const chain = await withAudit(session, values, (audit) =>
      audit.chains.get(
        { eventId, maxDepth, limit, ...(source !== undefined && { source }) },
        { signal: session.signal },
      ),
    );
    const { causalTree } = await auditPackage();
    if (values.json) session.output.json(chain);
    else for (const line of causalTree(chain)) session.output.print(line);
    return exitCode.ok;
  },
});

function whole(text: string, option: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} takes a number`);
  return Number(text);
}
