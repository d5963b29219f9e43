import type { Instant } from '@tse/core';
import type { AccountKind, AccountStatus, AccountType, KycStatus } from './account-states.ts';
import type { Account } from './accounts.ts';

export const accountColumns = [
  'id',
  'scope_id',
  'parent_id',
  'owner_id',
  'kind',
  'type',
  'status',
  'kyc_status',
  'fee_tier',
  'check_required',
  'metadata',
  'opened_at',
  'version',
] as const;

export interface AccountRow {
  id: string;
  scope_id: string;
  parent_id: string | null;
  owner_id: string;
  kind: AccountKind;
  type: AccountType;
  status: AccountStatus;
  kyc_status: KycStatus;
  fee_tier: string;
  check_required: boolean;
  metadata: unknown;
  opened_at: Instant;
  version: number;
}

export const toAccount = (row: AccountRow): Account => ({
  accountId: row.id,
  ...(row.parent_id !== null && { parentId: row.parent_id }),
  ownerId: row.owner_id,
  kind: row.kind,
  type: row.type,
  status: row.status,
  kycStatus: row.kyc_status,
  feeTier: row.fee_tier,
  checkRequired: row.check_required,
  metadata: row.metadata as Record<string, unknown>,
  openedAt: row.opened_at,
  version: row.version,
});
