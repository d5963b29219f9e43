/** How far the clock of `child` is ahead of that of `parent`, and how sure that is. */
export interface Offset {
  readonly parent: string;
  readonly child: string;
  readonly offsetUs: number;
  readonly uncertaintyUs: number;
}

/** What has to be taken from the times of a clock to have those of the reference. */
export interface ClockCorrection {
  clock: string;
  reference: string;
  offsetUs: number;
  uncertaintyUs: number;
}

/**
 * The corrections of all clocks that requests connect with the reference, over the pairs that leave the least doubt: offsets add up along
 * the way, and so does the doubt. An offset that is smaller than its doubt is none.
 */
export function clockCorrections(offsets: readonly Offset[], reference: string): Map<string, ClockCorrection> {
  const known = new Map<string, ClockCorrection>([
    [reference, { clock: reference, reference, offsetUs: 0, uncertaintyUs: 0 }],
  ]);
  const settled = new Set<string>();
  for (;;) {
    const next = [...known.values()]
      .filter(({ clock }) => !settled.has(clock))
      .sort((a, b) => a.uncertaintyUs - b.uncertaintyUs)[0];
    if (!next) break;
    settled.add(next.clock);
    for (const { parent, child, offsetUs, uncertaintyUs } of offsets) {
      const [clock, ahead] =
        parent === next.clock ? [child, offsetUs] : child === next.clock ? [parent, -offsetUs] : [];
      if (clock === undefined || settled.has(clock)) continue;
      const doubt = next.uncertaintyUs + uncertaintyUs;
      if ((known.get(clock)?.uncertaintyUs ?? Infinity) <= doubt) continue;
      known.set(clock, { clock, reference, offsetUs: next.offsetUs + ahead!, uncertaintyUs: doubt });
    }
  }
  for (const [clock, { offsetUs, uncertaintyUs }] of known)
    if (Math.abs(offsetUs) <= uncertaintyUs) known.delete(clock);
  return known;
}
