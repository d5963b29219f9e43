import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';

/** Which side took. */
export type TakerSide = 'buy' | 'sell';

/** A trade as its venue told it. */
export interface Trade {
  venue: string;
  symbol: string;
  /** The venue's id, unique for the symbol at one instant. */
  tradeId: string;
  eventAt: Instant;
  /** The venue's order among the trades of one instant. */
  sequence: number;
  price: Decimal;
  quantity: Decimal;
  /** price × quantity, exact. */
  quoteQuantity: Decimal;
  takerSide?: TakerSide;
  recordedAt: Instant;
}

/** One trade of a batch. */
export interface TradeInput {
  tradeId: string;
  eventAt: string | Date;
  /** Trades of one instant are in its order, then in that of their ids. The number in `tradeId` where that is one, else 0. */
  sequence?: number | undefined;
  price: string;
  quantity: string;
  takerSide?: TakerSide | undefined;
}

/** Trades as a venue told them, late ones too. */
export interface RecordTrades {
  /** A candle is built from the trades of one venue. */
  venue: string;
  symbol: string;
  /** In any order, 10 000 at most. */
  trades: readonly TradeInput[];
  /** The time for which these, with what was recorded before, are all there is: it counts as covered. */
  covers?: { from: string | Date; to: string | Date } | undefined;
}

/** Why a trade was not recorded: the same id and time with another content, or more digits than the instrument has. */
export type TradeRefusal = 'id-conflict' | 'too-many-digits';

/** What became of the trades. */
export interface RecordedTrades {
  inserted: number;
  /** Recorded before, or twice in this batch, with the same content. */
  duplicates: number;
  /** By their place in the batch; the others were recorded. */
  rejected: { index: number; code: TradeRefusal }[];
}

const window = { from: instantInput.optional(), to: instantInput.optional() };

/** `from` is inside, `to` is outside. In the order in which they happened, or the newest first. */
export const listTrades = z.strictObject({
  venue: idInput,
  symbol: symbolInput,
  ...window,
  sort: z.enum(['oldest', 'newest']).default('oldest'),
  ...pageFields(instantInput, z.int(), idInput),
});
/** Trades between two times, in pages. */
export type ListTrades = z.input<typeof listTrades>;

/** The trades of one venue and symbol, together. */
export interface TradeSeries {
  venue: string;
  symbol: string;
  count: number;
  firstEventAt?: Instant;
  lastEventAt?: Instant;
}

/** The history of trades. Errors are `not-found` (`unknown-instrument`) or `invalid-input`. */
export interface Trades {
  /**
   * Records trades of one venue and symbol in one round trip: late ones, doubles and any order are fine. Trades older than what is closed
   * make their candles be computed again. Small batches of one series that come at the same time share the round trip.
   */
  record(input: RecordTrades, options?: CallOptions): Promise<RecordedTrades>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListTrades, options?: CallOptions): Listing<Trade>;
  /** What is there of each venue and symbol, in the order of venue and symbol. */
  listSeries(options?: CallOptions): Promise<TradeSeries[]>;
}
