import pg from 'pg';
import { ConflictError, InvalidInputError } from '../pipe/errors.ts';
import { types } from '../postgres/codecs.ts';
import { isConnectionLost, mapPostgresError } from '../postgres/errors.ts';

type Row = Record<string, unknown>;

/** One connection of an administrator, for one thing after the other. */
export interface PostgresSession extends AsyncDisposable {
  /** What the server sent as its process at the login; a pooler sends another than the server has. */
  readonly processId: number;
  query<R extends Row = Row>(text: string, values?: unknown[]): Promise<R[]>;
  /** Runs as a whole or not at all. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
}

export const identifier = (name: string): string => pg.escapeIdentifier(name);
export const literal = (text: string): string => pg.escapeLiteral(text);

export interface Login {
  readonly url: string;
  readonly ca?: string | undefined;
  /** Instead of those in the URL. */
  readonly user?: string;
  readonly password?: string;
}

/** The members of a URL apart: a connection string handed to the driver is printed whenever somebody prints the client. */
function postgresLogin({ url: text, ca, user, password }: Login): pg.ClientConfig {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !url.hostname) {
    throw new InvalidInputError([{ path: 'postgresUrl', message: 'expected a postgres:// URL' }]);
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!database) throw new InvalidInputError([{ path: 'postgresUrl', message: 'names no database' }]);
  const verified = ca !== undefined || /^(require|verify-ca|verify-full)$/.test(url.searchParams.get('sslmode') ?? '');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    database,
    user: user ?? decodeURIComponent(url.username),
    password: password ?? decodeURIComponent(url.password),
    ssl: verified ? { rejectUnauthorized: true, ...(ca !== undefined && { ca }) } : false,
  };
}

export async function openPostgres(login: Login): Promise<PostgresSession> {
  const client = new pg.Client({
    ...postgresLogin(login),
    application_name: 'tse-admin',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    types,
  });
  client.on('error', () => {}); // the statement in flight is told; without a listener it would end the process
  try {
    await client.connect();
  } catch (error) {
    throw mapPostgresError(error, 'connect');
  }
  return {
    processId: (client as unknown as { processID: number }).processID,
    async query<R extends Row>(text: string, values?: unknown[]) {
      return (await client.query<R>(text, values)).rows;
    },
    async transaction(work) {
      await client.query('begin');
      try {
        const result = await work();
        const { command } = await client.query('commit');
        if (command !== 'COMMIT') throw new ConflictError('transaction-aborted', 'the transaction was rolled back');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => {});
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => client.end().catch(() => {}),
  };
}

/** The server's own five-character code, where the error is the server's. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** What an administrator is told: what the driver throws is mapped, everything else stays as it is. */
export const adminError = (error: unknown): unknown =>
  sqlState(error) !== undefined || isConnectionLost(error) ? mapPostgresError(error, 'commit') : error;
