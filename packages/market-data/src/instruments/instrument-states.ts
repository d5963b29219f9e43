export const instrumentStatuses = ['active', 'inactive', 'delisted'] as const;
/** Whether it trades. */
export type InstrumentStatus = (typeof instrumentStatuses)[number];

/** What may follow a status: what is delisted stays so. */
export const instrumentTransitions: Readonly<Record<InstrumentStatus, readonly InstrumentStatus[]>> = {
  active: ['inactive', 'delisted'],
  inactive: ['active', 'delisted'],
  delisted: [],
};
