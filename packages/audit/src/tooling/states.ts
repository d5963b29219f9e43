import type { RecordedState } from '@tse/core/admin';

const taken = (where: string) =>
  `select source, source_seq, event_id, payload_sha256 from facts_trail where source_seq ${where}`;

/** The trail up to a vector is what each source had published by then. What came directly has no number, and its place is its position. */
export const states: readonly RecordedState[] = [
  { object: 'trail', now: taken('is not null'), at: taken('<= ((select vector from asked) ->> source)::bigint') },
];
