import { createWriteStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Loaded } from '@tse/core/admin';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { type Session, selectOne } from '../session.ts';

/** Rejected rows that are shown; `--rejected` takes them all. */
const SHOWN = 20;
/** Milliseconds between two states of the bar, on a terminal and elsewhere. */
const REDRAW = { terminal: 100, elsewhere: 5000 };

export const load = command({
  name: 'load',
  summary: "take in an exchange's bulk files: trades, candles",
  help: `tse load trades|candles FILE --symbol SYMBOL [OPTIONS]

Takes in a file as exchanges offer them for download, as it is, gzipped or zipped, with or without a header:
  trades    aggregate trades: id, price, quantity, first id, last id, time, whether the buyer was the maker
  candles   klines: open time, open, high, low, close, volume, close time, and more columns where there are
Times are epochs in milliseconds or microseconds. Each row is inserted, a duplicate, or rejected with its line and the reason.
The same file again is all duplicates, so one that was interrupted is simply loaded again. A symbol that is not known is
created with as many decimals as the file shows. Candles are closed from the trades.

  --symbol SYMBOL   what the rows are of: XRP-ETH
  --source NAME     whose they are: the venue of trades, the source of candles (import)
  --interval NAME   of candles, where their times do not tell: 1m
  --rejected FILE   write every rejected row there, as its line, a tab and the reason; ${SHOWN} are shown
${commonHelp}`,
  options: {
    ...common,
    symbol: { type: 'string' },
    source: { type: 'string' },
    interval: { type: 'string' },
    rejected: { type: 'string' },
  },
  async run({ values, positionals }, session) {
    const [kind, file, ...more] = positionals;
    if (kind === undefined || file === undefined || more.length > 0)
      throw new UsageError('load needs what is in the file, and the file: tse load trades FILE --symbol XRP-ETH');
    if (values.symbol === undefined) throw new UsageError('load needs --symbol, such as XRP-ETH');
    const { adapter, instance } = await selectOne(
      session,
      { instance: values.instance },
      await loadersOf(kind, session, values.adapter),
    );
    const { output, signal } = session;
    const { symbol, source, interval } = values;
    const rejections = openRejections(
      output,
      values.rejected === undefined ? undefined : resolve(session.cwd, values.rejected),
    );
    let loaded: Loaded;
    try {
      loaded = await adapter.load![kind]!({
        options: adapterOptions(adapter.definition.identity, instance, session.env),
        path: resolve(session.cwd, file),
        given: { symbol, source, interval },
        progress: (text) => output.progress(text),
        onRead: redrawn(output, basename(file)),
        onRejected: (line, reason) => rejections.add(line, reason),
        signal,
      });
    } finally {
      await rejections.close();
    }
    const { of, inserted, duplicates, revised = 0, rejected, notes } = loaded;
    if (values.json) {
      output.json({ of, inserted, duplicates, revised, rejected, notes, rejections: rejections.first });
    } else {
      for (const note of notes) output.print(note);
      const counts = [
        `${spaced(inserted)} inserted`,
        `${spaced(duplicates)} duplicate`,
        ...(revised > 0 ? [`${spaced(revised)} revised`] : []),
        `${spaced(rejected)} rejected`,
      ];
      output.print(`${of}: ${counts.join(', ')}`);
    }
    return exitCode.ok;
  },
});

/** The adapters that take in such files, by name. */
async function loadersOf(kind: string, session: Session, asked: readonly string[] = []): Promise<string[]> {
  const adapters = await session.adapters();
  const able = adapters.filter(({ load: loads }) => loads?.[kind]).map(({ definition }) => definition.identity.name);
  const chosen = asked.length > 0 ? asked.filter((name) => able.includes(name)) : able;
  if (chosen.length > 0) return chosen;
  const kinds = [...new Set(adapters.flatMap(({ load: loads }) => Object.keys(loads ?? {})))];
  throw new UsageError(`no adapter takes in ${kind}; there is ${kinds.join(', ') || 'nothing to load'}`);
}

/** The bar, redrawn now and again and at the end. */
function redrawn(output: Output, name: string): (bytes: number, of: number) => void {
  let drawnAt = performance.now();
  let isRead = false;
  return (bytes, of) => {
    const now = performance.now();
    if (isRead) return;
    isRead = bytes >= of;
    if (!isRead && now - drawnAt < (output.isTerminal ? REDRAW.terminal : REDRAW.elsewhere)) return;
    drawnAt = now;
    output.step(Math.floor(of === 0 ? 100 : (bytes / of) * 100), 100, `% of ${name}`);
  };
}

/** Shows the first rejected rows and keeps all of them in a file, where one is given. */
function openRejections(output: Output, path: string | undefined) {
  const first: { line: number; reason: string }[] = [];
  const file = path === undefined ? undefined : createWriteStream(path);
  const written = file && finished(file);
  // Told by `close`; until then nobody waits for it.
  written?.catch(() => {});
  let count = 0;
  return {
    first,
    add(line: number, reason: string): void {
      count += 1;
      file?.write(`${line}\t${reason}\n`);
      if (count > SHOWN) return;
      first.push({ line, reason });
      output.note(`line ${line}: ${reason}`);
    },
    async close(): Promise<void> {
      if (count > SHOWN)
        output.note(
          `… and ${spaced(count - SHOWN)} more${path === undefined ? '; --rejected FILE keeps them all' : ''}`,
        );
      file?.end();
      await written;
    },
  };
}

/** Digits in threes: 12 477. */
const spaced = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
