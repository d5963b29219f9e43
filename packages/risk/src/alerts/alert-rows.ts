import { instant } from '@tse/core';
import type { statements } from './alert-statements.ts';
import type { AlertLogEntry, Detection, InhibitRule, ResponseMetrics, Silence } from './alerts.ts';

export const toLogEntry = ({
  actor,
  actor_kind,
  occurred_at,
  details,
  ...entry
}: NonNullable<(typeof statements.log)['row']>): AlertLogEntry => ({
  ...entry,
  details: details as Record<string, unknown>,
  ...(actor !== null && { actor }),
  actorKind: actor_kind,
  occurredAt: occurred_at,
});

export const toResponse = ({
  to_acknowledge,
  to_close,
  ...counts
}: NonNullable<(typeof statements.response)['row']>): ResponseMetrics => ({
  ...counts,
  ...(to_acknowledge !== null && { secondsToAcknowledge: to_acknowledge }),
  secondsToClose: to_close,
});

export const toDetection = (row: NonNullable<(typeof statements.findDetection)['row']>): Detection => ({
  markId: row.id,
  runId: row.run_id,
  beganAt: row.began_at,
  ...(row.detected_at !== null && {
    detectedAt: row.detected_at,
    seconds: (instant.millis(row.detected_at) - instant.millis(row.began_at)) / 1000,
  }),
  ...(row.alert_id !== null && { alertId: row.alert_id }),
});

export const toSilence = (row: NonNullable<(typeof statements.findSilence)['row']>): Silence => ({
  silenceId: row.id,
  matchers: row.matchers as Record<string, string>,
  reason: row.reason,
  from: row.from_at,
  until: row.until_at,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});

export const toRule = (row: NonNullable<(typeof statements.findRule)['row']>): InhibitRule => ({
  ruleId: row.id,
  source: row.source as Record<string, string>,
  target: row.target as Record<string, string>,
  equal: row.equal,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
