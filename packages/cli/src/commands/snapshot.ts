import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type RebuiltStates,
  type SchemaSnapshot,
  type Vector,
  findFacts,
  rebuildStates,
  snapshotFacts,
} from '@tse/core/admin';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { type Selection, type Session, select } from '../session.ts';

const phases = ['before', 'during', 'after'] as const;

export const snapshot = command({
  name: 'snapshot',
  summary: 'read the state of all schemas, and keep it for a test run',
  help: `tse snapshot [ADAPTER…] [--run RUN --fence N --phase PHASE [--id ID] | --at VECTOR|FILE] [OPTIONS]

Reads rows, sums and a checksum of each of the views that the schemas show for checks, each schema at one moment. With
--run it is handed to the test coordinator, which compares two of them; otherwise it is only shown. Changes no other data.

Beside the views it reads states (balances, orders, limits, positions, candles …). With --at these are made again as they were
recorded at a number of each schema's events: a snapshot that was taken when all was read and numbered comes out the same for ever.

  --run RUN       the run it belongs to
  --fence N       of the lease under which the run is run
  --phase PHASE   before, during or after
  --id ID         what the snapshot is called; a new id where nothing is said
  --at VECTOR     states as recorded at it: exchange=812,custodian=90
  --at FILE       the same for a file that --json wrote; says what is not as it was then, and ends with 1 where something is not
${commonHelp}`,
  options: {
    ...common,
    run: { type: 'string' },
    fence: { type: 'string' },
    phase: { type: 'string' },
    id: { type: 'string' },
    at: { type: 'string' },
  },
  async run({ values, positionals }, session) {
    const { run, id } = values;
    const fence = Number(values.fence);
    const phase = phases.find((each) => each === values.phase);
    if (run !== undefined && (!Number.isSafeInteger(fence) || fence < 1 || phase === undefined))
      throw new UsageError('--run needs --fence with a number above zero, and --phase before, during or after');
    const selection = await select(session, values, positionals);
    const { adapters, instance, target } = selection;
    if (values.at !== undefined) {
      if (run !== undefined) throw new UsageError('--run and --at exclude each other');
      return await rebuilt(session, selection, values.at, values.json === true);
    }
    const keeper = (await session.adapters()).find(({ recordSnapshot }) => recordSnapshot !== undefined);
    if (run !== undefined && keeper === undefined)
      throw new UsageError('no adapter that keeps snapshots is installed beside this command');

    const snapshots: Record<string, SchemaSnapshot> = {};
    for (const { definition, states } of adapters) {
      session.output.progress(definition.identity.name);
      await using facts = await findFacts(definition, target);
      if (facts === undefined) continue;
      const taken = await snapshotFacts(facts, states);
      snapshots[taken.items[0]!.schema] = taken;
      if (values.json) continue;
      for (const { schema, object, rows } of taken.items) session.output.print(`${schema} ${object}: ${rows} rows`);
    }
    const kept =
      run === undefined
        ? undefined
        : await keeper!.recordSnapshot!({
            options: adapterOptions(keeper!.definition.identity, instance, session.env),
            progress: (text) => session.output.progress(text),
            signal: session.signal,
            snapshotId: id,
            runId: run,
            fence,
            phase: phase!,
            snapshots,
          });
    if (values.json) session.output.json({ snapshots, ...(kept !== undefined && { snapshotId: kept }) });
    else if (kept !== undefined) session.output.print(`kept as ${kept}`);
    else if (Object.keys(snapshots).length === 0)
      session.output.note('None of these schemas is there: run tse migrate.');
    return exitCode.ok;
  },
});

/** What a snapshot wrote, or its vector alone. */
interface Asked {
  readonly vector: Vector;
  readonly snapshots: Readonly<Record<string, Pick<SchemaSnapshot, 'watermark' | 'items'>>>;
}

async function rebuilt(session: Session, selection: Selection, at: string, json: boolean): Promise<number> {
  const { output, cwd } = session;
  const { vector, snapshots } = at.includes('=') ? vectorOf(at) : await readAsked(resolve(cwd, at));
  const states: Record<string, RebuiltStates> = {};
  const different: string[] = [];
  for (const { definition, states: known = [] } of selection.adapters) {
    output.progress(definition.identity.name);
    await using facts = await findFacts(definition, selection.target);
    if (facts === undefined) continue;
    const made = await rebuildStates(facts, known, vector);
    for (const { schema, object, rows, checksum } of made.items) {
      states[schema] = made;
      const then = snapshots[schema]?.items.find((item) => item.object === object);
      const isSame = then === undefined || (then.rows === rows && then.checksum === checksum);
      if (!isSame) different.push(`${schema} ${object}`);
      if (json) continue;
      const told = then === undefined ? '' : isSame ? ', as then' : `, ${then.rows} then`;
      output.print(`${schema} ${object}: ${rows} rows${told}`);
    }
    for (const { object, why } of made.lacking) output.note(`${definition.identity.name} ${object}: ${why}`);
  }
  if (json) output.json({ vector, states, different });
  else for (const each of different) output.print(`${output.colour('red', 'FAIL')}  ${each} is not as it was`);
  return different.length === 0 ? exitCode.ok : exitCode.failed;
}

function vectorOf(text: string): Asked {
  const parts = text.split(',').map((part) => /^([a-z][a-z0-9_]*)=(\d{1,15})$/.exec(part.trim()));
  if (parts.some((part) => part === null)) throw new UsageError('--at takes schema=number,schema=number or a file');
  return { vector: Object.fromEntries(parts.map((part) => [part![1]!, Number(part![2])])), snapshots: {} };
}

async function readAsked(file: string): Promise<Asked> {
  const { snapshots } = JSON.parse(await readFile(file, 'utf8')) as Partial<Asked>;
  if (typeof snapshots !== 'object') throw new UsageError(`${file} is no snapshot of --json`);
  return {
    vector: Object.fromEntries(Object.entries(snapshots).map(([schema, { watermark }]) => [schema, watermark])),
    snapshots,
  };
}
