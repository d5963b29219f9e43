import {
  type AdapterContext,
  type Decimal,
  type Instant,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import type { Tables } from '../schema.ts';
import type { BreakKind } from './break-states.ts';
import type { Found } from './match-leftovers.ts';
import type { ReconciliationRefusal, ReconciliationRun } from './reconciliations.ts';

export const runColumns = [
  'id',
  'kind',
  'source',
  'rule_version',
  'from_at',
  'cutoff',
  'dry_run',
  'status',
  'cursor',
  'lines',
  'entries',
  'matched',
  'grouped',
  'differences',
  'started_at',
  'completed_at',
] as const;

const statements = {
  begin: functionCall(
    'custodian.reconciliations.begin',
    'write',
    'begin_reconciliation',
    ['id', 'kind', 'source', 'from', 'cutoff', 'dryRun', 'requestHash', 'at'],
    answers<{ outcome: ReconciliationRefusal | 'ok' | 'same'; running_id: string | null }>(),
  ),
  record: functionCall(
    'custodian.reconciliations.record',
    'write',
    'record_differences',
    ['runId', 'cursor', 'next', 'matches', 'breaks', 'eventIds', 'at', 'context'],
    answers<{ outcome: 'ok' | 'stale-cursor' }>(),
  ),
  close: functionCall(
    'custodian.reconciliations.close',
    'write',
    'close_breaks',
    ['runId', 'eventIds', 'at', 'context'],
    answers<{ closed: number }>(),
  ),
  complete: functionCall(
    'custodian.reconciliations.complete',
    'write',
    'complete_reconciliation',
    ['id', 'lines', 'entries', 'matched', 'grouped', 'differences', 'at'],
    answers<{ outcome: 'ok' | 'same' }>(),
  ),
  find: statement('custodian.reconciliations.findRun', 'read', (p: { id: string }) =>
    queryBuilder<Tables>().selectFrom('reconciliation_runs').select(runColumns).where('id', '=', p.id),
  ),
};

export interface RunRequest {
  runId: string;
  kind: ReconciliationRun['kind'];
  source: string;
  from?: string | undefined;
  cutoff: string;
  dryRun: boolean;
  requestHash: string;
}

/** A break as a run finds it. */
export interface FoundBreak {
  key: string;
  kind: BreakKind;
  accountId?: string | undefined;
  asset: string;
  lineId?: number | undefined;
  txId?: string | undefined;
  n?: number | undefined;
  ours?: Decimal | undefined;
  theirs?: Decimal | undefined;
  at: Instant;
}

export interface RunResult {
  lines: number;
  entries: number;
  matched: number;
  matches: readonly Found[];
  breaks: readonly FoundBreak[];
}

const PAGE = 500;

/** How every kind of run is begun, written down page by page and completed; one that was cut off is run again and goes on. */
export class ReconciliationRunRepository {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** The run as it is now; it is to be worked on while it is `running`. */
  async begin({ from, ...request }: RunRequest): Promise<RunRow> {
    const { runId, source } = request;
    const { outcome, running_id } = await this.#context.pg.one(statements.begin, {
      ...request,
      id: runId,
      from,
      at: this.#context.clock.now(),
    });
    if (outcome !== 'ok' && outcome !== 'same')
      throw refusal(outcome, { runId, source, ...(running_id !== null && { runningId: running_id }) });
    return (await this.find(runId))!;
  }

  /** Writes down what was found, closes what is gone, and completes the run. */
  async complete(run: RunRow, result: RunResult): Promise<ReconciliationRun> {
    const { pg, clock } = this.#context;
    if (!run.dry_run) {
      await this.#record(run, result);
      for (let closed = PAGE; closed === PAGE;) {
        ({ closed } = await pg.one(statements.close, {
          runId: run.id,
          eventIds: this.#eventIds(PAGE),
          at: clock.now(),
          context: contextLiteral(),
        }));
      }
    }
    await pg.one(statements.complete, {
      id: run.id,
      lines: result.lines,
      entries: result.entries,
      matched: result.matched,
      grouped: result.matches.length,
      differences: result.breaks.length,
      at: clock.now(),
    });
    return toRun((await this.find(run.id))!);
  }

  find(id: string): Promise<RunRow | undefined> {
    return this.#context.pg.maybe(statements.find, { id });
  }

  async #record(run: RunRow, { matches, breaks }: RunResult): Promise<void> {
    const { pg, clock, ids } = this.#context;
    const pages = Math.ceil(Math.max(matches.length, breaks.length) / PAGE);
    for (let page = 0; page < pages; page += 1) {
      const some = <Item>(items: readonly Item[]) => items.slice(page * PAGE, (page + 1) * PAGE);
      const ofPage = some(breaks);
      const { outcome } = await pg.one(statements.record, {
        runId: run.id,
        cursor: run.cursor + page,
        next: run.cursor + page + 1,
        matches: JSON.stringify(
          some(matches).map(({ rule, difference, lines, entries }) => ({
            id: ids.next(),
            rule,
            difference,
            lines: lines.map(({ lineId }) => lineId),
            entries: entries.map(({ transactionId, line }) => [transactionId, line]),
          })),
        ),
        breaks: JSON.stringify(ofPage.map((each) => ({ id: ids.next(), ...each }))),
        eventIds: this.#eventIds(ofPage.length),
        at: clock.now(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok') throw refusal('run-in-progress', { runId: run.id });
    }
  }

  #eventIds(count: number): string {
    return arrayLiteral(Array.from({ length: count }, () => this.#context.ids.next()));
  }
}

export type RunRow = NonNullable<(typeof statements.find)['row']>;

export const toRun = (row: RunRow): ReconciliationRun => ({
  runId: row.id,
  kind: row.kind,
  source: row.source,
  ...(row.rule_version !== null && { ruleVersion: row.rule_version }),
  ...(row.from_at !== null && { from: row.from_at }),
  cutoff: row.cutoff,
  dryRun: row.dry_run,
  status: row.status,
  ...(row.completed_at !== null && {
    lines: row.lines!,
    entries: row.entries!,
    matched: row.matched!,
    grouped: row.grouped!,
    differences: row.differences!,
    completedAt: row.completed_at,
  }),
  startedAt: row.started_at,
});
