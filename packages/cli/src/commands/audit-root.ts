import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ComputeRoot, RootedEvent, ScenarioRoot } from '@tse/audit';
import { auditHelp, auditOptions, withAudit } from '../audit.ts';
import { UsageError, command } from '../command.ts';
import { exitCode } from '../exit-codes.ts';

export const auditRoot = command({
  name: 'audit root',
  summary: 'compute the scenario root: one hash of what happened, the same for the same run',
  help: `tse audit root [OPTIONS]

Computes the Merkle root over what the events say of the business (type, aggregate, version, business time, payload, cause), in the
order of business time, source, aggregate and version. Two runs in which the same happened have the same root. Changes nothing.

  --from TIME           business time, ISO-8601 with a zone; from the first event on where it is not said
  --to TIME             business time, outside; to the last event where it is not said
  --run RUN             only what was written for this test run
  --last-position N     of the trail up to there
  --events FILE         writes one line an event, in that order: of two such files the first line that differs is the first that happened otherwise
  --against FILE        compares with such a file, and names the first event that differs; exit code 1 where one does${auditHelp}`,
  options: {
    ...auditOptions,
    from: { type: 'string' },
    to: { type: 'string' },
    run: { type: 'string' },
    'last-position': { type: 'string' },
    events: { type: 'string' },
    against: { type: 'string' },
  },
  async run({ values, positionals }, session) {
    if (positionals.length > 0) throw new UsageError(`it takes no ${positionals[0]}`);
    const { output, signal, cwd } = session;
    const { from, to, run, events, against, 'last-position': last } = values;
    if (last !== undefined && !/^[1-9]\d{0,14}$/.test(last)) throw new UsageError('--last-position takes a number');
    const query: ComputeRoot = {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(run !== undefined && { run }),
      ...(last !== undefined && { lastPosition: Number(last) }),
    };
    await using file = against === undefined ? undefined : await open(resolve(cwd, against));
    const comparison = file && new Comparison(file);
    const hear = (write?: (line: string) => unknown) => async (event: RootedEvent) => {
      const line = JSON.stringify(event);
      await write?.(line);
      await comparison?.hear(line);
    };
    const compute = (onEvent?: (event: RootedEvent) => unknown): Promise<ScenarioRoot> =>
      withAudit(session, values, (audit) => audit.roots.compute(query, { signal, ...(onEvent && { onEvent }) }));
    const told =
      events === undefined
        ? await compute(comparison && hear())
        : await writing(resolve(cwd, events), (write) => compute(hear(write)));
    const difference = await comparison?.end();
    if (values.json) output.json({ ...told, ...(comparison && { same: difference === undefined, difference }) });
    else {
      output.print(told.root);
      output.print(`${told.events} events, of the trail up to position ${told.position}`);
      if (difference) {
        output.print(`${output.colour('red', 'FAIL')}  event ${difference.n} is the first that differs`);
        output.print(`      file   ${difference.file ?? 'has no more'}`);
        output.print(`      trail  ${difference.trail ?? 'has no more'}`);
      } else if (comparison) output.print(`${output.colour('green', 'ok')}    the same as ${against}`);
    }
    return difference === undefined ? exitCode.ok : exitCode.failed;
  },
});

/** The first event, counted from one, of which one of both says something else or nothing. */
interface Difference {
  n: number;
  file?: string;
  trail?: string;
}

/** The lines of a file, one for each event that is heard. */
class Comparison {
  readonly #lines: AsyncIterator<string>;
  #n = 0;
  #difference: Difference | undefined;

  constructor(file: FileHandle) {
    this.#lines = file.readLines()[Symbol.asyncIterator]();
  }

  async hear(trail: string): Promise<void> {
    if (this.#difference !== undefined) return;
    this.#n += 1;
    const { done, value: file } = await this.#lines.next();
    if (file !== trail) this.#difference = { n: this.#n, ...(!done && { file }), trail };
  }

  async end(): Promise<Difference | undefined> {
    if (this.#difference !== undefined) return this.#difference;
    const { done, value: file } = await this.#lines.next();
    return done ? undefined : { n: this.#n + 1, file };
  }
}

/** The file is there as a whole or not at all. */
async function writing<T>(file: string, work: (write: (line: string) => unknown) => Promise<T>): Promise<T> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
    const result = await work((line) => (stream.write(`${line}\n`) ? undefined : once(stream, 'drain')));
    stream.end();
    await finished(stream);
    return result;
  } catch (error) {
    stream.destroy();
    await rm(file, { force: true });
    throw error;
  }
}
