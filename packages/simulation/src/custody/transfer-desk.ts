import type { EventOf } from '@tse/core';
import type { StatementLine } from '@tse/custodian';
import { custodianEvents } from '@tse/custodian/events';
import type { ExchangeAdapter } from '@tse/exchange';
import { hasRead } from '../has-read.ts';
import { repeatUnknown } from '../repeat-unknown.ts';
import { custodyAccountOf } from './custody-accounts.ts';

type TransferChanged = EventOf<typeof custodianEvents, 'transfer.changed'>;

/** The exchange's side of custody: credits what came in, captures what left, and says in its statement what it booked of what was settled. */
export interface TransferDesk extends AsyncDisposable {
  /** Lines for what the custodian has settled and transferred, out of the exchange's own books. */
  readonly statement: readonly StatementLine[];
  drain(): Promise<void>;
}

const BEFORE_IT_ENDS = new Set(['pending-approval', 'queued', 'pending-signature', 'broadcasting', 'confirming']);
const WITHOUT_EFFECT = new Set(['cancelled', 'rejected', 'blocked', 'failed']);

export function openTransferDesk(exchange: ExchangeAdapter): TransferDesk {
  const statement = new Map<string, StatementLine>();

  /** A withdrawal's funds are set aside while it is decided on; its end takes them or gives them back. */
  async function apply({ payload: transfer, occurredAt }: TransferChanged): Promise<void> {
    const { transferId, kind, accountId, asset, amount, state } = transfer;
    if (accountId === undefined) return;
    const booking = { reference: transferId, accountId, asset, amount, at: occurredAt };
    if (kind === 'deposit' && state === 'completed')
      await repeatUnknown(() => exchange.ledger.deposit(booking), transferId);
    if (kind !== 'withdrawal') return;
    const hold = { kind: 'in-withdrawal', reference: transferId, accountId, asset, amount } as const;
    const holdId = `${hold.kind}:${transferId}`;
    if (BEFORE_IT_ENDS.has(state)) await repeatUnknown(() => exchange.holds.place(hold), transferId);
    else if (state === 'completed')
      await repeatUnknown(() => exchange.ledger.withdraw({ ...booking, holdId }), transferId);
    else if (WITHOUT_EFFECT.has(state) && (await exchange.holds.find(holdId)))
      await repeatUnknown(() => exchange.holds.release({ accountId, holdId }), transferId);
  }

  /** One line an entry of ours, but for the outside's: it has no account there. */
  async function state(theirs: string, ours: string, bookedAt: string): Promise<void> {
    const transaction = await exchange.ledger.find(theirs);
    for (const [i, { accountId, asset, amount }] of (transaction?.entries ?? []).entries()) {
      if (accountId === 'external') continue;
      const externalId = `${theirs}/${i}`;
      statement.set(externalId, {
        externalId,
        accountId: custodyAccountOf(accountId),
        asset,
        amount,
        bookedAt,
        reference: ours,
      });
    }
  }

  const consumer = exchange.inbox.consume(
    {
      name: 'transfer-desk',
      from: custodianEvents,
      types: ['transfer.changed', 'settlement.settled'],
      start: 'earliest',
    },
    async (event) => {
      if (event.type === 'transfer.changed') {
        await apply(event);
        const { transferId, kind, state: status } = event.payload;
        if (status === 'completed') await state(`${kind}:${transferId}`, `transfer:${transferId}`, event.occurredAt);
      } else await state(`trade:${event.payload.reference}`, event.payload.transactionId, event.occurredAt);
    },
  );

  return {
    get statement() {
      return [...statement.values()];
    },
    drain: () => hasRead(consumer, async () => (await exchange.inbox.published(custodianEvents))?.publishSeq ?? 0),
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}
