import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { identity } from './config.ts';
import { faultKinds, faultStates } from './faults/fault-states.ts';
import { runStatuses } from './runs/run-states.ts';

const id = z.string();
const values = z.record(z.string(), z.json());

/** What the coordinator publishes. */
export const testCoordinatorEvents = defineEvents(identity, {
  /** Whoever acts for a run raises the fence it knows. */
  'run.changed': {
    payload: z.object({
      runId: id,
      /** There is none before it starts. */
      fence: z.int().optional(),
      scenarioId: id,
      scenarioVersion: z.int(),
      status: z.enum(runStatuses),
      deviated: z.boolean(),
      score: z.number().optional(),
      seed: z.string(),
      runVersion: z.int(),
      reason: z.string().optional(),
    }),
    example: {
      runId: 'run-1',
      fence: 7,
      scenarioId: 'stablecoin-depeg',
      scenarioVersion: 1,
      status: 'running',
      deviated: false,
      seed: '1',
      runVersion: 2,
    },
  },
  'step.completed': {
    payload: z.object({
      runId: id,
      fence: z.int(),
      path: z.string(),
      attempt: z.int(),
      outcome: z.enum(['passed', 'failed', 'skipped', 'error']),
      error: z.string().optional(),
    }),
    example: { runId: 'run-1', fence: 7, path: '1.2', attempt: 1, outcome: 'passed' },
  },
  /** The target injects where the state is `injecting`, and undoes where it is `undoing`; it refuses a lower fence. */
  'fault.changed': {
    payload: z.object({
      faultId: id,
      runId: id,
      fence: z.int(),
      target: z.string(),
      kind: z.enum(faultKinds),
      params: values,
      undo: values,
      state: z.enum(faultStates),
      reason: z.string().optional(),
      mustEndBy: z.iso.datetime(),
      faultVersion: z.int(),
    }),
    example: {
      faultId: 'fault-1',
      runId: 'run-1',
      fence: 7,
      target: 'market-data',
      kind: 'depeg',
      params: { symbol: 'USDT-USD', by: '-0.08' },
      undo: {},
      state: 'injecting',
      mustEndBy: '2026-11-25T20:08:51.123456Z',
      faultVersion: 2,
    },
  },
  'validation.completed': {
    payload: z.object({
      runId: id,
      fence: z.int(),
      invariant: z.string(),
      phase: z.enum(['before', 'during', 'after']),
      passed: z.boolean(),
      compared: z.int(),
      watermark: values,
    }),
    example: {
      runId: 'run-1',
      fence: 7,
      invariant: 'ledger',
      phase: 'after',
      passed: true,
      compared: 1200,
      watermark: { exchange: 812 },
    },
  },
  'schedule.fired': {
    payload: z.object({
      scheduleId: id,
      scenarioId: id,
      nominalAt: z.iso.datetime(),
      outcome: z.enum(['on-time', 'late', 'missed', 'skipped-overlap']),
      jobId: id.optional(),
    }),
    example: {
      scheduleId: 'nightly',
      scenarioId: 'stablecoin-depeg',
      nominalAt: '2026-11-24T02:30:00.000000Z',
      outcome: 'on-time',
      jobId: 'job-1',
    },
  },
});
