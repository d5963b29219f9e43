import type { InstanceIdentity } from '../pipe/identity.ts';
import { ConflictError, InvalidInputError } from '../pipe/errors.ts';
import { aclRule } from './acl-rule.ts';
import { type AdapterDefinition, type InstanceTarget, allFamilies, identityOf } from './adapter-definition.ts';
import { type Change, lacking } from './change.ts';
import { type PostgresSession, adminError, identifier, literal, openPostgres, sqlState } from './postgres-session.ts';
import { withProvisioningLock } from './provisioning-lock.ts';
import { creates, missing, planProvisioning } from './provisioning-plan.ts';
import { onEveryRedisNode } from './redis-nodes.ts';
import { openRedis } from './redis-session.ts';
import { findRedisUser, redisGrammar, saveRedisUsers, setRedisUser } from './redis-user.ts';
import { checkPassword, redisPasswordHash, scramVerifier } from './scram-verifier.ts';
import { refuseUnfitServer } from './unfit-server.ts';

/** What to provision, with which passwords. */
export interface ProvisionOptions extends InstanceTarget {
  /** Of the adapter's role and ACL user: needed for what does not exist yet, otherwise left as they are. */
  readonly passwords?: { readonly postgres?: string | undefined; readonly redis?: string | undefined };
  /** `false`: change nothing, say what is missing. Default `true`. */
  readonly roles?: boolean;
}

/** What provisioning did, or what an operator has to do. */
export interface Provisioned {
  readonly schema: string;
  /** The statements that were run or, with `roles: false`, that an operator has to run. Without any password. */
  readonly sql: readonly string[];
  /** The lines for `redis-cli` that were run or have to be. `>PASSWORD` stands for the password. */
  readonly acl: readonly string[];
  /** What stays open and who can close it. */
  readonly advice: readonly string[];
}

/**
 * Brings roles, database rights, schema and Redis user of an instance to what they have to be; run again it changes nothing. Needs no
 * superuser, and says which right it lacks.
 */
export async function provision(definition: AdapterDefinition, options: ProvisionOptions): Promise<Provisioned> {
  const { admin, passwords = {}, roles = true } = options;
  const identity = identityOf(definition, options.instance);
  const families = allFamilies(definition);
  for (const store of ['postgres', 'redis'] as const) {
    const password = passwords[store];
    if (password !== undefined) checkPassword(password, `passwords.${store}`);
  }
  const login = { url: admin.redisUrl, ca: admin.redisCa };
  try {
    await using pg = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
    await refuseUnfitServer(pg);
    using redis = await openRedis(login);
    const line = `ACL SETUSER ${identity.aclUser} ${aclRule(identity, families, await redisGrammar(redis)).join(' ')}`;
    if (!roles) return await planProvisioning(pg, redis, identity, families, line);

    const user = await findRedisUser(redis, identity.aclUser);
    if (!user && passwords.redis === undefined) throw passwordMissing('redis', identity.aclUser);
    const { changes, advice } = await changePostgres(pg, identity, passwords.postgres);
    const hash = passwords.redis === undefined ? undefined : redisPasswordHash(passwords.redis);
    const saved = await onEveryRedisNode(login, async (node) => {
      await setRedisUser(node, identity, families, hash);
      return saveRedisUsers(node);
    });
    const unsaved = 'Redis has no aclfile: its users end with it, and `tse migrate` has to run again';
    return {
      schema: identity.schema,
      sql: changes.map(({ sql }) => sql),
      acl: [`${line}${hash ? ' resetpass >PASSWORD' : ''}`],
      advice: saved ? advice : [...advice, unsaved],
    };
  } catch (error) {
    throw adminError(error);
  }
}

function changePostgres(
  pg: PostgresSession,
  identity: InstanceIdentity,
  password: string | undefined,
): Promise<{ changes: Change[]; advice: string[] }> {
  const { adapter } = identity.roles;
  return withProvisioningLock(pg, async () => {
    const found = await missing(pg, identity);
    if (password === undefined && creates(found.changes, adapter)) throw passwordMissing('postgres', adapter);
    for (const change of found.changes) await apply(pg, change);
    if (password !== undefined) await setRolePassword(pg, adapter, password);
    return found;
  });
}

/** Sends a verifier made here: the password itself is in no statement and in no log of the server. */
export const setRolePassword = (pg: PostgresSession, role: string, password: string): Promise<void> =>
  apply(pg, {
    sql: `ALTER ROLE ${identifier(role)} PASSWORD ${literal(scramVerifier(password))}`,
    right: 'role-admin',
  });

async function apply(pg: PostgresSession, { sql, right }: Change): Promise<void> {
  try {
    await pg.query(sql);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    throw new ConflictError(
      'permission-denied',
      `the administrator's role lacks ${lacking[right]}, for: ${sql.replace(/PASSWORD '.*'/, "PASSWORD '…'")}; ` +
        'give it that right, or let an operator run what `tse migrate --no-roles` prints',
    );
  }
}

const passwordMissing = (store: 'postgres' | 'redis', role: string) =>
  new InvalidInputError(
    [{ path: `passwords.${store}`, message: `${role} does not exist yet and needs a password` }],
    'password-missing',
  );
