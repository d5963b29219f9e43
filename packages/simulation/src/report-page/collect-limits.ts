import type { RiskAdapter, Scope } from '@tse/risk';
import type { BreachRow, BreachStep, LimitRow } from './run-page.ts';
import { sampled, take } from './sampled.ts';

const MOST_LIMITS = 50;
const MOST_BREACHES = 20;
const MOST_CHECKS = 10_000;
const MOST_POINTS = 400;
const MOST_STEPS = 60;
const PAGE = 1000;

export interface LimitsPart {
  readonly limits: readonly LimitRow[];
  readonly breaches: readonly BreachRow[];
  readonly checks: { readonly allowed: number; readonly denied: number; readonly cut: boolean };
}

/** Limits with what checks measured against them, and breaches with all that followed until somebody answered. */
export async function collectLimits(risk: RiskAdapter): Promise<LimitsPart> {
  const { items: decided, cut } = await take(risk.checks.list({ limit: PAGE }), MOST_CHECKS);
  const checks = decided.toReversed();
  const denied = checks.filter(({ decision }) => decision === 'deny').length;
  const { items: limits } = await take(risk.limits.list(), MOST_LIMITS);
  const rows = limits.map(async ({ limitId, metric, scope, soft, hard }): Promise<LimitRow> => {
    const measured = checks.flatMap(({ decidedAt, results }) =>
      results.flatMap(({ limitId: of, observed, outcome }) =>
        of === limitId && observed !== undefined ? [{ at: decidedAt, observed, refused: outcome === 'exceeded' }] : [],
      ),
    );
    const use = (await risk.limits.listUse({ scope })).filter((used) => used.limitId === limitId);
    return {
      limitId,
      metric,
      scope: scopeText(scope),
      ...(soft !== undefined && { soft }),
      ...(hard !== undefined && { hard }),
      use: use.map(({ subject, observed, ratio, code }) => ({
        ...(subject !== undefined && { subject }),
        ...(observed !== undefined && { observed }),
        ...(ratio !== undefined && { ratio }),
        ...(code !== undefined && { code }),
      })),
      checks: sampled(measured, ({ observed }) => Number(observed), MOST_POINTS, cut),
    };
  });
  const { items: breaches } = await take(risk.breaches.list(), MOST_BREACHES);
  return {
    limits: await Promise.all(rows),
    checks: { allowed: checks.length - denied, denied, cut },
    breaches: await Promise.all(
      breaches.toReversed().map(async (breach): Promise<BreachRow> => {
        const { breachId, limitId, scope, subject, severity, peak, limit, openedAt, clearedAt, alertId } = breach;
        return {
          breachId,
          limitId,
          scope: scopeText(scope),
          ...(subject !== undefined && { subject }),
          severity,
          peak,
          limit,
          openedAt,
          ...(clearedAt !== undefined && { clearedAt }),
          steps: await stepsOf(risk, breachId, alertId),
        };
      }),
    ),
  };
}

const scopeText = (scope: Scope): string =>
  Object.entries(scope)
    .filter(([, id]) => id !== undefined)
    .map(([kind, id]) => `${kind} ${id}`)
    .join(', ') || 'the firm';

/** What the breach, its alert and its escalation did, oldest first. */
async function stepsOf(risk: RiskAdapter, breachId: string, alertId: string): Promise<BreachStep[]> {
  const [events, log, { items: told }] = await Promise.all([
    risk.breaches.listEvents(breachId),
    risk.alerts.listLog(alertId),
    take(risk.escalations.listNotifications({ alertId, limit: PAGE }), PAGE),
  ]);
  const steps: BreachStep[] = [
    ...events.map(({ occurredAt, type, severity, observed }) => ({
      at: occurredAt,
      what: `breach ${type}`,
      detail: severity,
      observed,
    })),
    ...log.map(({ occurredAt, type, state, severity, actor }) => ({
      at: occurredAt,
      what: `alert ${type}`,
      detail: [state, severity, ...(actor === undefined ? [] : [`by ${actor}`])].join(', '),
    })),
    ...told.map(({ dueAt, deliveredAt, target, step, state }) => ({
      at: deliveredAt ?? dueAt,
      what: `${target} told`,
      detail: `step ${step}, ${state}`,
    })),
  ];
  return steps.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(0, MOST_STEPS);
}
