import type { Instant } from '@tse/core';
import type { AccountKind, AccountStatus } from './account-states.ts';
import type { CustodyAccount } from './accounts.ts';

export const accountColumns = [
  'id',
  'kind',
  'parent_id',
  'venue',
  'client_account_id',
  'owner_id',
  'status',
  'opened_at',
  'version',
] as const;

export interface AccountRow {
  id: string;
  kind: AccountKind;
  parent_id: string | null;
  venue: string | null;
  client_account_id: string | null;
  owner_id: string;
  status: AccountStatus;
  opened_at: Instant;
  version: number;
}

export const toAccount = (row: AccountRow): CustodyAccount => ({
  accountId: row.id,
  kind: row.kind,
  ...(row.parent_id !== null && { parentId: row.parent_id }),
  ...(row.venue !== null && { client: { venue: row.venue, accountId: row.client_account_id! } }),
  ownerId: row.owner_id,
  status: row.status,
  openedAt: row.opened_at,
  version: row.version,
});
