export interface QuorumGroup {
  threshold: number;
  members: readonly string[];
}

export interface Quorum {
  /** `all`: each group has its threshold, a person counting in one group at most. `any`: one group has. */
  join: 'all' | 'any';
  groups: readonly QuorumGroup[];
}

/**
 * Whether these persons meet a quorum. For `all` they must be assignable, each to one of its groups, so that every group is filled: by Hall's
 * marriage theorem (1935) they are where any set of groups has at least as many of them in it as it asks for. The function `quorum_met`
 * is the truth in the database; a test compares the two.
 */
export function isMet({ join, groups }: Quorum, persons: Iterable<string>): boolean {
  const present = new Set(persons);
  const inAny = (some: readonly QuorumGroup[]) =>
    new Set(some.flatMap(({ members }) => members.filter((member) => present.has(member)))).size;
  if (join === 'any') return groups.some((group) => inAny([group]) >= group.threshold);
  for (let set = 1; set < 1 << groups.length; set += 1) {
    const some = groups.filter((_, n) => set & (1 << n));
    if (inAny(some) < some.reduce((sum, { threshold }) => sum + threshold, 0)) return false;
  }
  return true;
}
