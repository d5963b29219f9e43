/** One trade as a tape printed it. Price and quantity carry the digits of the source. */
export interface Print {
  /** Unique in its source, and fit to be part of an order id. */
  readonly id: string;
  readonly price: string;
  readonly quantity: string;
  /** The side of the order that came second and took. */
  readonly taker: 'buy' | 'sell';
  /** UTC, with microseconds. */
  readonly at: string;
  /** Grows from print to print of its source. */
  readonly sequence: number;
}

/** Prints of one market that can be read as often as needed, each time from the start. */
export interface PrintSource {
  /** What a reader of the report should see: a file, a range. */
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  read(): AsyncIterable<Print>;
}
