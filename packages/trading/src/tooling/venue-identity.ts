import { decimal } from '@tse/core';
import { type Facts, type Verified, nothingToCompare, verified } from '@tse/core/admin';

interface Filled extends Record<string, unknown> {
  order_id: string;
  qty: string;
  quote: string;
  fills: number;
}

const filled = (text: string) =>
  `select order_id, sum(qty) as qty, sum(quote_qty) as quote, count(*) as fills from (${text}) as f group by order_id`;

const name = 'positions of the venue';

/**
 * Identity "positions" between the adapter and the exchange that it trades on: what our orders were filled there, up to what we have read
 * of it, is what we have. Our own facts and checkpoint first, then theirs up to it.
 */
export async function verifyVenue(facts: Facts, exchangeFacts: () => Promise<Facts | undefined>): Promise<Verified> {
  const [checkpoint] = await facts.query<{ seq: number | null }>(
    "select min(publish_seq) as seq from facts_checkpoints where source ~ '^exchange'",
  );
  if (checkpoint?.seq === null || checkpoint === undefined)
    return nothingToCompare(name, 'nobody here has read an exchange');
  const { seq } = checkpoint;
  const ours = await facts.query<Filled>(
    filled('select order_id, qty, quote_qty from facts_fills where source_seq <= $1'),
    [seq],
  );
  const orders = await facts.query<{ id: string }>('select id from facts_orders');
  const exchange = await exchangeFacts();
  if (exchange === undefined) return nothingToCompare(name, 'the exchange is not on this server');
  const theirs = await exchange.query<Filled>(
    filled(`
      select maker_order_id as order_id, qty, quote_qty from facts_trades where publish_seq <= $1 and maker_order_id = any ($2)
      union all
      select taker_order_id, qty, quote_qty from facts_trades where publish_seq <= $1 and taker_order_id = any ($2)`),
    [seq, orders.map(({ id }) => id)],
  );
  const here = new Map(ours.map((row) => [row.order_id, row]));
  const there = new Map(theirs.map((row) => [row.order_id, row]));
  const differences: string[] = [];
  for (const id of new Set([...here.keys(), ...there.keys()])) {
    const [mine, venue] = [here.get(id), there.get(id)];
    const isSame =
      mine?.fills === venue?.fills &&
      decimal.compare(mine?.qty ?? '0', venue?.qty ?? '0') === 0 &&
      decimal.compare(mine?.quote ?? '0', venue?.quote ?? '0') === 0;
    if (!isSame)
      differences.push(`order ${id}: ${mine?.qty ?? '0'} here, ${venue?.qty ?? '0'} at the venue by event ${seq}`);
  }
  return verified(name, `orders with the trades of the exchange up to event ${seq}`, {
    compared: orders.length,
    differences: differences.slice(0, 10),
  });
}
