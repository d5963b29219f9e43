import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { AccountRepository } from './accounts/accounts.repository.ts';
import type { Accounts } from './accounts/accounts.ts';
import { CalendarRepository } from './calendars/calendars.repository.ts';
import type { Calendars } from './calendars/calendars.ts';
import { definition } from './definition.ts';
import { HoldingRepository } from './holdings/holdings.repository.ts';
import type { Holdings } from './holdings/holdings.ts';

/** The data of a custodian. */
export interface CustodianAdapter extends BaseAdapter {
  readonly accounts: Accounts;
  readonly holdings: Holdings;
  readonly calendars: Calendars;
}

/**
 * Opens the custodian's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createCustodianAdapter = Object.assign(
  (options?: AdapterOptions): CustodianAdapter => {
    const { context, mount } = openAdapter({ ...definition, options });

    const base = mount();
    return {
      ...base,
      accounts: new AccountRepository(context),
      holdings: new HoldingRepository(context),
      calendars: new CalendarRepository(context),
    };
  },
  { definition },
);
