export const scenarioRunStates = ['running', 'paused', 'completed', 'failed', 'stopped'] as const;
/** Where a run of a scenario stands; the last three are ends. */
export type ScenarioRunState = (typeof scenarioRunStates)[number];

/** From which state a run may go to which: the table of transitions says the same. */
export const scenarioRunTransitions: Readonly<Record<ScenarioRunState, readonly ScenarioRunState[]>> = {
  running: ['paused', 'completed', 'failed', 'stopped'],
  paused: ['running', 'failed', 'stopped'],
  completed: [],
  failed: [],
  stopped: [],
};
