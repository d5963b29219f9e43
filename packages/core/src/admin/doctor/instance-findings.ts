import type { InstanceIdentity } from '../../pipe/identity.ts';
import {
  type AdapterDefinition,
  type AdminAccess,
  type InstanceTarget,
  allFamilies,
  identityOf,
} from '../adapter-definition.ts';
import { coreFamilies, keysOf } from '../../redis/keys.ts';
import { grantChanges } from '../grants.ts';
import { type PostgresSession, identifier, openPostgres } from '../postgres-session.ts';
import type { ProvisionOptions } from '../provision.ts';
import { missing } from '../provisioning-plan.ts';
import { openRedis } from '../redis-session.ts';
import { redisUserFaults } from '../redis-user.ts';
import { status } from '../status.ts';
import { type Finding, type Found, fail, finding, ok, warn } from './finding.ts';

export type InstanceCheck = InstanceTarget & Pick<ProvisionOptions, 'passwords'>;

/** What is true of one instance of an adapter. */
export async function* instanceFindings(definition: AdapterDefinition, target: InstanceCheck): AsyncGenerator<Finding> {
  const { admin, passwords = {} } = target;
  const identity = identityOf(definition, target.instance);
  const cure = `run \`tse migrate ${identity.name}${identity.instance ? ` --instance ${identity.instance}` : ''}\``;
  const named = (check: string, look: () => Promise<Found>) => finding(`${identity.schema} ${check}`, look);

  yield await named('schema', () => schema(definition, target, cure));
  const postgres = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa }).catch(() => undefined);
  if (postgres) {
    await using pg = postgres;
    yield await named('roles', () => roles(pg, identity, cure));
    if (
      (await pg.query('select from pg_tables where schemaname = $1 and tablename = $2', [identity.schema, 'outbox']))
        .length > 0
    ) {
      yield* tableFindings(pg, identity, named, cure, admin);
    }
  }
  const variable = (store: string) => `${identity.envPrefix}${store}_PASSWORD`;
  yield await named('postgres login', async () => {
    if (passwords.postgres === undefined) return warn('not tried', `set ${variable('POSTGRES')}`);
    await using _ = await openPostgres({
      url: admin.postgresUrl,
      ca: admin.postgresCa,
      user: identity.roles.adapter,
      password: passwords.postgres,
    });
    return ok(identity.roles.adapter);
  });
  yield await named('redis rights', async () => {
    using redis = await openRedis({ url: admin.redisUrl, ca: admin.redisCa });
    const faults = await redisUserFaults(redis, identity, allFamilies(definition));
    return faults.length > 0 ? fail(faults.join('; '), cure) : ok('its own key families, and what others publish');
  });
  yield await named('redis login', async () => {
    if (passwords.redis === undefined) return warn('not tried', `set ${variable('REDIS')}`);
    using _ = await openRedis({
      url: admin.redisUrl,
      ca: admin.redisCa,
      user: identity.aclUser,
      password: passwords.redis,
    });
    return ok(identity.aclUser);
  });
}

async function schema(definition: AdapterDefinition, target: InstanceTarget, cure: string): Promise<Found> {
  const { state, at, pending, drifted, newer } = await status(definition, target);
  if (state === 'drifted') {
    const list = drifted.map(({ name, reason }) => `${name} ${reason}`).join(', ');
    return fail(`drifted: ${list}`, 'put the released files back, or install the release that made this schema');
  }
  if (state === 'pending') return fail(`${pending.length} pending, from ${pending[0]}`, cure);
  return newer.length > 0
    ? warn(`at ${newer.at(-1)}, newer than this release`, 'update the packages')
    : ok(`at ${at.at(-1)}`);
}

async function roles(pg: PostgresSession, identity: InstanceIdentity, cure: string): Promise<Found> {
  const { changes, advice } = await missing(pg, identity);
  if (changes.length > 0) return fail(`${changes.length} differ, first: ${changes[0]!.sql}`, cure);
  return advice.length > 0 ? warn('the database is open to all roles', advice[0]!) : ok('as they have to be');
}

type Named = (check: string, look: () => Promise<Found>) => Promise<Finding>;

async function* tableFindings(
  pg: PostgresSession,
  identity: InstanceIdentity,
  named: Named,
  cure: string,
  admin: AdminAccess,
): AsyncGenerator<Finding> {
  const asOwner = (check: string, look: (pg: PostgresSession) => Promise<Found>) =>
    named(check, () =>
      pg.transaction(async () => {
        const path = `set local search_path = ${identifier(identity.schema)}, pg_temp`;
        await pg.query(`set transaction read only; set local role ${identifier(identity.roles.owner)}; ${path}`);
        return look(pg);
      }),
    );
  yield await asOwner('rights', async () => {
    const changes = await grantChanges(pg, identity);
    return changes.length > 0 ? fail(`${changes.length} differ, first: ${changes[0]}`, cure) : ok('as they have to be');
  });
  yield await asOwner('outbox', outbox);
  yield await asOwner('dead letters', deadLetters);
  yield await asOwner('partitions', partitions);
  yield await asOwner('epoch', (session) => epoch(session, admin, identity));
}

const WAITS_LONG_S = 60;

async function outbox(pg: PostgresSession): Promise<Found> {
  const [row] = await pg.query<{ waiting: number; seconds: number }>(
    `select count(*) as waiting, coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float8 as seconds
     from outbox where publish_seq is null`,
  );
  const { waiting, seconds } = row!;
  const detail = `${waiting} events wait${waiting > 0 ? `, the oldest for ${Math.round(seconds)} s` : ''}`;
  return seconds > WAITS_LONG_S ? warn(detail, 'start a process of this adapter with its workers on') : ok(detail);
}

async function deadLetters(pg: PostgresSession): Promise<Found> {
  const [row] = await pg.query<{ open: number }>('select count(*) as open from dead_letters where resolved_at is null');
  return row!.open > 0
    ? warn(`${row!.open} events could not be handled`, 'see what failed, and retry them')
    : ok('none');
}

const AHEAD_DAYS = 7;

async function partitions(pg: PostgresSession): Promise<Found> {
  const rows = await pg.query<{ name: string; days: number | null }>(
    `select c.relname::text as name, extract(epoch from max(p.upper_bound) - clock_timestamp())::float8 / 86400 as days
     from pg_class as c left join partitions as p on p.table_name = c.relname
     where c.relkind = 'p' and c.relnamespace = (select relnamespace from pg_class where oid = 'outbox'::regclass)
     group by c.relname order by c.relname`,
  );
  const short = rows.filter(({ days }) => (days ?? -1) < AHEAD_DAYS);
  if (short.length === 0)
    return ok(rows.length > 0 ? `made ahead for ${rows.map(({ name }) => name).join(', ')}` : 'no partitioned table');
  const detail = short
    .map(({ name, days }) => `${name} ${days === null ? 'has none' : `ends in ${Math.floor(days)} days`}`)
    .join(', ');
  const past = short.some(({ days }) => days !== null && days < 0);
  return (past ? fail : warn)(detail, 'start a process of this adapter with its workers on: it makes them ahead');
}

async function epoch(pg: PostgresSession, admin: AdminAccess, { prefix }: InstanceIdentity): Promise<Found> {
  const [row] = await pg.query<{ epoch: string }>('select epoch from epoch');
  using redis = await openRedis({ url: admin.redisUrl, ca: admin.redisCa });
  const copy = await redis.call('GET', keysOf(prefix, coreFamilies).epoch('all'));
  if (copy === null) return ok('Redis holds nothing of it yet');
  if (copy === row?.epoch) return ok('Redis is of the same epoch');
  return warn(
    'Redis is of another epoch than PostgreSQL',
    'start a process of this adapter with its workers on: it rebuilds what Redis holds',
  );
}
