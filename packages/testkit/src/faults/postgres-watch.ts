import { asksForEncryption, frameReader, isCancel, strings, type Frame } from './postgres-frames.ts';
import { commits, leavesOpen, mayWrite } from './sql-effects.ts';
import type { Armed, Watch, Wire } from './strike.ts';

interface Statement {
  readonly name: string;
  readonly sql: string;
}

/** What the server answers with one ReadyForQuery: a simple query, or all up to a Sync. */
interface Unit {
  readonly statements: Statement[];
  /** Whether a transaction was open before it, and what has run in it since. */
  inTransaction: boolean;
  transaction: readonly Statement[];
  failed: boolean;
}

const newUnit = (inTransaction: boolean, transaction: readonly Statement[]): Unit => ({
  statements: [],
  inTransaction,
  transaction,
  failed: false,
});

const matches = ({ match }: Armed, { name, sql }: Statement): boolean =>
  match === undefined ? mayWrite(sql) : sql.search(match) >= 0 || name.search(match) >= 0;

/** Whether the unit makes a change last: a COMMIT, or a write outside of a transaction. */
function makesLast(unit: Unit, armed: Armed): boolean {
  const { statements, transaction, inTransaction } = unit;
  if (statements.some(({ sql }) => commits(sql)))
    return armed.match === undefined || [...transaction, ...statements].some((statement) => matches(armed, statement));
  return (
    !inTransaction &&
    !statements.some(({ sql }) => leavesOpen(sql, false)) &&
    statements.some((statement) => matches(armed, statement))
  );
}

const textOf = ({ statements }: Unit): string => statements.map(({ sql }) => sql).join('; ');

/** Follows one PostgreSQL connection message by message, so that a commit can be cut off exactly before or after it. */
export function watchPostgres({ toServer, toClient, reset, armory }: Wire): Watch {
  const prepared = new Map<string, Statement>();
  const portals = new Map<string, Statement>();
  /** Sent and not yet answered in full. */
  const sent: Unit[] = [];
  let unit = newUnit(false, []);
  let held: Buffer[] = [];
  let withheld: Buffer[] = [];
  let started = false;
  let letters = 0;
  /** Whether a transaction will be open once all that was sent is done. */
  let open = false;
  let over = false;

  const strike = (armed: Armed, struck: Unit): void => {
    over = true;
    reset();
    armed.done(textOf(struck));
  };

  const release = (): void => {
    for (const bytes of held) toServer(bytes);
    held = [];
  };

  const complete = (): void => {
    const done = unit;
    const armed = armory.find('before-commit', (candidate) => makesLast(done, candidate));
    if (armed !== undefined) return strike(armed, done);
    for (const { sql } of done.statements) open = leavesOpen(sql, open);
    unit = newUnit(open, open ? [...done.transaction, ...done.statements] : []);
    sent.push(done);
    release();
  };

  const remember = ({ type, body }: Frame): void => {
    const [first = '', second = ''] = strings(body, 2);
    if (type === 'P') prepared.set(first, { name: first, sql: second });
    if (type === 'B') portals.set(first, prepared.get(second) ?? { name: second, sql: '' });
    if (type === 'E') unit.statements.push(portals.get(first) ?? { name: '', sql: '' });
    if (type === 'Q') unit.statements.push({ name: '', sql: first });
  };

  const clientFrame = (frame: Frame): void => {
    if (over) return;
    if (!started) {
      if (asksForEncryption(frame)) letters += 1;
      else started = !isCancel(frame);
      return toServer(frame.bytes);
    }
    if (!'PBEDCHSQF'.includes(frame.type)) return toServer(frame.bytes);
    remember(frame);
    held.push(frame.bytes);
    if ('SQF'.includes(frame.type)) complete();
    else if (frame.type === 'H' || !armory.has('before-commit')) release();
  };

  const serverFrame = (frame: Frame): void => {
    if (over) return;
    const answered = sent[0] ?? unit;
    if (frame.type === 'E' || (frame.type === 'C' && frame.body.toString('latin1', 0, 8) === 'ROLLBACK'))
      answered.failed = true;
    const armed = 'NAS'.includes(frame.type)
      ? undefined
      : armory.find('after-commit', (candidate) => makesLast(answered, candidate));
    // A commit that failed has nothing to lose, and a COPY waits for the go-ahead.
    if (armed !== undefined && !answered.failed && !'GWH'.includes(frame.type)) withheld.push(frame.bytes);
    else {
      for (const bytes of withheld.splice(0)) toClient(bytes);
      toClient(frame.bytes);
    }
    if (frame.type !== 'Z') return;
    if (armed !== undefined && !answered.failed) return strike(armed, answered);
    sent.shift();
    if (sent.length === 0) unit.inTransaction = open = frame.body.toString('latin1') !== 'I';
  };

  const readClient = frameReader(() => started);
  const readServer = frameReader(() => true);
  return {
    fromClient: (chunk) => readClient(chunk, clientFrame),
    fromServer: (chunk) => {
      const answers = chunk.subarray(0, letters);
      letters -= answers.length;
      if (answers.length > 0) toClient(answers);
      readServer(chunk.subarray(answers.length), serverFrame);
    },
  };
}
