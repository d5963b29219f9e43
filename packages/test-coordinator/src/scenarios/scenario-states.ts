export const scenarioStatuses = ['draft', 'active', 'archived', 'deprecated'] as const;
/** What is `archived` is not run any more. */
export type ScenarioStatus = (typeof scenarioStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const scenarioTransitions: Readonly<Record<ScenarioStatus, readonly ScenarioStatus[]>> = {
  draft: ['active', 'archived'],
  active: ['deprecated', 'archived'],
  deprecated: ['active', 'archived'],
  archived: [],
};
