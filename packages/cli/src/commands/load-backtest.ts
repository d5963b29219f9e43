import { basename, resolve } from 'node:path';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { table } from '../output.ts';
import { select } from '../session.ts';

/** Rejected rows that are shown. */
const SHOWN = 20;

export const loadBacktest = command({
  name: 'load backtest',
  summary: "take in a bot's exported trade list and compute its metrics",
  help: `tse load backtest FILE [OPTIONS]

Takes in a trade list (CSV with a header) as a completed backtest, and prints its metrics: pair, side (long, short, buy, sell; or is_short),
amount, open_time, close_time (ISO, UTC where there is no zone, or an epoch), open_rate, close_rate, fees (an amount in the quote asset;
or the rates fee_open and fee_close). Other common names of these columns are known, and enter_tag and exit_reason are kept. The same file
again is the same run.

  --strategy ID       the strategy it is a run of; created where it is missing (import-FILE)
  --equity AMOUNT     what it began with, in the quote asset (10000)
  --from, --to DAY    the time that is measured (from the first opening to the last closing)
  --periods N         days of trading a year (365)
  --risk-free RATE    a year, as a share (0)
${commonHelp}`,
  options: {
    ...common,
    strategy: { type: 'string' },
    equity: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    periods: { type: 'string' },
    'risk-free': { type: 'string' },
  },
  async run({ values, positionals }, session) {
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('load backtest needs one file');
    const able = (await session.adapters()).filter(({ load }) => load?.['backtest']);
    if (able.length === 0) throw new UsageError('no adapter takes in backtests');
    const { adapters, instance } = await select(session, values, [able[0]!.definition.identity.name]);
    const { definition, load } = adapters[0]!;
    const { output, signal } = session;
    const rejections: { line: number; reason: string }[] = [];
    const loaded = await load!['backtest']!({
      options: adapterOptions(definition.identity, instance, session.env),
      path: resolve(session.cwd, file),
      given: values as Record<string, string | undefined>,
      progress: (text) => output.progress(text),
      onRead: (bytes, of) => output.progress(`${basename(file)}: ${Math.floor((bytes / of) * 100)} %`),
      onRejected: (line, reason) => {
        if (rejections.push({ line, reason }) <= SHOWN) output.note(`line ${line}: ${reason}`);
      },
      signal,
    });
    const { of, inserted, duplicates, rejected, notes, figures = {} } = loaded;
    if (values.json) {
      output.json({ of, inserted, duplicates, rejected, notes, figures, rejections: rejections.slice(0, SHOWN) });
      return exitCode.ok;
    }
    if (rejections.length > SHOWN) output.note(`… and ${rejections.length - SHOWN} more`);
    output.print(`${of}: ${inserted} inserted, ${duplicates} duplicate, ${rejected} rejected`);
    for (const note of notes) output.print(note);
    output.print(table(Object.entries(figures).map(([name, value]) => [`  ${name}`, told(value)])));
    return exitCode.ok;
  },
});

/** A number, or why there is none. */
const told = (value: number | string): string =>
  typeof value === 'string' ? `none: ${value.replaceAll('-', ' ')}` : String(Number(value.toPrecision(10)));
