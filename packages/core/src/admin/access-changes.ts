import type { InstanceIdentity } from '../pipe/identity.ts';
import { ConflictError } from '../pipe/errors.ts';
import type { Change } from './change.ts';
import { type PostgresSession, identifier } from './postgres-session.ts';

/** Who may connect. What only the owner of the database can change comes back as advice where the administrator is not the owner. */
export async function databaseChanges(
  pg: PostgresSession,
  identity: InstanceIdentity,
): Promise<{ changes: Change[]; advice: string[] }> {
  const [found] = await pg.query<{ name: string; owned: boolean; open: boolean; grantees: string[]; public: boolean }>(
    `select datname::text as name, pg_has_role(datdba, 'USAGE') as owned,
       exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0) as open,
       array(select pg_get_userbyid(grantee)::text from aclexplode(datacl)
             where privilege_type = 'CONNECT' and grantee <> 0) as grantees,
       exists (select from pg_namespace, aclexplode(nspacl) where nspname = 'public' and grantee = 0) as public
     from pg_database where datname = current_database()`,
  );
  const { name, owned, open, grantees, public: publicOpen } = found!;
  const change = (sql: string): Change => ({ sql, right: 'own-database' });
  const { adapter, reader } = identity.roles;
  const grants = [adapter, reader]
    .filter((role) => !grantees.includes(role))
    .map((role) => change(`GRANT CONNECT ON DATABASE ${identifier(name)} TO ${identifier(role)}`));
  const revokes: Change[] = [];
  if (open) revokes.push(change(`REVOKE ALL ON DATABASE ${identifier(name)} FROM PUBLIC`));
  if (publicOpen) revokes.push(change('REVOKE ALL ON SCHEMA public FROM PUBLIC'));
  if (owned) return { changes: [...grants, ...revokes], advice: [] };
  const script = [...grants, ...revokes].map(({ sql }) => `${sql};`).join(' ');
  const advice = open
    ? [`every role of the server may connect to the database ${name}; its owner closes it with: ${script}`]
    : publicOpen
      ? [`every role may use the schema public; the owner of the database ${name} closes it with: ${script}`]
      : [];
  // As long as everybody may connect, the two roles may too.
  return { changes: open ? [] : grants, advice };
}

/** The schema, who may use it, and that nobody gets rights on what its owner will create. */
export async function schemaChanges(pg: PostgresSession, identity: InstanceIdentity): Promise<Change[]> {
  const { owner, adapter, reader } = identity.roles;
  const schema = identifier(identity.schema);
  const [found] = await pg.query<{ owner: string; grants: string[] }>(
    `select pg_get_userbyid(nspowner)::text as owner,
       array(select pg_get_userbyid(grantee)::text || ' ' || privilege_type from aclexplode(nspacl)) as grants
     from pg_namespace where nspname = $1`,
    [identity.schema],
  );
  if (found && found.owner !== owner) {
    throw new ConflictError(
      'schema-taken',
      `the schema ${identity.schema} exists and belongs to ${found.owner}, not to ${owner}: it was made by something else`,
    );
  }
  const changes: Change[] = [];
  if (!found)
    changes.push({ sql: `CREATE SCHEMA ${schema} AUTHORIZATION ${identifier(owner)}`, right: 'create-schema' });
  const asOwner = (sql: string) =>
    changes.push({ sql: `SET ROLE ${identifier(owner)}; ${sql}; RESET ROLE`, right: 'act-as-owner' });
  for (const role of [adapter, reader]) {
    if (!found?.grants.includes(`${role} USAGE`)) asOwner(`GRANT USAGE ON SCHEMA ${schema} TO ${identifier(role)}`);
    if (found?.grants.includes(`${role} CREATE`)) asOwner(`REVOKE CREATE ON SCHEMA ${schema} FROM ${identifier(role)}`);
  }
  // A default for one schema could only add to the one for all, in which everybody may execute functions.
  const [defaults] = await pg.query<{ closed: boolean }>(
    `select exists (
       select from pg_default_acl as d join pg_roles as r on r.oid = d.defaclrole
       where r.rolname = $1 and d.defaclobjtype = 'f' and d.defaclnamespace = 0
         and not exists (select from aclexplode(d.defaclacl) where grantee = 0)) as closed`,
    [owner],
  );
  if (!defaults!.closed) asOwner('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
  return changes;
}
