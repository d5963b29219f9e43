import { idInput } from '@tse/core';
import { z } from 'zod';

/** Names an account; a sub-account only together with its parent, so that nobody reaches it who does not come from there. */
export const accountRef = z
  .union([idInput, z.strictObject({ accountId: idInput, parentId: idInput.optional() })], {
    error: 'expected an account id, or { accountId, parentId } for a sub-account',
  })
  .transform((ref) =>
    typeof ref === 'string'
      ? { accountId: ref, scopeId: ref }
      : { accountId: ref.accountId, scopeId: ref.parentId ?? ref.accountId },
  );
/** An account; of a sub-account with its parent, since it is reached no other way. */
export type AccountRef = z.input<typeof accountRef>;

/** The fields with which an input names an account. */
export const accountFields = { accountId: idInput, parentId: idInput.optional() };

/** The account at the top, which is the scope of everything below it. */
export const scopeOf = (input: { accountId: string; parentId?: string | undefined }): string =>
  input.parentId ?? input.accountId;
