import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { AlertScore } from './alert-accuracy.ts';
import { type AlertState, alertStates } from './alert-states.ts';
import { type Severity, severities } from './severities.ts';

export const alertKinds = ['breach', 'no-data', 'manual'] as const;
/** What an alert is about. */
export type AlertKind = (typeof alertKinds)[number];

/** What somebody has to look at, until it is resolved or clears. */
export interface Alert {
  alertId: string;
  /** One alert is open under it at a time. */
  dedupKey: string;
  kind: AlertKind;
  state: AlertState;
  severity: Severity;
  summary: string;
  /** What silences and inhibit rules match: kind, limitId, metric, scope, subject; or those it was raised with. */
  labels: Record<string, string>;
  /** How often it was raised while it was open. */
  count: number;
  openedAt: Instant;
  firedAt?: Instant;
  recoveringSince?: Instant;
  acknowledgedAt?: Instant;
  acknowledgedBy?: string;
  /** When the acknowledgement runs out and it is told again. */
  acknowledgedUntil?: Instant;
  snoozedUntil?: Instant;
  /** Steps that were taken after the first because nobody answered. */
  escalated: number;
  closedAt?: Instant;
  closeReason?: string;
  runId?: string;
  version: number;
}

/** One change of an alert, and by whom. */
export interface AlertLogEntry {
  version: number;
  type: string;
  state: AlertState;
  severity: Severity;
  details: Record<string, unknown>;
  actor?: string;
  actorKind: 'person' | 'monitor';
  occurredAt: Instant;
}

const label = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,31}$/, 'expected a label of letters and digits');
const labels = z
  .record(label, textInput(128))
  .refine((given) => Object.keys(given).length <= 16, 'expected at most 16 labels');

/**
 * Where an alert is open under the `dedupKey` it is that one: counted once more, and as severe as the worse of both. A rise of severity takes
 * an acknowledgement back. The same `alertId` with the same content answers what came of it.
 */
export const raiseAlert = z.strictObject({
  alertId: idInput,
  dedupKey: textInput(128).refine((key) => !/^(breach|no-data)\//.test(key), 'expected a key that is not of a limit'),
  severity: z.enum(severities),
  summary: textInput(500),
  labels: labels.default({}),
  policyId: idInput.optional(),
});
export type RaiseAlert = z.input<typeof raiseAlert>;

/** With `until` the acknowledgement runs out, and the alert is told again from the first step. */
export const acknowledgeAlert = z.strictObject({
  alertId: idInput,
  by: textInput(64),
  until: instantInput.optional(),
  reason: textInput(200).optional(),
});
export type AcknowledgeAlert = z.input<typeof acknowledgeAlert>;
/** It is not told of before `until`, and then goes on where it was. */
export const snoozeAlert = z.strictObject({
  alertId: idInput,
  by: textInput(64),
  until: instantInput,
  reason: textInput(200).optional(),
});
export type SnoozeAlert = z.input<typeof snoozeAlert>;
/** By hand. The alert of a breach comes back as another one while its limit is exceeded. */
export const resolveAlert = z.strictObject({ alertId: idInput, by: textInput(64), reason: textInput(200).optional() });
export type ResolveAlert = z.input<typeof resolveAlert>;

/** Newest first. */
export const listAlerts = z.strictObject({
  state: z.array(z.enum(alertStates)).min(1).optional(),
  severity: z.enum(severities).optional(),
  kind: z.enum(alertKinds).optional(),
  from: instantInput.optional(),
  until: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListAlerts = z.input<typeof listAlerts>;

/** Of what matches all labels named, `severity` and `kind` included, nobody is notified for a while. It is logged all the same. */
export interface Silence {
  silenceId: string;
  matchers: Record<string, string>;
  reason: string;
  from: Instant;
  until: Instant;
  endedAt?: Instant;
}
const matchers = labels.refine((given) => Object.keys(given).length > 0, 'expected at least one label');
export const silenceAlerts = z
  .strictObject({
    silenceId: idInput,
    matchers,
    reason: textInput(200),
    from: instantInput.optional(),
    until: instantInput,
  })
  .refine(({ from, until }) => from === undefined || from < until, {
    message: 'expected it after from',
    path: ['until'],
  });
export type SilenceAlerts = z.input<typeof silenceAlerts>;
export const endSilence = z.strictObject({ silenceId: idInput });
export type EndSilence = z.input<typeof endSilence>;
export const listSilences = z.strictObject({ active: z.boolean().optional(), ...pageFields(idInput) });
export type ListSilences = z.input<typeof listSilences>;

/** While an alert that matches `source` fires, nobody is notified of others that match `target` and agree with it in `equal`. */
export interface InhibitRule {
  ruleId: string;
  source: Record<string, string>;
  target: Record<string, string>;
  equal: string[];
  endedAt?: Instant;
}
export const inhibitAlerts = z.strictObject({
  ruleId: idInput,
  source: matchers,
  target: matchers,
  equal: z.array(label).max(16).default([]),
});
export type InhibitAlerts = z.input<typeof inhibitAlerts>;
export const endInhibition = z.strictObject({ ruleId: idInput });
export type EndInhibition = z.input<typeof endInhibition>;

/** A day of alerts that closed in it, in seconds of business time. */
export interface ResponseMetrics {
  /** UTC. */
  day: string;
  closed: number;
  acknowledged: number;
  escalated: number;
  /** Means; absent where nothing was acknowledged. */
  secondsToAcknowledge?: number;
  secondsToClose: number;
}
export const responseMetrics = z
  .strictObject({ from: instantInput, until: instantInput })
  .refine(({ from, until }) => from < until, { message: 'expected it after from', path: ['until'] });
export type ReadResponseMetrics = z.input<typeof responseMetrics>;

/** The beginning of something that the monitor should notice: the first alert with these labels that fires after it is its detection. */
export const expectDetection = z.strictObject({
  markId: idInput,
  runId: idInput,
  labels: labels.default({}),
  at: instantInput,
});
export type ExpectDetection = z.input<typeof expectDetection>;
/** How long it took until something wrong was seen. */
export interface Detection {
  markId: string;
  runId: string;
  beganAt: Instant;
  detectedAt?: Instant;
  alertId?: string;
  /** Of business time, from beginning to detection. */
  seconds?: number;
}

/**
 * What was really there between two instants of business time: of each manipulation or fault its cause, how long it was in force, and the
 * labels by which an alert is of it. Every alert that fired in between is scored, except where `detectors` names those that are.
 */
export const scoreAlerts = z
  .strictObject({
    from: instantInput,
    until: instantInput,
    truth: z
      .array(
        z
          .strictObject({
            causeId: idInput,
            from: instantInput,
            /** Left out while it lasts. */
            until: instantInput.optional(),
            labels: labels.default({}),
            /** Which should notice it; left out, all. */
            detectors: z.array(textInput(64)).min(1).max(32).optional(),
          })
          .refine(({ from, until }) => until === undefined || from <= until, {
            message: 'expected it not before from',
            path: ['until'],
          }),
      )
      .max(1000)
      .refine((all) => new Set(all.map(({ causeId }) => causeId)).size === all.length, 'expected each cause once'),
    detectors: z.array(textInput(64)).min(1).max(32).optional(),
    /** How long after its end something may still be noticed. */
    grace: durationInput.default(15_000),
    /** Detections that took longer are late. */
    serviceLevel: durationInput.default(15_000),
  })
  .refine(({ from, until }) => from < until, { message: 'expected it after from', path: ['until'] });
export type ScoreAlerts = z.input<typeof scoreAlerts>;

/** A notification to deliver. */
export interface DueNotification {
  notificationId: string;
  alertId: string;
  severity: Severity;
  /** Whom: a target of the escalation's step. */
  target: string;
  /** What to say, in one line. */
  text: string;
  step: number;
  round: number;
  /** 1 for the first delivery that was tried. */
  attempt: number;
  dueAt: Instant;
}

/** How deliveries are tried. */
export interface OnDueOptions {
  /** How long one delivery may take before another worker tries it, in milliseconds: 30 000. */
  claimMs?: number;
  /** How long a delivery that failed waits, doubled with each further one, in milliseconds: 1 000. */
  retryMs?: number;
}

/** A running delivery; disposing of it lets the notification in hand be delivered. */
export interface Delivery extends AsyncDisposable {
  /** Ends after the delivery that is on its way. */
  stop(): Promise<void>;
}

/** Codes with which alerts refuse. */
export type AlertRefusal =
  | 'unknown-alert'
  | 'unknown-policy'
  | 'unknown-silence'
  | 'unknown-rule'
  | 'unknown-detection'
  | 'id-conflict'
  | 'alert-closed'
  | 'alert-pending'
  | 'already-past'
  | 'too-many-alerts';

/**
 * Alerts and what people answer to them. Errors are `not-found`, `conflict` or `invalid-input` with an `AlertRefusal` as code.
 */
export interface Alerts {
  /** Raises an alert, or adds to the open one of the same key. */
  raise(input: RaiseAlert, options?: CallOptions): Promise<Alert>;
  /** Somebody looks after it, so it is not escalated any more. Refused with `alert-closed`, `alert-pending`. */
  acknowledge(input: AcknowledgeAlert, options?: CallOptions): Promise<Alert>;
  /** Keeps it quiet until a time. Refused with `already-past`. */
  snooze(input: SnoozeAlert, options?: CallOptions): Promise<Alert>;
  /** Closes it by hand. Refused with `alert-closed`. */
  resolve(input: ResolveAlert, options?: CallOptions): Promise<Alert>;
  /** Nothing where there is none. */
  find(alertId: string, options?: CallOptions): Promise<Alert | undefined>;
  /** Refused as `not-found` where there is none. */
  get(alertId: string, options?: CallOptions): Promise<Alert>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListAlerts, options?: CallOptions): Listing<Alert>;
  /** All that are not closed, the most severe first; from Redis where it knows. */
  listActive(options?: CallOptions): Promise<Alert[]>;
  /** Oldest first. */
  listLog(alertId: string, options?: CallOptions): Promise<AlertLogEntry[]>;
  /** Keeps alerts that match quiet between two times; they are recorded all the same. */
  silence(input: SilenceAlerts, options?: CallOptions): Promise<Silence>;
  /** Ends a silence now. */
  endSilence(input: EndSilence, options?: CallOptions): Promise<Silence>;
  /** A page when awaited; all of them by `for await`. */
  listSilences(input?: ListSilences, options?: CallOptions): Listing<Silence>;
  /** Has one kind of alert keep others quiet while it is open. */
  inhibit(input: InhibitAlerts, options?: CallOptions): Promise<InhibitRule>;
  /** Ends such a rule now. */
  endInhibition(input: EndInhibition, options?: CallOptions): Promise<InhibitRule>;
  /** All of them. */
  listInhibitRules(options?: CallOptions): Promise<InhibitRule[]>;
  /** How long alerts waited for acknowledgement and resolution, in milliseconds of business time. */
  responseMetrics(input: ReadResponseMetrics, options?: CallOptions): Promise<ResponseMetrics[]>;
  /** Marks that something wrong begins, so that its detection can be measured. */
  expectDetection(input: ExpectDetection, options?: CallOptions): Promise<Detection>;
  /** Whether and when what was marked was detected. Refused with `unknown-detection`. */
  getDetection(markId: string, options?: CallOptions): Promise<Detection>;
  /**
   * Scores the alerts that fired between two instants against what was really there, by detector: the label `detector` of an alert, else
   * its metric, else its kind. At most 10 000 alerts. The last score is exported as `risk_alert_accuracy`.
   */
  score(input: ScoreAlerts, options?: CallOptions): Promise<AlertScore>;
  /**
   * Has each notification delivered by `handler` until it is disposed of: at least once, so tell its `notificationId` to a provider that
   * can drop doubles. A handler that throws has it tried again; one that answers `{ providerId }` has that kept.
   */
  onDue(
    handler: (notification: DueNotification, call: { signal: AbortSignal }) => Promise<{ providerId?: string } | void>,
    options?: OnDueOptions,
  ): Delivery;
}
