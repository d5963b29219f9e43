import { type Instant, instant } from '@tse/core';

/** What an event of the trail says to a rule. */
export interface Member {
  readonly position: number;
  readonly source: string;
  readonly type: string;
  /** Business time. */
  readonly at: Instant;
  /** When the trail took it. */
  readonly recordedAt: Instant;
}

/** By what events are correlated. */
export type CorrelationKind = 'same-id' | 'same-order' | 'time-window' | 'sequence';

/** A version of a rule, as its evaluation needs it. */
export interface Evaluated {
  readonly kind: CorrelationKind;
  readonly types?: readonly string[] | undefined;
  readonly minEvents: number;
  readonly minSources: number;
  /** Milliseconds of business time. */
  readonly within: number;
  /** Milliseconds of the trail's time. */
  readonly settle: number;
}

/** Events that a rule found to belong together. */
export interface Found {
  readonly members: readonly Member[];
  /** Above zero, and 1 where nothing is left to doubt. */
  readonly confidence: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** A group that is longer is judged as it is, and what comes then begins another. */
export const LARGEST_GROUP = 500;

/**
 * Adds events of one key to those it had: a group ends with a pause of the trail that is longer than the rule's `settle`. Answers the
 * groups that have ended, and the one that goes on. The same events give the same groups, in whatever portions they come.
 */
export function grouped(
  open: readonly Member[],
  added: readonly Member[],
  settle: number,
): { ended: Member[][]; open: Member[] } {
  const ended: Member[][] = [];
  let group = [...open];
  for (const member of added) {
    const last = group.at(-1);
    if (last && (group.length === LARGEST_GROUP || isOver(last, member.recordedAt, settle))) {
      ended.push(group);
      group = [];
    }
    group.push(member);
  }
  return { ended, open: group };
}

/** Whether nothing that the trail takes from this moment on belongs to the group of this last member. */
export const isOver = ({ recordedAt }: Member, now: Instant, settle: number): boolean =>
  instant.plusMillis(recordedAt, settle) < now;

/** What a rule finds in a group. */
export function findings(rule: Evaluated, group: readonly Member[]): Found[] {
  const inTime = group.toSorted((a, b) => instant.compare(a.at, b.at) || a.position - b.position);
  return evaluations[rule.kind](rule, inTime);
}

const evaluations: Record<CorrelationKind, (rule: Evaluated, inTime: readonly Member[]) => Found[]> = {
  'same-id': together,
  'same-order': together,
  'time-window': windows,
  sequence: sequences,
};

/** An id that they share leaves no doubt. */
function together({ minEvents, minSources }: Evaluated, members: readonly Member[]): Found[] {
  if (members.length < Math.max(2, minEvents) || sourcesOf(members).length < minSources) return [];
  return [{ members, confidence: 1, evidence: evidenceOf(members) }];
}

/** One of each type within the window, each event in one finding: the nearer they are the surer it is. */
function windows({ types = [], within, minSources }: Evaluated, members: readonly Member[]): Found[] {
  const found: Found[] = [];
  let last = new Map<string, Member>();
  for (const member of members) {
    if (!types.includes(member.type)) continue;
    last.set(member.type, member);
    const set = [...last.values()].toSorted((a, b) => instant.compare(a.at, b.at) || a.position - b.position);
    const spread = millisBetween(set[0]!, set.at(-1)!);
    if (set.length < types.length || spread > within || sourcesOf(set).length < minSources) continue;
    found.push({ members: set, confidence: surely(1 - spread / within), evidence: { ...evidenceOf(set), within } });
    last = new Map();
  }
  return found;
}

/** The types in their order, each within the window of the one before: the share of the pattern that is there is how sure it is. */
function sequences({ types = [], within, minEvents, minSources }: Evaluated, members: readonly Member[]): Found[] {
  const found: Found[] = [];
  let matched: Member[] = [];
  const end = () => {
    if (matched.length >= Math.max(2, minEvents) && sourcesOf(matched).length >= minSources) {
      const missing = types.slice(matched.length);
      found.push({
        members: matched,
        confidence: matched.length / types.length,
        evidence: { ...evidenceOf(matched), within, ...(missing.length > 0 && { missing }) },
      });
    }
    matched = [];
  };
  for (const member of members) {
    const last = matched.at(-1);
    if (last && millisBetween(last, member) > within) end();
    if (member.type === types[matched.length]) matched.push(member);
    else if (matched.length > 0 && member.type === types[0]) {
      end();
      matched.push(member);
    }
    if (matched.length === types.length) end();
  }
  end();
  return found;
}

const evidenceOf = (members: readonly Member[]) => ({
  sources: sourcesOf(members),
  types: [...new Set(members.map(({ type }) => type))],
  spreadMs: members.length === 0 ? 0 : millisBetween(members[0]!, members.at(-1)!),
});

const sourcesOf = (members: readonly Member[]): string[] => [...new Set(members.map(({ source }) => source))].sort();
const millisBetween = (a: Member, b: Member): number => Number(instant.micros(b.at) - instant.micros(a.at)) / 1000;
const surely = (share: number): number => Math.max(0.01, Math.round(share * 1e6) / 1e6);

/** The values of a field, however deep it stands: `sides[0].orderId` is an `orderId` too. */
export function valuesOf(payload: unknown, field: string): string[] {
  const values = new Set<string>();
  const pending: unknown[] = [payload];
  for (let seen = 0; pending.length > 0 && seen < 10_000; seen += 1) {
    const part = pending.pop();
    if (typeof part !== 'object' || part === null) continue;
    for (const [name, value] of Object.entries(part)) {
      if (name === field && typeof value === 'string' && value !== '') values.add(value);
      else pending.push(value);
    }
  }
  return [...values].sort();
}
