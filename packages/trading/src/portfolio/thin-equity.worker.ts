import { pollingWorker } from '@tse/core';
import type { PortfolioRepository } from './portfolio.repository.ts';

/** Thins equity curves by the age of their points. */
export const thinEquity = (portfolio: PortfolioRepository) =>
  pollingWorker({ name: 'thin-equity', batch: 5000, pauseMs: 600_000, work: (limit) => portfolio.thin(limit) });
