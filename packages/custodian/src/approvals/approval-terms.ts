import { durationInput, idInput, textInput } from '@tse/core';
import { z } from 'zod';
import { isMet } from './quorum.ts';

const LONGEST_MS = 90 * 86_400_000;

/** Kept as it is given, and in milliseconds for the functions. */
export const waitInput = (atLeastMs: number, atMostMs: number, expected: string) =>
  z.string().superRefine((text, context) => {
    const millis = durationInput.safeParse(text);
    if (millis.success && millis.data >= atLeastMs && millis.data <= atMostMs) return;
    context.addIssue({ code: 'custom', message: millis.success ? expected : millis.error.issues[0]!.message });
  });

const unique = (ids: readonly string[]) => new Set(ids).size === ids.length;

/**
 * Who has to approve: groups with a threshold each. `all` groups must have theirs, a person counting in one of them at most, or `any` of
 * them. With `veto` one rejection decides; without, rejections decide once those who are left cannot reach the quorum.
 */
export const approvalTerms = z
  .strictObject({
    join: z.enum(['all', 'any']).default('all'),
    veto: z.boolean().default(true),
    /** In business time, from when it is asked for. */
    expiresAfter: waitInput(1000, LONGEST_MS, 'expected one second to 90 days'),
    groups: z
      .array(
        z.strictObject({
          name: textInput(64),
          threshold: z.int().min(1).max(50),
          members: z.array(idInput).min(1).max(50).refine(unique, 'expected each member once'),
        }),
      )
      .min(1)
      .max(6),
  })
  .refine(
    ({ join, groups }) =>
      isMet(
        { join, groups },
        groups.flatMap(({ members }) => members),
      ),
    {
      message: 'all members together cannot meet the thresholds',
      path: ['groups'],
    },
  );
export type ApprovalTerms = z.input<typeof approvalTerms>;

/** As the functions take them. */
export const termsJson = ({ expiresAfter, ...terms }: z.output<typeof approvalTerms>) => ({
  ...terms,
  expiresAfterMs: durationInput.parse(expiresAfter),
});
