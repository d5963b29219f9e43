import { type CallOptions, type Instant, textInput } from '@tse/core';
import { z } from 'zod';

/** A person, or whatever else is to be forgotten on demand, as the trail knows it. */
export interface Subject {
  /** What stands in the trail instead of the name: as an `actor`, in payloads. */
  pseudonym: string;
  createdAt: Instant;
}

export interface RevealedSubject extends Subject {
  /** Absent once it is erased. */
  name?: string;
  erasedAt?: Instant;
}

const name = textInput(500);
const pseudonym = z.string().regex(/^p-[0-9a-f]{32}$/, 'expected a pseudonym');

export const nameSubject = z.strictObject({ name });
export type NameSubject = z.input<typeof nameSubject>;
export const revealSubject = z.strictObject({ pseudonym });
export type RevealSubject = z.input<typeof revealSubject>;
/** Up to 64 KiB of text. */
export const sealData = z.strictObject({ name, data: textInput(65_536) });
export type SealData = z.input<typeof sealData>;
export const openData = z.strictObject({
  sealed: z
    .string()
    .max(100_000)
    .regex(/^s1\.p-[0-9a-f]{32}\.[\w-]+$/, 'expected sealed text'),
});
export type OpenData = z.input<typeof openData>;
export const eraseSubject = z.strictObject({ pseudonym, reason: textInput(500).optional() });
export type EraseSubject = z.input<typeof eraseSubject>;

/** Codes with which subjects refuse. */
export type SubjectRefusal = 'unknown-subject' | 'erased' | 'not-sealed-here';

/**
 * Names that the trail must be able to forget although nothing in it changes: it holds a pseudonym and sealed text, and the key of each
 * subject stands beside it. Erasing deletes the key. Copies of the database that are older than that hold it still.
 */
export interface Subjects {
  /** The pseudonym of a name, made where there is none yet. */
  name(input: NameSubject, options?: CallOptions): Promise<Subject>;
  /** Who is behind a pseudonym. */
  reveal(input: RevealSubject, options?: CallOptions): Promise<RevealedSubject>;
  /** Text that only its subject's key opens (AES-256-GCM), to be put into a payload. */
  seal(input: SealData, options?: CallOptions): Promise<string>;
  /** @throws ConflictError `erased`, or `not-sealed-here` where it was changed or sealed elsewhere */
  open(input: OpenData, options?: CallOptions): Promise<string>;
  /** Deletes key and name for ever; again it changes nothing. The trail verifies as before. */
  erase(input: EraseSubject, options?: CallOptions): Promise<RevealedSubject>;
}
