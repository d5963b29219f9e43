import { inspect } from 'node:util';
import { coreFamilies, decimal, keysOf } from '@tse/core';
import { openFacts } from '@tse/core/admin';
import { definition } from '@tse/exchange';
import { tooling } from '@tse/exchange/tooling';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Arena } from './arena.ts';
import { type Acknowledged, type Bank, balancesOf } from './bank.ts';

type Row = Record<string, string>;

/** Looks in the tables, past every adapter, for what was acknowledged: each thing that is missing, doubled or different is a line. */
export async function findLosses(arena: Arena, acknowledged: Acknowledged): Promise<string[]> {
  const client = new pg.Client(arena.admin.postgresUrl);
  await client.connect();
  const query = async (text: string) => (await client.query<Row>(text)).rows;
  await client.query('set search_path to exchange');
  const orders = await query(
    'select id, client_order_id, status from orders union all select id, client_order_id, status from order_archive',
  );
  const trades = await query('select id, trim_scale(price)::text as price, trim_scale(qty)::text as qty from trades');
  const bookings = await query(`select id from journal_transactions where kind in ('deposit', 'transfer')`);
  const balances = await query(
    `select account_id || ' ' || asset as key, trim_scale(posted)::text as posted from balances where account_kind = 'customer'`,
  );
  await client.end();

  const losses: string[] = [];
  const byClientId = Map.groupBy(orders, ({ client_order_id }) => client_order_id!);
  for (const [clientId, id] of acknowledged.orders) {
    const found = byClientId.get(clientId) ?? [];
    if (found.length !== 1 || found[0]!['id'] !== id) losses.push(`order ${clientId}: there ${found.length} times`);
  }
  const statusOf = new Map(orders.map(({ id, status }) => [id, status]));
  for (const id of acknowledged.canceled)
    if (statusOf.get(id) !== 'canceled') losses.push(`cancel of ${id}: it is ${statusOf.get(id) ?? 'gone'}`);
  const tradeOf = new Map(trades.map((trade) => [trade['id'], trade]));
  for (const [id, { price, quantity }] of acknowledged.trades) {
    const found = tradeOf.get(id);
    if (!found || found['price'] !== decimal.of(price) || found['qty'] !== decimal.of(quantity))
      losses.push(`trade ${id}: ${found ? 'different' : 'missing'}`);
  }
  if (trades.length !== acknowledged.trades.size)
    losses.push(`${trades.length} trades, ${acknowledged.trades.size} acknowledged`);
  const booked = new Set(bookings.map(({ id }) => id));
  for (const id of acknowledged.bookings.keys()) if (!booked.has(id)) losses.push(`booking ${id}: missing`);
  if (booked.size !== acknowledged.bookings.size)
    losses.push(`${booked.size} bookings, ${acknowledged.bookings.size} acknowledged`);
  const expected = balancesOf(acknowledged);
  for (const { key, posted } of balances) {
    const wanted = expected.get(key!) ?? '0';
    if (posted !== wanted) losses.push(`${key}: ${posted}, by what was acknowledged ${wanted}`);
  }
  return losses;
}

/** The identities of the exchange, and how much they compared. */
export async function verifyIdentities(arena: Arena): Promise<string[]> {
  await using facts = await openFacts(definition, { admin: arena.admin });
  const exchange = new URL(arena.admin.postgresUrl);
  const redis = new URL(arena.admin.redisUrl);
  const [postgresPassword, redisPassword] = arena.secrets as [string, string];
  const options = {
    postgres: { url: `postgres://${exchange.host}${exchange.pathname}`, password: postgresPassword },
    redis: { url: `redis://${redis.host}`, password: redisPassword },
    workers: false,
  };
  const found = await tooling.verify!({ facts, options, progress: () => {}, signal: new AbortController().signal });
  return found.flatMap(({ name, ok, compared, differences = [] }) =>
    ok && compared > 0 ? [] : [`${name}: ${differences.join('; ') || 'compared nothing'}`],
  );
}

/** Every event that the tables numbered must be in the stream from where it begins, once, in its place; none may be left unnumbered. */
export async function findEventFaults(arena: Arena): Promise<string[]> {
  const client = new pg.Client(arena.admin.postgresUrl);
  await client.connect();
  const { rows } = await client.query<{ event_id: string; seq: string; aggregate: string; version: string }>(
    `select event_id, publish_seq::text as seq, aggregate || ' ' || aggregate_id as aggregate, aggregate_version::text as version
     from exchange.outbox order by publish_seq`,
  );
  await client.end();
  const redis = new Redis(arena.admin.redisUrl);
  const stream = await redis.xrange(keysOf(definition.identity.prefix, coreFamilies).events('all'), '-', '+');
  redis.disconnect();

  const found: string[] = [];
  const versions = new Map<string, bigint>();
  for (const [i, { seq, aggregate, version }] of rows.entries()) {
    if (seq !== String(i + 1)) return [`event ${i + 1} of the outbox has the number ${seq}`];
    if (BigInt(version) <= (versions.get(aggregate) ?? 0n))
      found.push(`${aggregate}: version ${version} after ${versions.get(aggregate)}`);
    versions.set(aggregate, BigInt(version));
  }
  const inStream = stream.map(([id]) => Number.parseInt(id, 10));
  for (const [i, number] of inStream.entries())
    if (i > 0 && number !== inStream[i - 1]! + 1) found.push(`the stream goes from ${inStream[i - 1]} to ${number}`);
  if (inStream.at(-1) !== rows.length)
    found.push(`the stream ends at ${inStream.at(-1)}, the outbox at ${rows.length}`);
  if (inStream[0] !== 1) found.push(`the stream begins at ${inStream[0]}`);
  return found;
}

/** Where a password came out, if anywhere. */
export async function findSecrets(arena: Arena, bank: Bank): Promise<string[]> {
  const outputs: Record<string, string> = {
    logs: arena.logs.join(''),
    errors: bank.errors.map((error) => `${inspect(error, { depth: 6 })} ${JSON.stringify(error)}`).join('\n'),
    metrics: await arena.exchange.metrics.metrics(),
    health: JSON.stringify(await arena.exchange.health()),
  };
  return Object.entries(outputs).flatMap(([place, text]) =>
    arena.secrets.some((secret) => text.includes(secret)) ? [place] : [],
  );
}

/** Sessions of the adapter that sit in a transaction. */
export async function idleTransactions(arena: Arena): Promise<number> {
  const client = new pg.Client(arena.admin.postgresUrl);
  await client.connect();
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from pg_stat_activity where usename = 'exchange_adapter' and state like 'idle in transaction%'`,
  );
  await client.end();
  return Number(rows[0]!.count);
}
