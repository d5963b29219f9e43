import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { AccountRepository } from './accounts/accounts.repository.ts';
import type { Accounts } from './accounts/accounts.ts';
import { ApprovalRepository } from './approvals/approvals.repository.ts';
import { ApprovalStore } from './approvals/approvals.store.ts';
import type { Approvals } from './approvals/approvals.ts';
import { expireApprovals } from './approvals/expire-approvals.worker.ts';
import { CalendarRepository } from './calendars/calendars.repository.ts';
import type { Calendars } from './calendars/calendars.ts';
import { definition } from './definition.ts';
import { HoldingRepository } from './holdings/holdings.repository.ts';
import type { Holdings } from './holdings/holdings.ts';
import { HoldingSnapshotRepository } from './holding-snapshots/holding-snapshots.repository.ts';
import type { HoldingSnapshots } from './holding-snapshots/holding-snapshots.ts';
import { NettingRepository } from './netting/netting.repository.ts';
import type { Netting } from './netting/netting.ts';
import { settleNetting } from './netting/settle-netting.worker.ts';
import { PolicyRepository } from './policies/policies.repository.ts';
import type { Policies } from './policies/policies.ts';
import { DueSettlementStore } from './settlements/due-settlements.store.ts';
import { settleDue } from './settlements/settle-due.worker.ts';
import { SettlementRepository } from './settlements/settlements.repository.ts';
import type { SettlementProcessing, Settlements } from './settlements/settlements.ts';
import { ReconciliationRunRepository } from './reconciliations/reconciliation-runs.repository.ts';
import { ReconciliationRepository } from './reconciliations/reconciliations.repository.ts';
import type { Reconciliations } from './reconciliations/reconciliations.ts';
import { TransferRepository } from './transfers/transfers.repository.ts';
import type { Transfers } from './transfers/transfers.ts';
import { WalletRepository } from './wallets/wallets.repository.ts';
import type { Wallets } from './wallets/wallets.ts';

/** The data of a custodian. */
export interface CustodianAdapter extends BaseAdapter, SettlementProcessing {
  readonly accounts: Accounts;
  readonly holdings: Holdings;
  readonly calendars: Calendars;
  readonly settlements: Settlements;
  readonly netting: Netting;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly transfers: Transfers;
  readonly wallets: Wallets;
  readonly reconciliations: Reconciliations;
  readonly holdingSnapshots: HoldingSnapshots;
}

/**
 * Opens the custodian's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createCustodianAdapter = Object.assign(
  (options?: AdapterOptions): CustodianAdapter => {
    const { context, keys, mount } = openAdapter({ ...definition, options });

    const approvalCopies = new ApprovalStore(context, keys.approval);
    const approvals = new ApprovalRepository(context, approvalCopies);

    const due = new DueSettlementStore(context, keys.settlementDue);
    const settlements = new SettlementRepository(context, due);
    const netting = new NettingRepository(context);
    const runs = new ReconciliationRunRepository(context);

    const base = mount({
      projections: [approvalCopies.projection],
      workers: [settleDue(context, settlements, due), settleNetting(netting), expireApprovals(approvals)],
    });
    return {
      ...base,
      accounts: new AccountRepository(context),
      holdings: new HoldingRepository(context),
      calendars: new CalendarRepository(context),
      settlements,
      netting,
      policies: new PolicyRepository(context),
      approvals,
      transfers: new TransferRepository(context, approvalCopies),
      wallets: new WalletRepository(context),
      reconciliations: new ReconciliationRepository(context, runs),
      holdingSnapshots: new HoldingSnapshotRepository(context, runs),
      processSettlement: (settlement, callOptions) => settlements.processSettlement(settlement, callOptions),
    };
  },
  { definition },
);
