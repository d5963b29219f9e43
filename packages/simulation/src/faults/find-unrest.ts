import { openFacts } from '@tse/core/admin';
import { type ExchangeAdapter, definition } from '@tse/exchange';
import { tooling } from '@tse/exchange/tooling';
import { type Acknowledged, balancesOf } from './acknowledged.ts';
import { type Arena, withoutLogin } from './arena.ts';

/** The exchange's own identities, ledger and books, as `tse verify` asks for them: each that does not hold, or compared nothing. */
export async function findBrokenIdentities({ admin, passwords, logger }: Arena): Promise<string[]> {
  await using facts = await openFacts(definition, { admin });
  const options = {
    postgres: { url: withoutLogin(admin.postgresUrl), password: passwords.postgres },
    redis: { url: withoutLogin(admin.redisUrl), password: passwords.redis },
    workers: false,
    logger,
  };
  const found = await tooling.verify!({
    facts,
    factsOf: () => Promise.resolve(undefined),
    options,
    progress: () => {},
    signal: new AbortController().signal,
  });
  // No test run writes here, so there is no fence to compare.
  return found.flatMap(({ name, ok, compared, differences = [] }) =>
    ok && (compared > 0 || name === 'fence') ? [] : [`${name}: ${differences.join('; ') || 'compared nothing'}`],
  );
}

/** Copies in Redis that are not what was acknowledged. */
export async function findStaleBalances(exchange: ExchangeAdapter, acknowledged: Acknowledged): Promise<string[]> {
  const stale: string[] = [];
  for (const [key, amount] of balancesOf(acknowledged)) {
    const [accountId, asset] = key.split(' ') as [string, string];
    const { total } = await exchange.balances.get({ accountId, asset });
    if (total !== amount) stale.push(`${key}: ${total} in Redis, ${amount} acknowledged`);
  }
  return stale;
}

/** What has not come to rest: sessions in a transaction, connections that are not idle, calls that wait, breakers that are open. */
export async function findUnrest(arena: Arena, exchanges: readonly ExchangeAdapter[]): Promise<string[]> {
  const inTransaction = await arena.asAdmin(async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where usename like 'exchange%' and state like 'idle in transaction%'`,
    );
    return rows.map(({ pid }) => `session ${pid} is idle in a transaction`);
  });
  const health = await Promise.all(exchanges.map((exchange) => exchange.health()));
  return [
    ...inTransaction,
    ...health.flatMap(({ status, reasons }) => (status === 'healthy' ? [] : reasons)),
    ...health.flatMap(({ postgres: { pool } }) =>
      pool.waiting === 0 && pool.total - pool.idle <= 1 ? [] : [`pool: ${JSON.stringify(pool)}`],
    ),
  ];
}
