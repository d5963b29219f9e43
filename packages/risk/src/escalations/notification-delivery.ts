import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, type Instant, answers, functionCall } from '@tse/core';
import type { Delivery, DueNotification, OnDueOptions } from '../alerts/alerts.ts';
import type { Severity } from '../alerts/severities.ts';

const claim = functionCall(
  'risk.notifications.claim',
  'write',
  'claim_notifications',
  ['limit', 'claimMs'],
  answers<{
    id: string;
    fence: number;
    alert_id: string;
    target: string;
    body: string;
    step: number;
    round: number;
    attempt: number;
    due_at: Instant;
    severity: Severity;
  }>(),
);
const settle = functionCall(
  'risk.notifications.settle',
  'write',
  'settle_notification',
  ['id', 'fence', 'providerId', 'error', 'retryMs', 'mostAttempts', 'at'],
  answers<{ outcome: 'ok' | 'stale-claim' }>(),
);

const AT_ONCE = 20;
const PAUSE_MS = 250;
const MOST_ATTEMPTS = 10;
const LONGEST_RETRY_MS = 300_000;

type Handler = (
  notification: DueNotification,
  call: { signal: AbortSignal },
) => Promise<{ providerId?: string } | void>;

/** Delivers what is due: claims it, has it handled, and tells what became of it. What ends between is claimed again once its claim ran out. */
export class NotificationDelivery {
  readonly #context: AdapterContext;
  readonly #running = new Set<Delivery>();
  readonly #delivered: (values: { result: 'delivered' | 'failed' }) => void;
  #waking = new AbortController();

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#delivered = context.telemetry.counter('risk_notifications_total', 'Deliveries of notifications by result', [
      'result',
    ]);
  }

  /** There is something to deliver. */
  wake(): void {
    this.#waking.abort();
  }

  start(handler: Handler, { claimMs = 30_000, retryMs = 1000 }: OnDueOptions = {}): Delivery {
    const stop = new AbortController();
    const ended = this.#run(handler, { claimMs, retryMs }, stop.signal);
    const end = async () => {
      stop.abort();
      await ended;
      this.#running.delete(delivery);
    };
    const delivery: Delivery = { stop: end, [Symbol.asyncDispose]: end };
    this.#running.add(delivery);
    return delivery;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((delivery) => delivery.stop()));
  }

  async #run(handler: Handler, times: Required<OnDueOptions>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#waking = new AbortController();
      let delivered = 0;
      try {
        delivered = await this.#round(handler, times, signal);
      } catch (err) {
        if (!signal.aborted) this.#context.telemetry.log.debug({ err }, 'notifications cannot be delivered for now');
      }
      const woken = AbortSignal.any([signal, this.#waking.signal]);
      if (delivered === 0) await sleep(PAUSE_MS, undefined, { signal: woken, ref: false }).catch(() => {});
    }
  }

  async #round(handler: Handler, { claimMs, retryMs }: Required<OnDueOptions>, signal: AbortSignal): Promise<number> {
    const due = await this.#context.pg.many(claim, { limit: AT_ONCE, claimMs });
    await Promise.all(
      due.map(async ({ id, fence, alert_id, target, body, step, round, attempt, due_at, severity }) => {
        const told = { providerId: undefined as string | undefined, error: undefined as string | undefined };
        try {
          const notification = {
            notificationId: id,
            alertId: alert_id,
            severity,
            target,
            text: body,
            step,
            round,
            attempt,
            dueAt: due_at,
          };
          told.providerId = (await handler(notification, { signal }))?.providerId?.slice(0, 200);
        } catch (err) {
          // Its class alone: what a provider says may hold a secret.
          told.error = err instanceof Error ? err.name.slice(0, 100) : typeof err;
          this.#context.telemetry.log.warn({ err, notification: id }, 'a notification was not delivered');
        }
        this.#delivered({ result: told.error === undefined ? 'delivered' : 'failed' });
        await this.#context.pg.one(settle, {
          id,
          fence,
          ...told,
          retryMs: Math.min(retryMs * 2 ** Math.min(attempt - 1, 20), LONGEST_RETRY_MS),
          mostAttempts: MOST_ATTEMPTS,
          at: this.#context.clock.now(),
        });
      }),
    );
    return due.length;
  }
}
