export { type CustodianAdapter, createCustodianAdapter } from './adapter.ts';
export { definition } from './definition.ts';
