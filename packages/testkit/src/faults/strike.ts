/** A fault that waits for its moment and strikes once. */
export interface Strike extends Disposable {
  /**
   * What it struck (the SQL, or the Redis command with its first arguments); `undefined` when it was called off before.
   */
  readonly struck: Promise<string | undefined>;
}

/** Which call a fault is meant for. */
export interface StrikeOptions {
  /** Strikes only what matches: the text or name of a statement, a Redis command with its first arguments. */
  readonly match?: RegExp;
}

export type StrikeKind = 'before-commit' | 'after-commit' | 'reply';

export interface Armed extends StrikeOptions {
  readonly kind: StrikeKind;
  /** Takes the strike off the list and tells who armed it; a match may then be reset. */
  done(what: string | undefined): void;
}

/** The strikes that wait, in the order in which they were armed. */
export class Armory {
  readonly #armed = new Set<Armed>();

  arm(kind: StrikeKind, { match }: StrikeOptions): Strike {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const armed: Armed = {
      kind,
      ...(match && { match }),
      done: (what) => {
        this.#armed.delete(armed);
        resolve(what);
      },
    };
    this.#armed.add(armed);
    return { struck: promise, [Symbol.dispose]: () => armed.done(undefined) };
  }

  /** The first of the kind that would strike. */
  find(kind: StrikeKind, strikes: (armed: Armed) => boolean): Armed | undefined {
    for (const armed of this.#armed) if (armed.kind === kind && strikes(armed)) return armed;
    return undefined;
  }

  has(kind: StrikeKind): boolean {
    return this.find(kind, () => true) !== undefined;
  }

  callOff(): void {
    for (const armed of this.#armed) armed.done(undefined);
  }
}

/** What a protocol can do to the connection it watches. */
export interface Wire {
  readonly toServer: (bytes: Buffer) => void;
  readonly toClient: (bytes: Buffer) => void;
  /** Resets both ends. */
  readonly reset: () => void;
  readonly armory: Armory;
}

/** Watches one connection, passing on what comes, until a strike. */
export interface Watch {
  readonly fromClient: (chunk: Buffer) => void;
  readonly fromServer: (chunk: Buffer) => void;
}
