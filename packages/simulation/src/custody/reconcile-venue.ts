import type { Instant } from '@tse/core';
import type { Break, CustodianAdapter, ReconciliationRun, StatementLine } from '@tse/custodian';
import { repeatUnknown } from '../repeat-unknown.ts';
import { type Invariant, invariantOf } from '../report.ts';
import type { PlantedBreak } from './planted-break.ts';

const PAGE = 1000;

export interface ReconciledVenue {
  readonly run: ReconciliationRun;
  /** That stand after it. */
  readonly breaks: readonly Break[];
}

/** Holds a venue's statement against what custody has moved for its settlements and transfers up to a moment. */
export async function reconcileVenue(
  { reconciliations }: CustodianAdapter,
  { venue, statement, cutoff }: { venue: string; statement: readonly StatementLine[]; cutoff: Instant },
): Promise<ReconciledVenue> {
  await reconciliations.defineRules({
    source: venue,
    version: 1,
    movementKinds: ['settlement', 'netting', 'transfer'],
  });
  for (let from = 0; from < statement.length; from += PAGE)
    await reconciliations.recordLines({ source: venue, lines: statement.slice(from, from + PAGE) });
  const runId = `${venue}/${cutoff}`;
  const run = await repeatUnknown(() => reconciliations.run({ runId, source: venue, cutoff }), runId);
  return { run, breaks: await Array.fromAsync(reconciliations.listBreaks({ source: venue, state: ['open'] })) };
}

/** Invariant "reconciliation": the break that was planted is found, as what it is, and nothing else is. */
export function checkReconciliation({ run, breaks }: ReconciledVenue, planted?: PlantedBreak): Invariant {
  const isPlanted = (found: Break) =>
    found.kind === planted?.kind &&
    (planted.externalId === undefined || found.externalId === planted.externalId) &&
    (planted.transactionId === undefined || found.transactionId === planted.transactionId);
  const stray = breaks.filter((found) => !isPlanted(found));
  const problems = stray.map(({ kind, breakKey, difference }) => `${kind} ${breakKey}: ${difference}`);
  if (planted !== undefined && breaks.length === stray.length) problems.push(`${planted.kind} was not found`);
  return invariantOf('reconciliation', run.lines ?? 0, problems);
}
