import { createHash } from 'node:crypto';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';

/** `replica`: a read that may come from a replica, where one is configured and the call is not `fresh`. */
export type Mode = 'read' | 'replica' | 'write';

/** Kysely builds and compiles our SQL; it never executes it. */
export const queryBuilder = <Tables>(): Kysely<Tables> =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });

/** A statement compiled once, with a name that carries the hash of its text. */
export interface Statement<Input, Row> {
  /** `orders.find`: what spans and metrics call it. */
  readonly op: string;
  readonly mode: Mode;
  readonly name: string;
  readonly text: string;
  /** The parameters of an input, in the order of the text. */
  readonly bind: (input: Input) => unknown[];
  /** Only for inference. */
  readonly row?: Row;
}

/** PostgreSQL cuts names at 63 bytes; the hash at the end tells texts apart. */
const statementName = (op: string, text: string) =>
  `${op}:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`.slice(-63);

class Placeholder {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
}

const placeholders = new Proxy({}, { get: (_, key) => new Placeholder(String(key)) });

interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/**
 * Compiles a query with named parameters. `build` gets an object whose members stand for the values of the input:
 * `statement('accounts.find', 'read', (p: { id: string }) => db.selectFrom('accounts').select('id').where('id', '=', p.id))`.
 */
export function statement<Input, Row>(
  op: string,
  mode: Mode,
  build: (p: Input) => Compilable<Row>,
): Statement<Input, Row> {
  const { sql: text, parameters } = build(placeholders as Input).compile();
  const keys = parameters.map((parameter) => (parameter instanceof Placeholder ? parameter.key : undefined));
  return {
    op,
    mode,
    name: statementName(op, text),
    text,
    bind: (input) => {
      const values = input as Record<string, unknown>;
      const bound: unknown[] = [];
      for (let i = 0; i < keys.length; i += 1) {
        const key = keys[i];
        bound.push(key === undefined ? parameters[i] : values[key]);
      }
      return bound;
    },
  };
}

/** What pg binds as it is. */
export type SqlValue = string | number | boolean | null | undefined;

/** The type of the rows that a `functionCall` answers: `answers<{ outcome: string }>()`. */
export const answers = <Row>(): { row?: Row } => ({});

/**
 * A call of an SQL function that answers rows, its arguments named here in the function's order:
 * `functionCall('accounts.open', 'write', 'open_account', ['id', 'ownerId'], answers<{ outcome: string }>())`.
 */
export function functionCall<const Args extends readonly string[], Row>(
  op: string,
  mode: Mode,
  name: string,
  args: Args,
  _row: { row?: Row },
): Statement<Record<Args[number], SqlValue>, Row> {
  const text = `select * from ${name}(${args.map((_, i) => `$${i + 1}`).join(', ')})`;
  return {
    op,
    mode,
    name: statementName(op, text),
    text,
    bind: (input) => args.map((key) => input[key as Args[number]]),
  };
}
