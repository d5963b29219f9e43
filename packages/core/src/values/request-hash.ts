import { hash } from 'node:crypto';

/** What a repeat must equal: the content of a request in a fixed order. Ids and instants of the adapter's own making stay out of it. */
export const requestHash = (...content: readonly unknown[]): string =>
  hash('sha256', JSON.stringify(content), 'base64url');
