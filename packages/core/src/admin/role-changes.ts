import type { InstanceIdentity } from '../pipe/identity.ts';
import { type Change, asSetting, settingsOf } from './change.ts';
import { type PostgresSession, identifier } from './postgres-session.ts';

const CONNECTIONS = 50;

interface RoleRow extends Record<string, unknown> {
  name: string;
  login: boolean;
  inherits: boolean;
  connections: number;
  settings: string[] | null;
  powerful: boolean;
}

/** What the three roles of an instance lack: their shape, their settings, who is a member of whom. */
export async function roleChanges(pg: PostgresSession, identity: InstanceIdentity): Promise<Change[]> {
  const { owner, adapter, reader } = identity.roles;
  const rows = await pg.query<RoleRow>(
    `select rolname::text as name, rolcanlogin as login, rolinherit as inherits, rolconnlimit as connections,
       rolconfig as settings, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as powerful
     from pg_roles where rolname = any($1)`,
    [[owner, adapter, reader]],
  );
  const roles = new Map(rows.map((row) => [row.name, row]));
  const changes = [owner, reader, adapter].flatMap((name) => shape(name, roles.get(name), name === adapter));
  const present = roles.get(adapter)?.settings ?? [];
  for (const [name, value] of Object.entries(settingsOf(identity))) {
    if (!present.includes(`${name}=${value}`))
      changes.push({
        sql: `ALTER ROLE ${identifier(adapter)} SET ${name} TO ${asSetting(value)}`,
        right: 'role-admin',
      });
  }
  return [...changes, ...(await membershipChanges(pg, identity, new Set(roles.keys())))];
}

function shape(name: string, row: RoleRow | undefined, login: boolean): Change[] {
  const attributes = login ? `LOGIN NOINHERIT CONNECTION LIMIT ${CONNECTIONS}` : 'NOLOGIN';
  if (!row) return [{ sql: `CREATE ROLE ${identifier(name)} ${attributes}`, right: 'create-role' }];
  const right = 'role-admin';
  const changes: Change[] = [];
  if (row.login !== login || (login && (row.inherits || row.connections !== CONNECTIONS)))
    changes.push({ sql: `ALTER ROLE ${identifier(name)} ${attributes}`, right });
  if (row.powerful) {
    const none = 'NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS';
    changes.push({ sql: `ALTER ROLE ${identifier(name)} ${none}`, right });
  }
  return changes;
}

/** The administrator may act as the owner and read as the reader; the adapter is nobody but itself. */
async function membershipChanges(
  pg: PostgresSession,
  identity: InstanceIdentity,
  present: ReadonlySet<string>,
): Promise<Change[]> {
  const { owner, adapter, reader } = identity.roles;
  const [me] = await pg.query<{ name: string; superuser: boolean; version: number }>(
    `select rolname::text as name, rolsuper as superuser, current_setting('server_version_num')::int as version
     from pg_roles where rolname = current_user`,
  );
  const { name: admin, superuser, version } = me!;
  // Since 16 a membership says apart whether one inherits and whether one may act as the group.
  const [act, options] = version >= 160_000 ? ['SET', ' WITH INHERIT FALSE, SET TRUE'] : ['MEMBER', ''];
  const changes: Change[] = [];
  for (const group of [owner, reader]) {
    const isMember = async (role: string, how: string) =>
      present.has(group) &&
      (role === admin || present.has(role)) &&
      (await pg.query<{ is: boolean }>('select pg_has_role($1, $2, $3) as is', [role, group, how]))[0]!.is;
    if (!superuser && !(await isMember(admin, act)))
      changes.push({ sql: `GRANT ${identifier(group)} TO ${identifier(admin)}${options}`, right: 'role-admin' });
    if (await isMember(adapter, 'MEMBER'))
      changes.push({ sql: `REVOKE ${identifier(group)} FROM ${identifier(adapter)}`, right: 'role-admin' });
  }
  return changes;
}
