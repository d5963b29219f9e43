const CANDIDATES = 20;

/** An exact amount as an integer of 10^-18. */
export function units(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(18, '0'));
  return amount.startsWith('-') ? -magnitude : magnitude;
}

/**
 * The places of the amounts that together are exactly the target: the fewest that are, at least two and at most `most` of the first twenty.
 * None where two sets of the same size would do: which one it is, is for people to say.
 */
export function coveringSet(amounts: readonly string[], target: string, most: number): number[] | undefined {
  const values = amounts.slice(0, CANDIDATES).map(units);
  const wanted = units(target);
  for (let size = 2; size <= Math.min(most, values.length); size += 1) {
    const found = setsOf(values, wanted, size);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** At most two of the sets of this size whose sum is wanted. */
function setsOf(values: readonly bigint[], wanted: bigint, size: number): number[][] {
  const found: number[][] = [];
  const take = (from: number, left: bigint, chosen: readonly number[]): void => {
    if (chosen.length === size) {
      if (left === 0n) found.push([...chosen]);
      return;
    }
    for (let i = from; i <= values.length - (size - chosen.length) && found.length < 2; i += 1)
      take(i + 1, left - values[i]!, [...chosen, i]);
  };
  take(0, wanted, []);
  return found;
}
