import { type AuditAdapter, createAuditAdapter } from '@tse/audit';
import { migrate, provision } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { randomPassword } from '@tse/testkit/servers';
import pg from 'pg';
import { type Contender, type Rounds, type Row, callers, compare, interleave } from './measure.ts';
import { openStageOf } from './stage.ts';

/** The larger trail has so many times the events of the smaller one. */
const GROWTH = 5;
const AT_ONCE = 250_000;
const CHAIN = 8;
const INSTANCE = 'large';

/** Looking a causal chain of eight up in a trail of so many millions of events, and in one of a fifth of them. */
export async function auditChains(millions: number, rounds: Rounds): Promise<Row[]> {
  const largeSize = Math.round(millions * 1_000_000);
  const smallSize = Math.round(largeSize / GROWTH);
  const [largeName, smallName] = [sizeName(largeSize), sizeName(smallSize)];
  await using stage = await openStageOf(createAuditAdapter, rounds.progress);
  await stage.adapter.close();
  const { definition } = createAuditAdapter;
  await using opened = new AsyncDisposableStack();
  const client = new pg.Client(stage.adminUrl);
  await client.connect();
  opened.defer(() => client.end());
  const small = opened.use(createAuditAdapter({ ...stage.options, workers: false }));
  await fill(client, 'audit', smallSize, rounds.progress);
  const adapterOf = async (): Promise<AuditAdapter> => {
    const passwords = { postgres: randomPassword(), redis: randomPassword() };
    const target = { instance: INSTANCE, admin: stage.admin };
    await provision({ ...definition, migrations: migrationsDirectory }, { ...target, passwords });
    await migrate({ ...definition, migrations: migrationsDirectory }, target);
    await fill(client, `audit_${INSTANCE}`, largeSize, rounds.progress);
    return opened.use(
      createAuditAdapter({
        instance: INSTANCE,
        postgres: { url: stage.options.postgres!.url!, password: passwords.postgres },
        redis: { url: stage.options.redis!.url!, password: passwords.redis },
        workers: false,
      }),
    );
  };
  const large = await adapterOf();
  const lookup = (name: string, audit: AuditAdapter, size: number): Contender => ({
    name,
    run: (seconds) =>
      callers(1, seconds, async () => {
        const chain = Math.floor((Math.random() * size) / CHAIN);
        const found = await audit.chains.get({ eventId: `e-${chain * CHAIN + 4}` });
        const length = 1 + found.causes.length + found.effects.length;
        if (length !== CHAIN) throw new Error(`a chain of ${length}`);
      }),
  });
  const samples = await interleave([lookup(largeName, large, largeSize), lookup(smallName, small, smallSize)], rounds);
  const [a, b] = [samples.get(largeName)!, samples.get(smallName)!];
  const time = a.map(({ done, seconds }, i) => seconds / done / (b[i]!.seconds / b[i]!.done)).toSorted((x, y) => x - y);
  const ratio = time[time.length >> 1]!;
  const target = 1.3;
  const bench = `audit chain lookup, ${largeName} events`;
  return [
    {
      bench,
      peer: `the same at ${smallName}`,
      ratio,
      min: time[0]!,
      max: time.at(-1)!,
      target,
      bound: 'at-most',
      met: ratio <= target,
      unit: 'time',
    },
    compare(samples, { bench, ours: largeName, peer: smallName, target, of: 'p99' }),
  ];
}

const sizeName = (events: number): string => `${Number((events / 1_000_000).toFixed(2))} M`;

/** Chains of eight events, each following from the one before, with the links that a worker would have derived. */
async function fill(client: pg.Client, schema: string, size: number, progress: (text: string) => void): Promise<void> {
  await client.query(`set search_path = ${schema}`);
  for (let from = 1; from <= size; from += AT_ONCE) {
    const to = Math.min(size, from + AT_ONCE - 1);
    progress(`${schema}: ${from - 1} of ${size} events`);
    await client.query('select ensure_event_partitions($1, 2000000)', [from + AT_ONCE]);
    await client.query(
      `insert into events (position, recorded_at, source, event_id, type, schema_version, aggregate, aggregate_id, occurred_at, trace_id,
         correlation_id, causation_id, payload, leaf_hash)
       select i, now(), 'bench', 'e-' || (i - 1), 'order.placed', 1, 'order', 'o-' || i, now(), md5((i / ${CHAIN})::text), 'flow-' || (i - 1) / ${CHAIN},
         case when (i - 1) % ${CHAIN} > 0 then 'e-' || (i - 2) end, repeat('{"a":"b"}', 50), decode(repeat('00', 32), 'hex')
       from generate_series($1::bigint, $2) as i`,
      [from, to],
    );
    await client.query(
      `insert into event_links (effect_position, cause_id, kind, cause_position)
       select i, 'e-' || (i - 2), 'caused-by', i - 1 from generate_series($1::bigint, $2) as i where (i - 1) % ${CHAIN} > 0`,
      [from, to],
    );
  }
  await client.query(`update trail_head set position = ${size}`);
  await client.query(`update projections set position = ${size}`);
  await client.query('analyze events; analyze event_links');
}
