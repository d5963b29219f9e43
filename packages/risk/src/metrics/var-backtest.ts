import { normalTail } from './normal.ts';

/** How often more was lost than forecast: Kupiec's test and the traffic light of the Basel Committee (1996). */
export interface VarBacktest {
  days: number;
  /** Days on which more was lost than was forecast. */
  exceptions: number;
  expected: number;
  /**
   * Green below 95 % of the cumulative binomial distribution of exceptions, red from 99.99 % on, yellow between. Basel Committee,
   * "Supervisory framework for the use of backtesting" (1996), table 2: of 250 days at 99 %, up to 4, up to 9, and 10 or more.
   */
  zone: 'green' | 'yellow' | 'red';
  /** Of as many exceptions or fewer, where the forecast is right. */
  cumulativeProbability: number;
  /** Proportion of failures: likelihood ratio and p-value with one degree of freedom. Kupiec, Journal of Derivatives 3 (1995). */
  kupiec: { statistic: number; pValue: number };
}

/** How a forecast of `confidence` held on so many days with so many exceptions. */
export function backtest(days: number, exceptions: number, confidence: number): VarBacktest {
  const p = 1 - confidence;
  let probability = (1 - p) ** days;
  let cumulative = probability;
  for (let k = 1; k <= exceptions; k += 1) {
    probability *= ((days - k + 1) / k) * (p / (1 - p));
    cumulative += probability;
  }
  cumulative = Math.min(1, cumulative);
  const seen = exceptions / days;
  const log = (share: number, of: number) => (of === 0 ? 0 : of * Math.log(share));
  const statistic = Math.max(
    0,
    2 * (log(1 - seen, days - exceptions) + log(seen, exceptions) - log(1 - p, days - exceptions) - log(p, exceptions)),
  );
  return {
    days,
    exceptions,
    expected: days * p,
    zone: cumulative < 0.95 ? 'green' : cumulative < 0.9999 ? 'yellow' : 'red',
    cumulativeProbability: cumulative,
    kupiec: { statistic, pValue: Math.min(1, 2 * normalTail(Math.sqrt(statistic))) },
  };
}
