import { type CallOptions, type Instant, type Listing, durationInput, idInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type NotificationState } from './notification-states.ts';

/** Whom an alert tells, and how long each step waits for somebody to acknowledge it. */
export interface EscalationPolicy {
  policyId: string;
  steps: { targets: string[]; delayMs: number }[];
  /** How often it begins anew after the last step; without end where it is absent. */
  repeats?: number;
  definedAt: Instant;
}

/** Never changed: alerts go by the steps they were opened under. The same id with other content is a conflict. */
export const definePolicy = z.strictObject({
  policyId: idInput,
  steps: z
    .array(
      z.strictObject({
        targets: z.array(textInput(128)).min(1).max(20),
        delay: durationInput.refine((ms) => ms >= 1000 && ms <= 366 * 86_400_000, 'expected a second to 366 days'),
      }),
    )
    .min(1)
    .max(20),
  repeats: z.int().min(0).max(1000).optional(),
});
export type DefinePolicy = z.input<typeof definePolicy>;

/** In the order of their ids. */
export const listPolicies = z.strictObject(pageFields(idInput));
export type ListPolicies = z.input<typeof listPolicies>;

/** Where the escalation of an alert stands. */
export interface EscalationState {
  alertId: string;
  step: number;
  round: number;
  /** When the step is due; absent where nothing is: it was answered, is over, or has come to its end. */
  nextAt?: Instant;
}

/** One message to one target. */
export interface Notification {
  notificationId: string;
  alertId: string;
  step: number;
  round: number;
  target: string;
  text: string;
  state: NotificationState;
  attempts: number;
  providerId?: string;
  lastError?: string;
  /** The silence or rule that kept it quiet. */
  suppressedBy?: string;
  dueAt: Instant;
  deliveredAt?: Instant;
}

/** In the order of their steps. */
export const listNotifications = z.strictObject({ alertId: idInput, ...pageFields(z.int(), z.int(), textInput(128)) });
export type ListNotifications = z.input<typeof listNotifications>;

/** Codes with which escalations refuse. */
export type EscalationRefusal = 'unknown-policy' | 'unknown-escalation' | 'id-conflict';

/**
 * Who is told of alerts until somebody answers. The worker `escalate-alerts` takes the steps that are due in business time; `alerts.onDue`
 * delivers what they say.
 */
export interface Escalations {
  /** Takes all steps that are due now, as the worker does again and again. Answers how many alerts it touched. */
  escalate(options?: CallOptions): Promise<number>;
  /** Publishes who is told in which order and after how long. A policy never changes. */
  definePolicy(input: DefinePolicy, options?: CallOptions): Promise<EscalationPolicy>;
  /** Nothing where there is none. */
  findPolicy(policyId: string, options?: CallOptions): Promise<EscalationPolicy | undefined>;
  /** Refused as `not-found` where there is none. */
  getPolicy(policyId: string, options?: CallOptions): Promise<EscalationPolicy>;
  /** A page when awaited; all of them by `for await`. */
  listPolicies(input?: ListPolicies, options?: CallOptions): Listing<EscalationPolicy>;
  /** How far the escalation of an alert is. Refused with `unknown-escalation`. */
  getState(alertId: string, options?: CallOptions): Promise<EscalationState>;
  /** A page when awaited; all of them by `for await`. */
  listNotifications(input: ListNotifications, options?: CallOptions): Listing<Notification>;
}
