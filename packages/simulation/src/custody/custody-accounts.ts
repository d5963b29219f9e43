import type { CustodianAdapter } from '@tse/custodian';

export const OUTSIDE = 'external';
export const OMNIBUS = 'omnibus';

/** The custody account of a venue's account: what the venue takes as fees is the house's. */
export const custodyAccountOf = (accountId: string): string =>
  accountId === 'fees' ? 'house/fees' : `client/${accountId}`;

/** What has to be there before the first client: a master, an omnibus account for the venue's clients, and the house's for its fees. */
export async function openHouse({ accounts }: CustodianAdapter, venue: string): Promise<void> {
  const ownerId = 'custodian';
  await accounts.open({ accountId: 'master', kind: 'master', ownerId });
  await accounts.open({ accountId: OMNIBUS, kind: 'omnibus', parentId: 'master', ownerId });
  await openFor(accounts, venue, { accountId: 'fees', ownerId, kind: 'house' });
}

/** Repeated for each change of the account: it is opened once. */
export async function openFor(
  accounts: CustodianAdapter['accounts'],
  venue: string,
  { accountId, ownerId, kind }: { accountId: string; ownerId: string; kind: 'house' | 'segregated' },
): Promise<void> {
  await accounts.open({
    accountId: custodyAccountOf(accountId),
    kind,
    parentId: kind === 'house' ? 'master' : OMNIBUS,
    client: { venue, accountId },
    ownerId,
  });
}
