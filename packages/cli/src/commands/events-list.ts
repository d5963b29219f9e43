import { UsageError, command, common, commonHelp } from '../command.ts';
import { eventLine, readEvents } from '../events.ts';
import { exitCode } from '../exit-codes.ts';
import { selectOne } from '../session.ts';

export const filterOptions = {
  type: { type: 'string', multiple: true },
  aggregate: { type: 'string' },
  correlation: { type: 'string' },
  from: { type: 'string' },
} as const;

export const filterHelp = `
  --type NAME       only events of this type; may be given more than once
  --aggregate ID    only events of this order, account …
  --correlation ID  only events of this flow`;

export function count(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${option} takes a number`);
  return Number(text);
}

export const eventsList = command({
  name: 'events list',
  summary: 'show what an adapter has published',
  help: `tse events list [ADAPTER] [OPTIONS]

The newest events of an adapter's outbox: number (- as long as the relay has not given one), time, type, id, correlation.

  --from NUMBER     instead of the newest, those from this number on
  --limit NUMBER    at most so many (default 20)${filterHelp}${commonHelp}`,
  options: { ...common, ...filterOptions, limit: { type: 'string', default: '20' } },
  async run({ values, positionals }, session) {
    const { type: types, aggregate: aggregateId, correlation: correlationId } = values;
    const [from, limit] = [count(values.from, '--from'), count(values.limit, '--limit')!];
    const { adapter, target } = await selectOne(session, values, positionals);
    const events = await readEvents(adapter.definition, target, { types, aggregateId, correlationId, from, limit });
    if (values.json) session.output.json({ events });
    else for (const event of events) session.output.print(eventLine(event));
    if (events.length === 0) session.output.note('No events.');
    return exitCode.ok;
  },
});
