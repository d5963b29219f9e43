import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { definition } from './definition.ts';

export type AuditAdapter = BaseAdapter;

/**
 * Opens the adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createAuditAdapter = Object.assign(
  (options?: AdapterOptions): AuditAdapter => {
    const { mount } = openAdapter({ ...definition, options });
    return mount();
  },
  { definition },
);
