import type { InstanceIdentity } from '../pipe/identity.ts';
import { type PostgresSession, identifier } from './postgres-session.ts';

interface Granted extends Record<string, unknown> {
  /** As a GRANT names it: `TABLE orders`, `ROUTINE place_orders(p_ids text[])`. */
  object: string;
  kind: string;
  name: string;
  comment: string | null;
  /** What adapter, reader and everybody have: `exchange_adapter SELECT`. */
  grants: string[];
}

/**
 * The statements that bring the rights on a schema's objects to what they have to be; none when they are. The caller acts as the owner,
 * with the schema first in its search path. Rights that an operator gave to other roles stay.
 */
export async function grantChanges(pg: PostgresSession, identity: InstanceIdentity): Promise<string[]> {
  const { adapter, reader } = identity.roles;
  const objects = await pg.query<Granted>(catalog, [identity.schema, adapter, reader]);
  const changes: string[] = [];
  for (const object of objects) {
    const wanted = { [adapter]: forAdapter(object), [reader]: forReader(object), PUBLIC: [] as string[] };
    for (const [role, privileges] of Object.entries(wanted)) {
      const present = object.grants
        .filter((grant) => grant.startsWith(`${role} `))
        .map((grant) => grant.slice(role.length + 1));
      const missing = privileges.filter((privilege) => !present.includes(privilege));
      const extra = present.filter((privilege) => !privileges.includes(privilege));
      const grantee = role === 'PUBLIC' ? role : identifier(role);
      if (missing.length > 0) changes.push(`GRANT ${missing.join(', ')} ON ${object.object} TO ${grantee}`);
      if (extra.length > 0) changes.push(`REVOKE ${extra.join(', ')} ON ${object.object} FROM ${grantee}`);
    }
  }
  return changes;
}

/** By the first word of a table's comment: `append-only` rows stay as they are, `immutable` tables are a migration's alone. */
function forAdapter({ kind, comment }: Granted): string[] {
  switch (kind) {
    case 'table': {
      if (/^immutable\b/.test(comment ?? '')) return ['SELECT'];
      if (/^append-only\b/.test(comment ?? '')) return ['SELECT', 'INSERT'];
      return ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    }
    case 'view':
      return ['SELECT'];
    case 'sequence':
      return ['USAGE'];
    case 'routine':
      return ['EXECUTE'];
    default: // partitions are reached through their table, sequences of identity columns and trigger functions by nobody
      return [];
  }
}

const forReader = ({ kind, name }: Granted): string[] =>
  kind === 'view' && name.startsWith('facts_') ? ['SELECT'] : [];

const catalog = `
  with objects as (
    select case c.relkind when 'S' then 'SEQUENCE ' else 'TABLE ' end || quote_ident(c.relname) as object, c.relname::text as name,
      case
        when c.relispartition then 'partition'
        when c.relkind in ('v', 'm') then 'view'
        when c.relkind <> 'S' then 'table'
        when exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'i') then 'identity'
        else 'sequence'
      end as kind,
      obj_description(c.oid, 'pg_class') as comment, c.relowner as owner,
      coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
    from pg_class as c
    where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 'ROUTINE ' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proname::text,
      case when p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) then 'trigger' else 'routine' end,
      null, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_proc as p
    where p.pronamespace = $1::regnamespace)
  select object, kind, name, comment, array(
    select case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end || ' ' || a.privilege_type
    from aclexplode(acl) as a
    where a.grantee = 0 or pg_get_userbyid(a.grantee) in ($2, $3)) as grants
  from objects order by object`;
