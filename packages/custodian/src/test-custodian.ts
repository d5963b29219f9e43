import { type AdapterContext, decimal, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import { type CustodyAccount, createCustodianAdapter, definition } from './index.ts';

export interface TestCustodian extends AsyncDisposable {
  readonly box: Sandbox<{ custodian: typeof createCustodianAdapter }>;
  readonly custodian: ReturnType<typeof createCustodianAdapter>;
  /** Opens a client's account below the omnibus account and books what it starts with against the outside. */
  client(accountId: string, funds?: Record<string, string>): Promise<CustodyAccount>;
  /** Settled and reserved of an account, by asset. */
  holdings(accountId: string): Promise<Record<string, readonly [settled: string, reserved: string]>>;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  facts(): Promise<Facts>;
  /** All that is true, as text: what two moments are compared by. */
  everything(): Promise<string>;
}

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

/** A custodian with a master, an omnibus account and the house's account for fees; a `bare` one has nothing. */
export async function testCustodian({
  bare = false,
  ...options
}: SandboxOptions & { bare?: boolean } = {}): Promise<TestCustodian> {
  const box = await sandbox({ custodian: createCustodianAdapter }, options);
  const { custodian } = box;
  if (!bare) {
    await custodian.accounts.open({ accountId: 'master', kind: 'master', ownerId: 'custodian' });
    await custodian.accounts.open({ accountId: 'omnibus', kind: 'omnibus', parentId: 'master', ownerId: 'custodian' });
    await custodian.accounts.open({
      accountId: 'house/fees',
      kind: 'house',
      parentId: 'master',
      client: { venue: 'exchange', accountId: 'fees' },
      ownerId: 'custodian',
    });
  }

  const beside = openAdapter({ ...definition, options: { ...box.options('custodian'), workers: false } });
  const besides = beside.mount();
  const facts = () => openFacts(definition, { instance: custodian.identity.instance, admin: box.admin });
  return {
    box,
    custodian,
    async client(accountId, funds = {}) {
      const account = await custodian.accounts.open({
        accountId,
        kind: 'segregated',
        parentId: 'omnibus',
        client: { venue: 'exchange', accountId },
        ownerId: accountId,
      });
      const movements = Object.entries(funds).flatMap(([asset, amount]) => [
        { accountId: 'external', asset, amount: decimal.negate(amount) },
        { accountId, asset, amount },
      ]);
      if (movements.length > 0)
        await custodian.holdings.adjust({ reference: `opening/${accountId}`, movements, reason: 'opening' });
      return account;
    },
    async holdings(accountId) {
      const holdings = await custodian.holdings.list(accountId, { fresh: true });
      return Object.fromEntries(holdings.map(({ asset, settled, reserved }) => [asset, [settled, reserved]]));
    },
    stores: beside.context,
    facts,
    async everything() {
      await using reader = await facts();
      const views = await reader.query<{ name: string }>(
        "select viewname as name from pg_views where schemaname = current_schema() and viewname ~ '^facts_' and viewname !~ 'publications|checkpoints' order by 1",
      );
      const text: string[] = [];
      for (const { name } of views) {
        // What the relay does meanwhile is no change.
        const rows = await reader.query<{ row: string }>(
          `select (to_jsonb(t) - 'publish_seq')::text as row from ${name} as t order by 1`,
        );
        text.push(`${name}:`, ...rows.map(({ row }) => row));
      }
      return text.join('\n');
    },
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
}
