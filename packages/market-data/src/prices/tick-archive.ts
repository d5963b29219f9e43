import { type AdapterContext, type Queries, answers, arrayLiteral, functionCall } from '@tse/core';
import { instantOf } from '../bulk/event-time.ts';
import { Partitions } from '../bulk/partitions.ts';

const archiveTicks = functionCall(
  'market-data.prices.archive',
  'write',
  'archive_ticks',
  ['symbol', 'sources', 'eventAts', 'sequences', 'prices', 'bids', 'asks', 'continues'],
  answers<{ archived: number }>(),
);

/** Stores ticks that Redis took, as their texts. */
export class TickArchive {
  readonly #partitions: Partitions;

  constructor(context: AdapterContext) {
    this.#partitions = new Partitions(context, 'price_ticks');
  }

  async store(tx: Queries, symbol: string, entries: readonly string[], continues: boolean): Promise<void> {
    const ticks = entries.flatMap((entry) => entry.split('\n')).map((text) => text.split('|'));
    const column = (place: number) => ticks.map((tick) => (tick[place] === '' ? null : tick[place]!));
    const micros = ticks.map((tick) => Number(tick[1]));
    let latest = -Infinity;
    for (const at of micros) if (at > latest) latest = at;
    await this.#partitions.ensure(latest);
    await tx.one(archiveTicks, {
      symbol,
      sources: arrayLiteral(column(0)),
      eventAts: arrayLiteral(micros.map(instantOf)),
      sequences: arrayLiteral(column(2)),
      prices: arrayLiteral(column(3)),
      bids: arrayLiteral(column(4)),
      asks: arrayLiteral(column(5)),
      continues,
    });
  }
}
