import { defineConfig } from 'vitest/config';

// vitest 5 reads this file only when it is named: every script passes `--config vitest.workspace.ts`.
const sources = { resolve: { conditions: ['@tse/source'] }, ssr: { resolve: { conditions: ['@tse/source'] } } };
const servers = './packages/testkit/src/vitest/global-setup.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/*.fault.test.ts', '**/node_modules/**'],
        },
      },
      {
        ...sources,
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.int.test.ts'],
          globalSetup: servers,
          testTimeout: 30_000,
          hookTimeout: 120_000,
          // A machine may be busy: what is waited for comes, only later.
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        ...sources,
        test: {
          name: 'faults',
          include: ['packages/*/src/**/*.fault.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
