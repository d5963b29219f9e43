import type { InstanceIdentity } from '../pipe/identity.ts';
import { identifier, literal } from './postgres-session.ts';

/** What an administrator has to be allowed to do, for a change to be possible. */
export type Right = 'create-role' | 'role-admin' | 'create-schema' | 'own-database' | 'act-as-owner';

/** One statement that is missing for a database to be as an instance needs it. */
export interface Change {
  readonly sql: string;
  readonly right: Right;
}

export const lacking: Record<Right, string> = {
  'create-role': 'CREATEROLE',
  'role-admin': 'CREATEROLE, and ADMIN OPTION on this role (whoever creates a role has it)',
  'create-schema': 'CREATE on the database',
  'own-database': 'ownership of the database',
  'act-as-owner': "membership in the schema's owner role",
};

/** Settings of the adapter's role, as PostgreSQL keeps them. */
export const settingsOf = ({ schema }: InstanceIdentity): Record<string, string> => ({
  search_path: `${schema}, extensions, pg_temp`,
  TimeZone: 'UTC',
  statement_timeout: '5s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '10s',
  client_connection_check_interval: '2s',
});

/** A value for `SET … TO`: a list of identifiers, or one literal. */
export const asSetting = (value: string): string =>
  value.includes(', ') ? value.split(', ').map(identifier).join(', ') : literal(value);
