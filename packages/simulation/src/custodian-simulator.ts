import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Consumer } from '@tse/core';
import type { CustodianAdapter, SettlementResult, Transfer } from '@tse/custodian';
import { exchangeEvents } from '@tse/exchange/events';
import { custodyAccountOf, OUTSIDE, openFor, openHouse } from './custody/custody-accounts.ts';
import { moveFunds, publishPolicy } from './custody/scripted-transfers.ts';
import { settlementOf } from './custody/trade-settlement.ts';
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
  /** Which of the first trades that settle on the next day is kept from it, so that it fails. */
  readonly seed?: number;
  /** Under which the trade is kept from settling. */
  readonly run?: { readonly runId: string; readonly fence: number };
}

/** Longer than any demo lasts in business time. */
const KEPT_FOR_MS = 100 * 365 * 86_400_000;

/** One custodian of one venue: what moved there reaches custody, on its day. */
export interface CustodianSimulator extends AsyncDisposable {
  readonly tally: Readonly<CustodyTally>;
  /** The transfers in and out of the script; empty before `drain`. */
  readonly transfers: readonly Transfer[];
  /** Waits until that many trades of the venue are read: what settles at once is then settled at its own time. */
  keepUp(trades: number): Promise<void>;
  /** Lets go of what was kept back: it settles from now on. */
  letGo(): Promise<void>;
  /** Reads all that the venue has published, makes the transfers of the script, and settles all that is due by now. */
  drain(): Promise<void>;
}

/** Opens a custodian: its own accounts, its policy, and a reader of what the venue publishes. */
export async function openCustodianSimulator(
  custodian: CustodianAdapter,
  { venue, clock, seed = 1, run: { runId, fence } = { runId: 'demo', fence: 1 } }: CustodianSimulatorOptions,
): Promise<CustodianSimulator> {
  const tally: CustodyTally = { trades: 0, settlements: 0, settledAtOnce: 0, delayed: 0 };
  const kept = 2 * (1 + (seed % 3));
  const keptBack: string[] = [];
  let transfers: Transfer[] = [];
  await openHouse(custodian, venue);
  await publishPolicy(custodian);

  /** Held while the leg is delayed, so that it cannot settle in between. */
  async function keepFromSettling(settled: SettlementResult): Promise<void> {
    const { settlementId, cutsOffAt } = settled;
    const until = new Date(Date.parse(cutsOffAt) + KEPT_FOR_MS);
    await custodian.settlements.delayLeg({ settlementId, leg: 1, until, run: runId, fence, reason: 'kept back' });
    await custodian.settlements.release({ settlementId });
    tally.delayed += 1;
    keptBack.push(settlementId);
  }

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
        const keep = event.payload.tradeSeq === kept;
        const settled = await repeatUnknown(
          () => custodian.processSettlement({ ...settlement, onHold: keep }),
          settlement.reference,
        );
        tally.settlements += 1;
        if (settled.status === 'settled') tally.settledAtOnce += 1;
        if (keep && settled.onHold) await keepFromSettling(settled);
        tally.trades += 1;
      }
    },
  );

  return {
    tally,
    get transfers() {
      return transfers;
    },
    async keepUp(trades) {
      while (tally.trades < trades) {
        if (consumer.health()[0]?.state === 'stopped') throw new Error(`${consumer.name} has stopped`);
        await sleep(5);
      }
    },
    async letGo() {
      for (const settlementId of keptBack)
        await custodian.settlements.delayLeg({
          settlementId,
          leg: 1,
          until: clock.now(),
          run: runId,
          fence,
          reason: 'let go',
        });
    },
    async drain() {
      await hasRead(consumer, async () => (await custodian.inbox.published(exchangeEvents))?.publishSeq ?? 0);
      if (transfers.length === 0) transfers = await moveFunds(custodian);
      while ((await custodian.settlements.settleDue({ limit: 1000 })).claimed.length > 0);
    },
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}

/** Waits until a consumer has handled all that its source has published by now. */
export async function hasRead(consumer: Consumer, published: () => Promise<number>): Promise<void> {
  const target = await published();
  for (;;) {
    const [reader] = consumer.health();
    if (reader !== undefined && reader.checkpoint >= target) return;
    if (reader?.state === 'stopped') throw new Error(`${consumer.name} has stopped: ${reader.lastErrorClass}`);
    await sleep(20);
  }
}
