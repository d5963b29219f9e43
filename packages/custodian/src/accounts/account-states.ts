export const accountKinds = ['master', 'omnibus', 'segregated', 'house', 'external'] as const;
export const accountStatuses = ['active', 'suspended', 'closed'] as const;
/**
 * Where an account stands: `master` above all, `omnibus` for many clients, `segregated` for one, `house` for the custodian itself,
 * `external` for the world outside, which alone may be below zero.
 */
export type AccountKind = (typeof accountKinds)[number];
/** `suspended`: nothing leaves it, but by an adjustment. `closed`: nothing moves. */
export type AccountStatus = (typeof accountStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const accountTransitions: Readonly<Record<AccountStatus, readonly AccountStatus[]>> = {
  active: ['suspended', 'closed'],
  suspended: ['active', 'closed'],
  closed: [],
};

/** The kinds an account may stand below; `undefined` is the top. */
export const parentKinds: Readonly<Record<AccountKind, readonly (AccountKind | undefined)[]>> = {
  master: [undefined],
  omnibus: ['master'],
  segregated: ['master', 'omnibus'],
  house: [undefined, 'master'],
  external: [undefined],
};
