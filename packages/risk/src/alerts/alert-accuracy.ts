import { type Instant, instant } from '@tse/core';

/** Something that was really there to be noticed: a manipulation, a fault, with its cause. */
export interface TruthInterval {
  readonly causeId: string;
  readonly from: Instant;
  /** Left out while it lasts. */
  readonly until?: Instant | undefined;
  /** An alert is of it only where it has all of these. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which should notice it; left out, all. */
  readonly detectors?: readonly string[] | undefined;
}

export interface FiredAlert {
  readonly alertId: string;
  /** What raised it. */
  readonly detector: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firedAt: Instant;
}

/** How often a detector was right, against what is known to have been there. */
export interface DetectorScore {
  detector: string;
  /** Intervals that it noticed. */
  truePositives: number;
  /** Alerts while nothing was there. */
  falsePositives: number;
  /** Intervals that it should have noticed and did not. */
  misses: number;
  /** Further alerts of an interval that was noticed already: neither right nor wrong. */
  repeats: number;
  /** Detections later than the service level. */
  late: number;
  /** Absent where it raised nothing. */
  precision?: number;
  /** Absent where there was nothing to notice. */
  recall?: number;
  /** Their harmonic mean, where both are there. */
  f1?: number;
  /** Of business time, from the beginning of an interval to its first alert; absent where none was noticed. */
  secondsToDetect?: { mean: number; max: number };
}

/** One interval that was noticed, and after how many seconds of business time. */
export interface ScoredDetection {
  causeId: string;
  detector: string;
  alertId: string;
  seconds: number;
}

/** Alerts scored against the intervals in which something is known to have been wrong. */
export interface AlertScore {
  /** All alerts as if one had raised them. */
  overall: DetectorScore;
  /** In the order of their names. */
  detectors: DetectorScore[];
  detections: ScoredDetection[];
  misses: { causeId: string; detector: string }[];
  falseAlarms: { alertId: string; detector: string }[];
}

export interface ScoringTerms {
  /** How long after its end an interval may still be noticed. */
  readonly graceMs: number;
  readonly serviceLevelMs: number;
}

/** The name under which all alerts are scored together. */
export const ANY_DETECTOR = 'any';

/**
 * Scores alerts against what was really there. An alert belongs to an interval that has begun when it fires, has not ended longer ago than
 * the grace, and whose labels it has; of several to the one that began last, for that is the latest that can have raised it, and of those
 * that began together to the first by its id. Both ends belong to the interval. The first alert of a detector for an interval is its
 * detection, later ones are repeats; one that belongs to none is a false positive. Precision and recall as in van Rijsbergen, Information
 * Retrieval (1979), 7: true positives by all that was raised, and by all that was there.
 */
export function scoreAlertsAgainst(
  truth: readonly TruthInterval[],
  alerts: readonly FiredAlert[],
  terms: ScoringTerms,
): AlertScore {
  const inOrder = [...alerts].sort(
    (a, b) => compare(a.firedAt, b.firedAt) || compare(a.detector, b.detector) || compare(a.alertId, b.alertId),
  );
  const belonging = inOrder.map((alert) => ({ alert, interval: intervalOf(alert, truth, terms) }));
  const named = new Set([
    ...alerts.map(({ detector }) => detector),
    ...truth.flatMap(({ detectors = [] }) => detectors),
  ]);
  const scored = [...named].sort(compare).map((detector) =>
    scoreOf(
      detector,
      truth.filter(({ detectors }) => detectors === undefined || detectors.includes(detector)),
      belonging.filter(({ alert }) => alert.detector === detector),
      terms,
    ),
  );
  return {
    overall: scoreOf(ANY_DETECTOR, truth, belonging, terms).score,
    detectors: scored.map(({ score }) => score),
    detections: scored.flatMap(({ detections }) => detections),
    misses: scored.flatMap(({ score, missed }) => missed.map(({ causeId }) => ({ causeId, detector: score.detector }))),
    falseAlarms: belonging
      .filter(({ interval }) => interval === undefined)
      .map(({ alert: { alertId, detector } }) => ({ alertId, detector })),
  };
}

interface Belonging {
  alert: FiredAlert;
  interval: TruthInterval | undefined;
}

function scoreOf(
  detector: string,
  expected: readonly TruthInterval[],
  belonging: readonly Belonging[],
  { serviceLevelMs }: ScoringTerms,
) {
  const first = new Map<TruthInterval, ScoredDetection>();
  let falsePositives = 0;
  for (const { alert, interval } of belonging) {
    if (interval === undefined) falsePositives += 1;
    else if (!first.has(interval))
      first.set(interval, {
        causeId: interval.causeId,
        detector,
        alertId: alert.alertId,
        seconds: (instant.millis(alert.firedAt) - instant.millis(interval.from)) / 1000,
      });
  }
  const detections = [...first.values()];
  const missed = expected.filter((interval) => !first.has(interval));
  const truePositives = first.size;
  const precision = share(truePositives, truePositives + falsePositives);
  const recall = share(truePositives, truePositives + missed.length);
  const seconds = detections.map((detection) => detection.seconds);
  const score: DetectorScore = {
    detector,
    truePositives,
    falsePositives,
    misses: missed.length,
    repeats: belonging.length - truePositives - falsePositives,
    late: seconds.filter((each) => each * 1000 > serviceLevelMs).length,
    ...(precision !== undefined && { precision }),
    ...(recall !== undefined && { recall }),
    ...(precision !== undefined &&
      recall !== undefined && { f1: truePositives === 0 ? 0 : (2 * precision * recall) / (precision + recall) }),
    ...(seconds.length > 0 && {
      secondsToDetect: { mean: seconds.reduce((a, b) => a + b, 0) / seconds.length, max: Math.max(...seconds) },
    }),
  };
  return { score, detections, missed };
}

function intervalOf(
  { labels, firedAt }: FiredAlert,
  truth: readonly TruthInterval[],
  { graceMs }: ScoringTerms,
): TruthInterval | undefined {
  let found: TruthInterval | undefined;
  for (const interval of truth) {
    const { from, until } = interval;
    if (from > firedAt || (until !== undefined && instant.plusMillis(until, graceMs) < firedAt)) continue;
    if (Object.entries(interval.labels).some(([name, value]) => labels[name] !== value)) continue;
    const isNearer =
      found === undefined || from > found.from || (from === found.from && interval.causeId < found.causeId);
    if (isNearer) found = interval;
  }
  return found;
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
