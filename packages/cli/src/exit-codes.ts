/** What `tse` ends with. */
export const exitCode = { ok: 0, failed: 1, usage: 2, pending: 3, drifted: 4, interrupted: 130 } as const;
