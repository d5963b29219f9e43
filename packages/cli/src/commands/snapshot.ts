import { type SchemaSnapshot, findFacts, snapshotFacts } from '@tse/core/admin';
import { UsageError, command, common, commonHelp } from '../command.ts';
import { adapterOptions } from '../environment.ts';
import { exitCode } from '../exit-codes.ts';
import { select } from '../session.ts';

const phases = ['before', 'during', 'after'] as const;

export const snapshot = command({
  name: 'snapshot',
  summary: 'read the state of all schemas, and keep it for a test run',
  help: `tse snapshot [ADAPTER…] [--run RUN --fence N --phase PHASE [--id ID]] [OPTIONS]

Reads rows, sums and a checksum of each of the views that the schemas show for checks, each schema at one moment. With
--run it is handed to the test coordinator, which compares two of them; otherwise it is only shown. Changes no other data.

  --run RUN       the run it belongs to
  --fence N       of the lease under which the run is run
  --phase PHASE   before, during or after
  --id ID         what the snapshot is called; a new id where nothing is said
${commonHelp}`,
  options: {
    ...common,
    run: { type: 'string' },
    fence: { type: 'string' },
    phase: { type: 'string' },
    id: { type: 'string' },
  },
  async run({ values, positionals }, session) {
    const { run, id } = values;
    const fence = Number(values.fence);
    const phase = phases.find((each) => each === values.phase);
    if (run !== undefined && (!Number.isSafeInteger(fence) || fence < 1 || phase === undefined))
      throw new UsageError('--run needs --fence with a number above zero, and --phase before, during or after');
    const { adapters, instance, target } = await select(session, values, positionals);
    const keeper = (await session.adapters()).find(({ recordSnapshot }) => recordSnapshot !== undefined);
    if (run !== undefined && keeper === undefined)
      throw new UsageError('no adapter that keeps snapshots is installed beside this command');

    const snapshots: Record<string, SchemaSnapshot> = {};
    for (const { definition } of adapters) {
      session.output.progress(definition.identity.name);
      await using facts = await findFacts(definition, target);
      if (facts === undefined) continue;
      const taken = await snapshotFacts(facts);
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
