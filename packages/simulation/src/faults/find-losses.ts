import { decimal } from '@tse/core';
import { type Acknowledged, balancesOf } from './acknowledged.ts';
import type { Arena } from './arena.ts';

const ORDERS =
  '(select id, client_order_id, status from orders union all select id, client_order_id, status from order_archive)';

/** Looks in the tables, past every adapter: what was acknowledged and is not there is a line, and so is what is there and was not. */
export async function findLosses(arena: Arena, { orders, trades, bookings, ...rest }: Acknowledged): Promise<string[]> {
  const read = await arena.asAdmin(async (client) => {
    const query = async (text: string) => (await client.query<[string, string]>({ text, rowMode: 'array' })).rows;
    await client.query('set search_path to exchange');
    return {
      orders: await query(`select client_order_id, id || ' ' || status from ${ORDERS} as o`),
      trades: await query(`select id, trim_scale(price) || ' ' || trim_scale(qty) from trades`),
      bookings: await query(`select id, '' from journal_transactions where kind <> 'trade'`),
      balances: await query(
        `select account_id || ' ' || asset, trim_scale(posted)::text from balances where account_kind = 'customer'`,
      ),
    };
  });
  return [
    ...compare(
      'order',
      [...orders].map(([key, { id, status }]) => [key, `${id} ${status}`]),
      read.orders,
    ),
    ...compare(
      'trade',
      [...trades].map(([key, { price, quantity }]) => [key, `${decimal.of(price)} ${decimal.of(quantity)}`]),
      read.trades,
    ),
    ...compare(
      'booking',
      [...bookings.keys()].map((key) => [key, '']),
      read.bookings,
    ),
    ...compare('balance', [...balancesOf({ orders, trades, bookings, ...rest })], read.balances),
  ];
}

type Line = readonly [key: string, value: string];

function compare(what: string, acknowledged: readonly Line[], found: readonly Line[]): string[] {
  const expected = new Map(acknowledged);
  const faults: string[] = [];
  for (const [key, rows] of Map.groupBy(found, ([each]) => each)) {
    const value = expected.get(key);
    if (value === undefined) faults.push(`${what} ${key}: there, and nobody was told`);
    else if (rows.length > 1) faults.push(`${what} ${key}: there ${rows.length} times`);
    else if (rows[0]![1] !== value) faults.push(`${what} ${key}: acknowledged ${value}, there ${rows[0]![1]}`);
    expected.delete(key);
  }
  return [...faults, ...Array.from(expected.keys(), (key) => `${what} ${key}: acknowledged, lost`)];
}
