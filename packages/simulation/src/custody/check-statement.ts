import type { Clock } from '@tse/core';
import type { CustodianAdapter } from '@tse/custodian';
import type { Invariant } from '../report.ts';
import { completeStatement } from './complete-statement.ts';
import { plantBreak } from './planted-break.ts';
import { checkReconciliation, reconcileVenue } from './reconcile-venue.ts';
import type { TransferDesk } from './transfer-desk.ts';

/**
 * Reconciles the venue's statement, with one line made wrong as the seed says, against custody: invariant "reconciliation". After both
 * services were drained.
 */
export async function checkStatement(
  custodian: CustodianAdapter,
  desk: TransferDesk,
  { venue, seed, clock }: { venue: string; seed: number; clock: Clock },
): Promise<Invariant> {
  const { statement, planted } = plantBreak(await completeStatement(custodian, desk), seed);
  return checkReconciliation(await reconcileVenue(custodian, { venue, statement, cutoff: clock.now() }), planted);
}
