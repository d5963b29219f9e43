import { type AdapterContext, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import { type ApplyFill, createRiskAdapter, definition } from './index.ts';

export const SYMBOL = 'BTC-USD';
export const START = '2026-01-01T00:00:00.000000Z';

export interface TestRisk extends AsyncDisposable {
  readonly box: Sandbox<{ risk: typeof createRiskAdapter }>;
  readonly risk: ReturnType<typeof createRiskAdapter>;
  /** A purchase of one bitcoin at 100 where nothing else is said, with the next number. */
  fillOf(over?: Partial<ApplyFill>): ApplyFill;
  /** A price of now. */
  mark(symbol: string, price: string): Promise<void>;
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

export async function testRisk(options: SandboxOptions = {}): Promise<TestRisk> {
  const box = await sandbox({ risk: createRiskAdapter }, options);
  const { risk } = box;
  const beside = openAdapter({ ...definition, options: { ...box.options('risk'), workers: false } });
  const besides = beside.mount();
  let sequence = 0;
  const facts = () => openFacts(definition, { instance: risk.identity.instance, admin: box.admin });
  return {
    box,
    risk,
    fillOf: (over) => {
      sequence += 1;
      return {
        fillId: `f${sequence}`,
        account: 'alice',
        venue: 'exchange',
        sequence,
        symbol: SYMBOL,
        side: 'buy',
        quantity: '1',
        price: '100',
        at: box.clock.now(),
        ...over,
      };
    },
    mark: async (symbol, price) => {
      sequence += 1;
      await risk.marks.record({ symbol, price, sequence, at: box.clock.now() });
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
