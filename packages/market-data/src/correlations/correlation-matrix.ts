/** A pair and what its correlation is to be. */
export interface TargetPair {
  first: string;
  second: string;
  target: number;
}

/** The symmetric matrix of symbols in their order: ones on the diagonal, zero where no pair says otherwise. */
export function matrixOf(symbols: readonly string[], pairs: readonly TargetPair[]): number[][] {
  const place = new Map(symbols.map((symbol, i) => [symbol, i]));
  const matrix = symbols.map((_, i) => symbols.map((__, j): number => (i === j ? 1 : 0)));
  for (const { first, second, target } of pairs) {
    const [i, j] = [place.get(first), place.get(second)];
    if (i === undefined || j === undefined || i === j) continue;
    matrix[i]![j] = matrix[j]![i] = target;
  }
  return matrix;
}

/** Targets with few digits are on the edge of what is possible (1, 1, 1): an eigenvalue this little below zero is rounding. */
const TOLERANCE = 1e-9;

/** Whether variables can be correlated like this: no eigenvalue is below zero. By Cholesky's decomposition of the matrix lifted by a hair. */
export function isPositiveSemidefinite(matrix: readonly (readonly number[])[]): boolean {
  const size = matrix.length;
  const lower = matrix.map(() => new Float64Array(size));
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let rest = matrix[i]![j]! + (i === j ? TOLERANCE : 0);
      for (let k = 0; k < j; k += 1) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]![j] = rest / lower[j]![j]!;
      else if (rest > 0) lower[i]![i] = Math.sqrt(rest);
      else return false;
    }
  }
  return true;
}
