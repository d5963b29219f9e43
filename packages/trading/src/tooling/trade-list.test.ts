import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellsOf, separatorOf } from './csv.ts';
import { columnsIn, tradeOf } from './trade-list.ts';

const header = ['pair', 'side', 'amount', 'open_time', 'close_time', 'open_rate', 'close_rate', 'fees'];
const columns = columnsIn(header) as Exclude<ReturnType<typeof columnsIn>, { missing: string[] }>;
const row = (over: Partial<Record<string, string>> = {}) => {
  const cells: Record<string, string> = {
    pair: 'BTC/USDT',
    side: 'long',
    amount: '0.5',
    open_time: '2026-01-01 00:00:00',
    close_time: '2026-01-02T00:00:00+00:00',
    open_rate: '100',
    close_rate: '110',
    fees: '1.05',
    ...over,
  };
  return tradeOf(header.map((name) => cells[name]).join(','), ',', columns);
};

test('a row is read to the last digit, its times in UTC where they have no zone', () => {
  expect(row()).toEqual({
    symbol: 'BTC-USDT',
    direction: 'long',
    quantity: '0.5',
    openPrice: '100',
    closePrice: '110',
    fees: '1.05',
    openedAt: '2026-01-01T00:00:00.000000Z',
    closedAt: '2026-01-02T00:00:00.000000Z',
  });
  expect(
    row({
      pair: 'BTC/USDT:USDT',
      side: 'SELL',
      amount: '1.5e-3',
      open_time: '1767225600',
      close_time: '1767225600000',
    }),
  ).toMatchObject({
    symbol: 'BTC-USDT',
    direction: 'short',
    quantity: '0.0015',
    openedAt: '2026-01-01T00:00:00.000000Z',
    closedAt: '2026-01-01T00:00:00.000000Z',
  });
});

test.each([
  [{ pair: 'bitcoin' }, /^pair/],
  [{ side: 'up' }, /^side/],
  [{ amount: '-1' }, /^amount/],
  [{ amount: 'many' }, /^amount/],
  [{ amount: '0.0000000000000000001' }, /^amount/],
  [{ open_rate: '0' }, /^open_rate/],
  [{ open_time: 'yesterday' }, /^open_time/],
  [{ close_time: '' }, /still open/],
  [{ close_time: '2025-01-01' }, /not before open_time/],
  [{ fees: '' }, /^fees/],
  [{ amount: '0.0000000001', open_rate: '0.0000000001' }, /fraction digits/],
])('%o is rejected with the reason', (over, reason) => {
  expect(row(over)).toMatch(reason);
});

test('columns are found by what bots call them; rates of fees are of what was opened and closed', () => {
  const names = [
    'Pair',
    'is_short',
    'Amount',
    'Open Date',
    'close-date',
    'open_rate',
    'close_rate',
    'fee_open',
    'fee_close',
    'enter_tag',
    'exit_reason',
  ];
  const found = columnsIn(names) as typeof columns;
  expect(
    tradeOf('"ETH/USDT";False;2;2026-01-01;2026-01-02;100;120;0.001;0.002;"a ""b"";c";roi', ';', found),
  ).toMatchObject({
    direction: 'long',
    fees: '0.68',
    tag: 'a "b";c',
    exitReason: 'roi',
  });
  expect(columnsIn(['pair', 'amount'])).toEqual({
    missing: ['side', 'open_time', 'close_time', 'open_rate', 'close_rate', 'fees'],
  });
});

test('cells come back as they were written, whatever is in them', () => {
  const cell = fc.string().map((text) => text.replaceAll(/[\r\n]/g, '').trim());
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
      expect(cellsOf(cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(','), ',')).toEqual(cells);
    }),
  );
  expect(cellsOf('"a,b', ',')).toBeUndefined();
  expect(separatorOf('a;b;c,d')).toBe(';');
});
