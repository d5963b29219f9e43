export { type MarketDataAdapter, createMarketDataAdapter } from './adapter.ts';
export { definition } from './definition.ts';
export {
  type BuiltCandles,
  type BuildCandles,
  type Candle,
  type CandleInput,
  type CandleRefusal,
  type CandleSeriesKey,
  type Candles,
  type FillCandles,
  type FillPolicy,
  type FilledCandle,
  type GetCandle,
  type ListCandles,
  type PriceType,
  type RangeCandles,
  type RollUpCandles,
  type UpsertCandles,
  type UpsertedCandles,
  vwap,
} from './candles/candles.ts';
export { type DefineInterval, type Interval, type IntervalUnit } from './candles/intervals.ts';
export {
  type Coverage,
  type CoverageKey,
  type CoverageKind,
  type CoveragePort,
  type GetCoverage,
  type MarkCovered,
  type MissingCoverage,
  type TimeRange,
} from './quality/coverage.ts';
export { type InstrumentStatus } from './instruments/instrument-states.ts';
export {
  type ChangeInstrumentStatus,
  type Instrument,
  type InstrumentRefusal,
  type InstrumentStatusChange,
  type Instruments,
  type ListInstruments,
  type RegisterInstrument,
} from './instruments/instruments.ts';
export {
  type ListTrades,
  type RecordTrades,
  type RecordedTrades,
  type TakerSide,
  type Trade,
  type TradeInput,
  type TradeRefusal,
  type TradeSeries,
  type Trades,
} from './trades/trades.ts';
