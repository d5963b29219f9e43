export { type TestCoordinatorAdapter, createTestCoordinatorAdapter } from './adapter.ts';
export { definition } from './definition.ts';
