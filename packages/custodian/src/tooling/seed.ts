import type { CustodianAdapter } from '../adapter.ts';
import { seedGovernance } from './seed-governance.ts';

const clients = ['alice', 'bob', 'carol'];
const funds = { BTC: '10', ETH: '100', USD: '1000000', USDT: '1000000' };
const at = '2026-01-01T00:00:00Z';

/** The days on which the Federal Reserve is closed, as it publishes them: those that fall on a weekday. */
const holidays = [
  { day: '2026-01-01', name: "New Year's Day" },
  { day: '2026-01-19', name: 'Birthday of Martin Luther King, Jr.' },
  { day: '2026-02-16', name: "Washington's Birthday" },
  { day: '2026-05-25', name: 'Memorial Day' },
  { day: '2026-06-19', name: 'Juneteenth National Independence Day' },
  { day: '2026-09-07', name: 'Labor Day' },
  { day: '2026-10-12', name: 'Columbus Day' },
  { day: '2026-11-11', name: 'Veterans Day' },
  { day: '2026-11-26', name: 'Thanksgiving Day' },
  { day: '2026-12-25', name: 'Christmas Day' },
  { day: '2027-01-01', name: "New Year's Day" },
];

/**
 * Development data: a calendar for dollars, a master with an omnibus account and clients with holdings below it, the house's fees, and
 * two settlements. Everything is named, so that running it again changes nothing.
 */
export async function seedCustodian(
  custodian: CustodianAdapter,
  progress: (text: string) => void = () => {},
): Promise<Record<string, number>> {
  const { accounts, calendars, holdings, settlements } = custodian;
  progress('calendar');
  await calendars.define({
    calendarId: 'usd',
    version: 1,
    timeZone: 'America/New_York',
    cutoff: '17:00',
    firstDay: '2026-01-01',
    lastDay: '2027-01-15',
    holidays,
  });
  await calendars.assign({ asset: 'USD', calendarId: 'usd' });

  progress('accounts and holdings');
  await accounts.open({ accountId: 'master', kind: 'master', ownerId: 'custodian' });
  await accounts.open({ accountId: 'omnibus', kind: 'omnibus', parentId: 'master', ownerId: 'custodian' });
  await accounts.open({
    accountId: 'house/fees',
    kind: 'house',
    parentId: 'master',
    client: { venue: 'exchange', accountId: 'fees' },
    ownerId: 'custodian',
  });
  for (const client of clients) {
    const accountId = `client/${client}`;
    await accounts.open({
      accountId,
      kind: 'segregated',
      parentId: 'omnibus',
      client: { venue: 'exchange', accountId: client },
      ownerId: client,
    });
    await holdings.adjust({
      reference: `seed-${client}`,
      reason: 'opening holdings',
      at,
      movements: Object.entries(funds).flatMap(([asset, amount]) => [
        { accountId: 'external', asset, amount: `-${amount}` },
        { accountId, asset, amount },
      ]),
    });
  }

  progress('settlements');
  const legs = [
    { kind: 'delivery', from: 'client/bob', to: 'client/alice', asset: 'BTC', quantity: '0.1' },
    { kind: 'payment', from: 'client/alice', to: 'client/bob', asset: 'USD', quantity: '2990' },
    { kind: 'fee', from: 'client/bob', to: 'house/fees', asset: 'USD', quantity: '2.99' },
    { kind: 'fee', from: 'client/alice', to: 'house/fees', asset: 'USD', quantity: '5.98' },
  ] as const;
  const trade = { source: 'seed', tradedAt: '2026-01-02T15:00:00Z', legs: [...legs] };
  await settlements.process([
    { ...trade, settlementId: 'seed-1', reference: 'seed-1', cycle: 0 },
    { ...trade, settlementId: 'seed-2', reference: 'seed-2', cycle: 1, onHold: true },
  ]);

  progress('policy, transfers and statements');
  const governance = await seedGovernance(custodian);
  return { calendars: 1, accounts: clients.length + 4, settlements: 2, ...governance };
}
