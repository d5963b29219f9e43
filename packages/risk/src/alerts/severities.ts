export const severities = ['low', 'medium', 'high', 'critical'] as const;
/** How bad it is, in this order. */
export type Severity = (typeof severities)[number];
