import type { Clock } from '@tse/core';
import type { CustodianAdapter, ProcessSettlement, SettlementResult, Transfer } from '@tse/custodian';
import { exchangeEvents } from '@tse/exchange/events';
import { custodyAccountOf, OUTSIDE, openFor, openHouse } from './custody/custody-accounts.ts';
import { moveFunds, publishPolicy } from './custody/scripted-transfers.ts';
import { settlementOf } from './custody/trade-settlement.ts';
import type { FaultHandlers } from './fault-targets.ts';
import { hasRead } from './has-read.ts';
import { repeatUnknown } from './repeat-unknown.ts';

/** What a custodian has done so far. */
export interface CustodyTally {
  /** That were read. */
  trades: number;
  settlements: number;
  /** Moved at once, when the trade was read; the others on their day. */
  settledAtOnce: number;
  delayed: number;
}

export interface CustodianSimulatorOptions {
  /** What the exchange calls itself: the instance's name, `exchange` for the default one. */
  readonly venue: string;
  readonly clock: Clock;
}

/** Of the deliveries that a fault would keep back, so many are. */
const MOST_KEPT_BACK = 5;

/** What is kept from settling, and under whose run. */
interface Delay {
  readonly asset: string;
  readonly until: string;
  readonly run: string;
  readonly fence: number;
  readonly keptBack: string[];
}

/** One custodian of one venue: what moved there reaches custody, on its day. */
export interface CustodianSimulator extends AsyncDisposable {
  readonly tally: Readonly<CustodyTally>;
  /** The transfers in and out of the script; empty before `moveFunds`. */
  readonly transfers: readonly Transfer[];
  /** `settlement-delay`: deliveries that settle on a later day are kept back, until it is undone. */
  readonly faults: FaultHandlers;
  /** Makes the transfers of the script, once. */
  moveFunds(): Promise<void>;
  /** Reads all that the venue has published, and settles all that is due by now. */
  drain(): Promise<void>;
}

/** Opens a custodian: its own accounts, its policy, and a reader of what the venue publishes. */
export async function openCustodianSimulator(
  custodian: CustodianAdapter,
  { venue, clock }: CustodianSimulatorOptions,
): Promise<CustodianSimulator> {
  const tally: CustodyTally = { trades: 0, settlements: 0, settledAtOnce: 0, delayed: 0 };
  let delaying: Delay | undefined;
  let transfers: Transfer[] = [];
  await openHouse(custodian, venue);
  await publishPolicy(custodian);

  const isKeptBack = ({ cycle, legs }: ProcessSettlement): boolean =>
    delaying !== undefined &&
    delaying.keptBack.length < MOST_KEPT_BACK &&
    cycle !== 0 &&
    legs.some(({ kind, asset }) => kind === 'delivery' && asset === delaying!.asset);

  /** Held while the leg is delayed, so that it cannot settle in between. */
  async function keepBack({ settlementId }: SettlementResult, { run, fence, until, keptBack }: Delay): Promise<void> {
    await custodian.settlements.delayLeg({ settlementId, leg: 1, until, run, fence, reason: 'kept back' });
    await custodian.settlements.release({ settlementId });
    tally.delayed += 1;
    keptBack.push(settlementId);
  }

  const faults: FaultHandlers = {
    inject({ kind, params, mustEndBy: until, runId: run, fence }) {
      if (kind !== 'settlement-delay') throw new RangeError(`custody has no fault ${kind}`);
      delaying ??= { asset: params['asset'] as string, until, run, fence, keptBack: [] };
      return Promise.resolve();
    },
    async undo({ runId: run, fence }) {
      for (const settlementId of delaying?.keptBack ?? []) {
        const { status } = await custodian.settlements.get(settlementId, { fresh: true });
        if (status === 'settled') continue;
        await custodian.settlements.delayLeg({
          settlementId,
          leg: 1,
          until: clock.now(),
          run,
          fence,
          reason: 'let go',
        });
      }
      delaying = undefined;
    },
  };

  const consumer = custodian.inbox.consume(
    {
      name: 'custody-of-trades',
      from: exchangeEvents,
      types: ['account.changed', 'funds.moved', 'trade.settled'],
      start: 'earliest',
    },
    async (event) => {
      if (event.type === 'account.changed') {
        const { accountId, ownerId, kind } = event.payload;
        if (kind !== 'external')
          await openFor(custodian.accounts, venue, {
            accountId,
            ownerId,
            kind: kind === 'customer' ? 'segregated' : 'house',
          });
      } else if (event.type === 'funds.moved') {
        // What a transfer of ours moved there has moved here already.
        const { accountId, asset, amount, reference, transactionId } = event.payload;
        if ((await custodian.transfers.find(reference)) === undefined)
          await custodian.holdings.adjust({
            reference: event.id,
            reason: `${venue} ${transactionId}`,
            at: event.occurredAt,
            movements: [
              { accountId: OUTSIDE, asset, amount: amount.startsWith('-') ? amount.slice(1) : `-${amount}` },
              { accountId: custodyAccountOf(accountId), asset, amount },
            ],
          });
      } else {
        const settlement = settlementOf(event);
        if (settlement === undefined) {
          tally.trades += 1;
          return;
        }
        const delay = isKeptBack(settlement) ? delaying : undefined;
        const settled = await repeatUnknown(
          () => custodian.processSettlement({ ...settlement, onHold: delay !== undefined }),
          settlement.reference,
        );
        tally.settlements += 1;
        if (settled.status === 'settled') tally.settledAtOnce += 1;
        if (delay !== undefined && settled.onHold) await keepBack(settled, delay);
        tally.trades += 1;
      }
    },
  );

  return {
    tally,
    get transfers() {
      return transfers;
    },
    faults,
    async moveFunds() {
      if (transfers.length === 0) transfers = await moveFunds(custodian);
    },
    async drain() {
      await hasRead(consumer, async () => (await custodian.inbox.published(exchangeEvents))?.publishSeq ?? 0);
      await custodian.catchUp();
    },
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}
