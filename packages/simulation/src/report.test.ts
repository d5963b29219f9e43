import { type Decimal, decimal } from '@tse/core';
import { expect, test } from 'vitest';
import { formatReport, reportOf, type Findings } from './report.ts';

const balance = (asset: string, total: string, held: string) => ({
  asset,
  total: total as Decimal,
  held: held as Decimal,
  available: decimal.minus(total, held),
});
const level = (price: string, quantity: string, orders: number) => ({
  price: price as Decimal,
  quantity: quantity as Decimal,
  orders,
});

const findings: Findings = {
  input: { source: 'S&P 500 daily bars, 2019', symbol: 'SPX-USD', prints: 1_008 },
  scenario: { name: 'depeg', seed: 1, status: 'completed' },
  scenarioRoot: 'ed1094f8',
  counts: { accounts: 8, trades: 1_008, openOrders: 21 },
  holdings: {
    lastPrice: '3230.780029',
    trades: 1_008,
    orders: { filled: 1_628, 'partially-filled': 1 },
    accounts: [
      {
        accountId: 'alice',
        balances: [balance('SPX', '130864791350', '0'), balance('USD', '366739.7387', '1453768.6')],
      },
      { accountId: 'nobody', balances: [] },
    ],
    book: {
      symbol: 'SPX-USD',
      sequence: 5_711,
      bids: [level('3211.556311', '742241050', 2)],
      asks: [level('3237.39649', '135598050', 1), level('3243', '1', 1)],
    },
  },
  services: { Custody: { settlements: 1_008, waitingForApproval: 1 } },
  chain: ['order.placed  exchange', '↓ +0.100 ms', 'trade.settled  exchange'],
  rates: { seconds: 2.5, tradesPerSecond: 403.2 },
  invariants: [
    { name: 'ledger: entries sum to zero', ok: true, compared: 2_016 },
    { name: 'book: Redis = open orders', ok: true, compared: 21 },
  ],
  servers: { postgres: 'PostgreSQL 18.4', redis: 'Redis 7.0' },
};

test('a report in which all holds', () => {
  const report = reportOf(findings);
  expect(report.ok).toBe(true);
  expect(formatReport(report)).toBe(`Input
  source  S&P 500 daily bars, 2019
  symbol  SPX-USD
  prints  1,008

Scenario
  name           depeg
  seed           1
  status         completed
  scenario root  ed1094f8

Counts
  accounts     8
  trades       1,008
  open orders  21

Orders
  filled            1,628
  partially-filled  1

Balances
  account  asset  total         held
  alice    SPX    130864791350  0
  alice    USD    366739.7387   1453768.6

Book after change 5,711
  side  price        quantity   orders
  ask   3243         1          1
  ask   3237.39649   135598050  1
  last  3230.780029
  bid   3211.556311  742241050  2

Custody
  settlements           1,008
  waiting for approval  1

How the first trade came about, and what followed
  order.placed  exchange
  ↓ +0.100 ms
  trade.settled  exchange

Rates
  seconds            2.5
  trades per second  403

Servers
  postgres  PostgreSQL 18.4
  redis     Redis 7.0

Invariants
  ledger: entries sum to zero  ok  compared 2,016
  book: Redis = open orders    ok  compared 21

All 2 invariants hold.
`);
});

test('one that does not hold fails the report and says what differs', () => {
  const report = reportOf({
    ...findings,
    invariants: [
      ...findings.invariants,
      { name: 'holds', ok: false, compared: 8, problem: 'alice USD held 5, open holds 4' },
    ],
  });
  expect(report.ok).toBe(false);
  expect(formatReport(report)).toContain(
    'holds                        FAILED  compared 8: alice USD held 5, open holds 4\n\n1 of 3 invariants FAILED.',
  );
});

test('one that compared nothing has shown nothing', () => {
  const report = reportOf({ ...findings, invariants: [{ name: 'ledger', ok: true, compared: 0 }] });
  expect(report.ok).toBe(false);
  expect(formatReport(report)).toContain('ledger  FAILED  compared nothing');
});

test('no invariant at all is no success, and an empty section is left out', () => {
  const report = reportOf({ ...findings, invariants: [], servers: {} });
  expect(report.ok).toBe(false);
  expect(formatReport(report)).toMatch(/No invariant was checked\.\n$/);
  expect(formatReport(report)).not.toContain('Servers');
});

test('as JSON it is one object with what a script asks for', () => {
  expect(JSON.parse(JSON.stringify(reportOf(findings)))).toMatchObject({
    ok: true,
    input: { prints: 1008 },
    invariants: [{ name: expect.any(String), ok: true, compared: 2016 }, {}],
  });
});
