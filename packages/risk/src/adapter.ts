import { type AdapterOptions, type BaseAdapter, CopyStore, InvalidInputError, openAdapter } from '@tse/core';
import { AlertRepository } from './alerts/alerts.repository.ts';
import { AlertStore } from './alerts/alerts.store.ts';
import type { Alert, Alerts } from './alerts/alerts.ts';
import { BreachRepository } from './breaches/breaches.repository.ts';
import type { Breaches } from './breaches/breaches.ts';
import { watchLimits } from './breaches/watch-limits.worker.ts';
import { CheckRepository } from './checks/checks.repository.ts';
import type { Checks } from './checks/checks.ts';
import { expireReservations } from './checks/expire-reservations.worker.ts';
import { type Measured, RecentStore } from './copies/recent.store.ts';
import { definition } from './definition.ts';
import { escalateAlerts } from './escalations/escalate-alerts.worker.ts';
import { EscalationRepository } from './escalations/escalations.repository.ts';
import type { Escalations } from './escalations/escalations.ts';
import { NotificationDelivery } from './escalations/notification-delivery.ts';
import { LimitRepository } from './limits/limits.repository.ts';
import type { LimitUse, Limits, TradingStateOf } from './limits/limits.ts';
import { TradingStateStore } from './limits/trading-state.store.ts';
import { MarkRepository } from './marks/marks.repository.ts';
import type { Mark, Marks } from './marks/marks.ts';
import { MetricsRepository } from './metrics/metrics.repository.ts';
import type { Metrics, RiskCalculations, StoredRiskMetrics } from './metrics/metrics.ts';
import { RiskMetricsExport } from './metrics/risk-metrics-export.ts';
import { PnlRepository } from './pnl/pnl.repository.ts';
import type { Pnl, ProfitAndLoss } from './pnl/pnl.ts';
import { type Reporting, type ReportingOptions, reportingInput } from './pnl/reporting.ts';
import { revalue } from './pnl/revalue.worker.ts';
import type { PositionCopy } from './positions/position-rows.ts';
import { PositionRepository } from './positions/positions.repository.ts';
import type { Positions } from './positions/positions.ts';
import { FeedWatch } from './reports/feed-watch.ts';
import { ReportRepository } from './reports/reports.repository.ts';
import type { Reports } from './reports/reports.ts';

/** The data of a risk monitor. */
export interface RiskAdapter extends BaseAdapter, RiskCalculations {
  readonly positions: Positions;
  readonly marks: Marks;
  readonly pnl: ProfitAndLoss;
  readonly limits: Limits;
  readonly checks: Checks;
  readonly breaches: Breaches;
  readonly alerts: Alerts;
  readonly escalations: Escalations;
  /** Not `metrics`: that is where every adapter has its Prometheus registry. */
  readonly riskMetrics: Metrics;
  readonly reports: Reports;
}

export interface RiskOptions extends AdapterOptions {
  /** What results are told in: US dollars, days of UTC, prices of up to a minute where nothing is said. */
  reporting?: ReportingOptions | undefined;
}

/**
 * Opens the risk monitor's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createRiskAdapter = Object.assign(
  ({ reporting, ...options }: RiskOptions = {}): RiskAdapter => {
    const results = reportingOf(reporting);
    const { context, keys, relay, mount } = openAdapter({ ...definition, options });
    const copies = {
      positions: new CopyStore<PositionCopy>(context, keys.position),
      marks: new CopyStore<Mark>(context, keys.mark),
      tradingStates: new CopyStore<TradingStateOf>(context, keys.tradingState),
      limitUse: new CopyStore<Measured<LimitUse[]>>(context, keys.limitUse),
      pnl: new CopyStore<Measured<Pnl>>(context, keys.pnl),
      alerts: new CopyStore<Alert>(context, keys.alert),
      activeAlerts: new CopyStore<Alert>(context, keys.activeAlerts),
      metrics: new CopyStore<StoredRiskMetrics>(context, keys.metrics),
    };
    const alertCopies = new AlertStore(copies.alerts, copies.activeAlerts);
    const exported = new RiskMetricsExport(context);
    const delivery = new NotificationDelivery(context);
    const wakeRelay = () => relay.wake();
    const breaches = new BreachRepository(
      context,
      { alerts: alertCopies, feeds: new FeedWatch(context), exported },
      wakeRelay,
    );
    const watching = watchLimits(breaches);
    const onChange = () => {
      watching.wake();
      relay.wake();
    };
    const checks = new CheckRepository(context, wakeRelay);
    const escalations = new EscalationRepository(context, alertCopies, () => {
      delivery.wake();
      relay.wake();
    });
    const pnl = new PnlRepository(context, new RecentStore(copies.pnl), results);
    const metrics = new MetricsRepository(context, copies.metrics, results.maxPriceAge);

    const positions = new PositionRepository(context, copies.positions, onChange);
    const marks = new MarkRepository(context, copies.marks, watching.wake);
    const limits = new LimitRepository(
      context,
      new TradingStateStore(copies.tradingStates),
      new RecentStore(copies.limitUse),
      onChange,
    );
    const alerts = new AlertRepository(context, { copies: alertCopies, delivery, exported }, wakeRelay);

    const base = mount({
      workers: [expireReservations(checks), revalue(pnl, context.clock), watching, escalateAlerts(escalations)],
      projections: [positions.projection, marks.projection, limits.projection, ...alerts.projections],
      flush: [() => delivery.close(), ...Object.values(copies).map((store) => () => store.close())],
    });
    return {
      ...base,
      positions,
      marks,
      pnl,
      limits,
      checks,
      breaches,
      alerts,
      escalations,
      riskMetrics: metrics,
      reports: new ReportRepository(context),
      calculateRiskMetrics: (positions, callOptions) => metrics.calculateRiskMetrics(positions, callOptions),
    };
  },
  { definition },
);

function reportingOf(options: ReportingOptions = {}): Reporting {
  const parsed = reportingInput.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    parsed.error.issues.map(({ path, message }) => ({ path: ['reporting', ...path].join('.'), message })),
    'invalid-configuration',
  );
}
