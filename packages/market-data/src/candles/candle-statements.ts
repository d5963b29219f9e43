import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import type { Tables } from '../schema.ts';
import { contentColumns } from './candle-changes.ts';
import { candleColumns } from './candle-rows.ts';

export const db = queryBuilder<Tables>();

export interface Series {
  symbol: string;
  interval: string;
  priceType: string;
  source: string;
}
type InRange = Series & { from: Instant; to: Instant };

const candlesOf = (p: Series) =>
  db
    .selectFrom('candles')
    .where('symbol', '=', p.symbol)
    .where('interval', '=', p.interval)
    .where('price_type', '=', p.priceType as never)
    .where('source', '=', p.source);

/** The candles of a series. */
export const ofSeries = (p: Series) => candlesOf(p).select(candleColumns);

const revisionsOf = (p: Series) =>
  db
    .selectFrom('candle_revisions')
    .select(candleColumns)
    .where('symbol', '=', p.symbol)
    .where('interval', '=', p.interval)
    .where('price_type', '=', p.priceType as never)
    .where('source', '=', p.source);

const batch = ['covered', 'payload', 'eventId', 'at', 'context'] as const;

export const statements = {
  upsert: functionCall(
    'market-data.candles.upsert',
    'write',
    'upsert_candles',
    [
      'symbol',
      'interval',
      'priceType',
      'source',
      'openTimes',
      'opens',
      'highs',
      'lows',
      'closes',
      'openAts',
      'highAts',
      'lowAts',
      'closeAts',
      'base',
      'quote',
      'takerBase',
      'takerQuote',
      'counts',
      'closed',
      ...batch,
    ],
    answers<{ inserted: number; revised: number }>(),
  ),
  lock: functionCall(
    'market-data.candles.lock',
    'write',
    'lock_candles',
    ['symbol', 'interval', 'priceType', 'source', 'first', 'last'],
    answers<{ occupied: boolean; recorded_at: Instant }>(),
  ),
  finish: functionCall(
    'market-data.candles.finish',
    'write',
    'finish_candles',
    ['symbol', 'interval', 'priceType', 'source', 'inserted', 'revised', 'first', 'last', 'openTimes', ...batch],
    answers<object>(),
  ),
  find: statement('market-data.candles.find', 'read', (p: Series & { openTime: Instant }) =>
    ofSeries(p).where('open_time', '=', p.openTime),
  ),
  range: statement('market-data.candles.range', 'replica', (p: InRange & { limit: number }) =>
    ofSeries(p)
      .where('open_time', '>=', p.from)
      .where('open_time', '<', p.to)
      .orderBy('open_time')
      .limit(p.limit as never),
  ),
  rangeAsOf: statement('market-data.candles.rangeAsOf', 'replica', (p: InRange & { asOf: Instant; limit: number }) =>
    db
      .selectFrom(
        ofSeries(p)
          .where('open_time', '>=', p.from)
          .where('open_time', '<', p.to)
          .where('recorded_at', '<=', p.asOf)
          .unionAll(
            revisionsOf(p)
              .where('open_time', '>=', p.from)
              .where('open_time', '<', p.to)
              .where('recorded_at', '<=', p.asOf)
              .where('replaced_at', '>', p.asOf),
          )
          .as('known'),
      )
      .distinctOn('open_time')
      .select(candleColumns)
      .orderBy('open_time')
      .orderBy('revision', 'desc')
      .limit(p.limit as never),
  ),
  contents: statement('market-data.candles.contents', 'read', (p: Series & { first: Instant; last: Instant }) =>
    candlesOf(p)
      .select(contentColumns)
      .where('open_time', '>=', p.first)
      .where('open_time', '<=', p.last)
      .orderBy('open_time'),
  ),
  latest: statement('market-data.candles.findLatest', 'read', (p: Series) =>
    ofSeries(p).orderBy('open_time', 'desc').limit(1),
  ),
  revisions: statement('market-data.candles.listRevisions', 'read', (p: Series & { openTime: Instant }) =>
    revisionsOf(p).where('open_time', '=', p.openTime).orderBy('revision'),
  ),
};
