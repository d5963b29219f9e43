import { setTimeout as sleep } from 'node:timers/promises';
import type { CustodianAdapter, StatementLine } from '@tse/custodian';
import type { TransferDesk } from './transfer-desk.ts';

/** The venue's statement once it tells of all that has settled by now: what is committed is published, and read there, a moment later. */
export async function completeStatement(
  { settlements, transfers }: CustodianAdapter,
  desk: TransferDesk,
): Promise<readonly StatementLine[]> {
  const settled = await Array.fromAsync(settlements.list({ status: ['settled'], limit: 1000 }));
  const completed = await Array.fromAsync(transfers.list({ status: ['completed'], limit: 1000 }));
  for (;;) {
    const { statement } = desk;
    const told = new Set(statement.map(({ reference }) => reference));
    if (told.size >= settled.length + completed.length) return statement;
    await sleep(50);
  }
}
