import { decimal } from '@tse/core';
import type { StatementLine } from '@tse/custodian';

/** What was put into a statement, and the break that has to be found for it. */
export interface PlantedBreak {
  readonly kind: 'amount-differs' | 'missing-theirs' | 'missing-ours' | 'duplicate-line' | 'asset-differs';
  /** Of the line that is wrong; of the entry that has lost its line, the transaction. */
  readonly externalId?: string;
  readonly transactionId?: string;
}

/** Makes a statement wrong in one of its lines and one of five ways: the seed says which. */
export function plantBreak(
  statement: readonly StatementLine[],
  seed: number,
): { statement: StatementLine[]; planted: PlantedBreak } {
  // Fees of both sides are one line: what is wrong there would be about two entries of ours.
  const candidates = statement.filter(
    ({ accountId, reference }) => accountId !== 'house/fees' && reference !== undefined,
  );
  const line = candidates[Math.floor(seed / 5) % candidates.length];
  if (line === undefined) throw new RangeError('a statement without a line to make wrong');
  const { externalId, reference } = line;
  const others = statement.filter((each) => each !== line);
  switch (seed % 5) {
    case 0:
      return {
        statement: [...others, { ...line, amount: decimal.plus(line.amount, '0.5') }],
        planted: { kind: 'amount-differs', externalId, transactionId: reference! },
      };
    case 1:
      return { statement: others, planted: { kind: 'missing-theirs', transactionId: reference! } };
    case 2: {
      const unknown = { ...line, externalId: `${externalId}/unknown`, reference: 'transfer:nobody-s' };
      return {
        statement: [...statement, unknown],
        planted: { kind: 'missing-ours', externalId: unknown.externalId },
      };
    }
    case 3: {
      const twice = { ...line, externalId: `${externalId}/twice` };
      // Of two that say the same the later one is too many.
      return { statement: [...statement, twice], planted: { kind: 'duplicate-line', externalId: twice.externalId } };
    }
    default:
      return {
        statement: [...others, { ...line, asset: 'DOGE' }],
        planted: { kind: 'asset-differs', externalId, transactionId: reference! },
      };
  }
}
