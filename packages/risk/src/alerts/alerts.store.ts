import type { CopyStore, Projection } from '@tse/core';
import type { Alert } from './alerts.ts';
import { severities } from './severities.ts';

const ALL = 'all';

/** Copies of alerts: each by itself, and those that are not closed together. */
export class AlertStore {
  readonly #alerts: CopyStore<Alert>;
  readonly #active: CopyStore<Alert>;

  constructor(alerts: CopyStore<Alert>, active: CopyStore<Alert>) {
    this.#alerts = alerts;
    this.#active = active;
  }

  refresh(alerts: readonly Alert[]): void {
    this.#alerts.refresh(alerts.map(single));
    this.#active.refresh(alerts.map(active));
  }

  async find(alertId: string): Promise<Alert | undefined> {
    return (await this.#alerts.find(alertId))?.[0];
  }

  fill(alert: Alert): Promise<void> {
    return this.#alerts.fill(alert.alertId, [single(alert)]);
  }

  async listActive(): Promise<Alert[] | undefined> {
    return (await this.#active.find(ALL))?.sort(bySeverity);
  }

  fillActive(alerts: readonly Alert[]): Promise<void> {
    return this.#active.fill(ALL, alerts.map(active));
  }

  projections(truth: {
    find: (alertId: string) => Promise<Alert | undefined>;
    listActive: () => Promise<readonly Alert[]>;
  }): Projection[] {
    return [
      this.#alerts.projection('alerts', async (id) =>
        [await truth.find(id)].flatMap((alert) => (alert ? single(alert) : [])),
      ),
      this.#active.projection('active-alerts', async () => (await truth.listActive()).map(active)),
    ];
  }
}

const single = (alert: Alert) => ({ id: alert.alertId, field: 'alert', version: alert.version, value: alert });
const active = (alert: Alert) => ({
  id: ALL,
  field: alert.alertId,
  version: alert.version,
  value: alert.state === 'closed' ? null : alert,
});

export const bySeverity = (a: Alert, b: Alert): number =>
  severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
  (a.openedAt < b.openedAt ? -1 : a.openedAt > b.openedAt ? 1 : a.alertId < b.alertId ? -1 : 1);
