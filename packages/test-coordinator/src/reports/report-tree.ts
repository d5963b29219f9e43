import type { ReportItem, ReportNode } from './reports.ts';

/** Items, parents before children, as trees. */
export function treesOf(items: readonly ReportItem[]): ReportNode[] {
  const nodes = new Map(items.map((item) => [item.itemId, { ...item, children: [] as ReportNode[] }]));
  const roots: ReportNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.parentId === undefined ? undefined : nodes.get(node.parentId);
    (parent?.children ?? roots).push(node);
  }
  return roots;
}
