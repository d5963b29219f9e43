export { type RiskAdapter, createRiskAdapter } from './adapter.ts';
export { definition } from './definition.ts';
