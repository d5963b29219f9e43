import type { BaseAdapter } from '@tse/core';

/** Lets an adapter's consumers read from the sources of its own sandbox, where they name no other instance. */
export function wireInbox<A extends BaseAdapter>(adapter: A, instance: string): A {
  const { inbox } = adapter;
  return Object.assign(adapter, {
    inbox: {
      consume: (options, handler) => inbox.consume({ ...options, instance: options.instance ?? instance }, handler),
      follow: (options, handler) => inbox.follow({ ...options, instance: options.instance ?? instance }, handler),
      published: (from, other = instance) => inbox.published(from, other),
      deadLetters: inbox.deadLetters,
      health: () => inbox.health(),
    } satisfies BaseAdapter['inbox'],
  });
}
