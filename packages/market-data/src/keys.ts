import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({
  /** The last tick of each source, and the log of what is to be archived. */
  price: 'price',
  /** The ring of the last ticks, newest first. */
  ticks: 'ticks',
  /** The last quote of each source, and the log of what is to be archived. */
  quote: 'quote',
  /** A live order book: its head, its levels, and the log of what is to be archived. */
  book: 'book',
  scenarioRun: 'scenario-run',
  manipulation: 'manipulation',
});
