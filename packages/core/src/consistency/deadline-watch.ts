/** Tells which of many members have passed their deadlines, with one timer for all: a hot path pays for none of its own. */
export class DeadlineWatch<Member> {
  readonly #onPassed: (member: Member) => void;
  readonly #deadlines = new Map<Member, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(onPassed: (member: Member) => void) {
    this.#onPassed = onPassed;
  }

  /** `deadline` is in `performance.now()`. */
  add(member: Member, deadline: number): void {
    this.#deadlines.set(member, deadline);
    // Later ones are found when the timer fires: most members have long ended by then.
    if (deadline < this.#timerAt) this.#arm(deadline);
  }

  delete(member: Member): void {
    this.#deadlines.delete(member);
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(this.#fire, Math.max(1, Math.ceil(deadline - performance.now()))).unref();
  }

  readonly #fire = (): void => {
    this.#timerAt = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const [member, deadline] of this.#deadlines) {
      if (deadline <= now) {
        this.#deadlines.delete(member);
        this.#onPassed(member);
      } else if (deadline < next) next = deadline;
    }
    if (next < Infinity) this.#arm(next);
  };
}
