/** Who may read a key family beside its own adapter. */
export type Visibility = 'own' | 'published';

/** One family of Redis keys: `<prefix>:<noun>:{<id>}`. The hash tag keeps what one script touches in one slot. */
export interface KeyFamily {
  readonly noun: string;
  readonly visibility: Visibility;
}

/** A key of a family. */
export type KeyOf = (id: string, suffix?: string) => string;

const noun = /^[a-z][a-z0-9-]*$/;

/**
 * The key families of an adapter, in its `keys.ts` and nowhere else: `keyFamilies({ orderBook: 'order-book' })`.
 * The access rules of the adapter's Redis user are generated from them.
 */
export function keyFamilies<Name extends string>(nouns: Record<Name, string>): Record<Name, KeyFamily> {
  const families = {} as Record<Name, KeyFamily>;
  for (const name of Object.keys(nouns) as Name[]) {
    if (!noun.test(nouns[name])) throw new RangeError(`${nouns[name]} is no kebab-case noun`);
    families[name] = { noun: nouns[name], visibility: 'own' };
  }
  return families;
}

/** Functions that build the keys of each family under a prefix. */
export function keysOf<Name extends string>(prefix: string, families: Record<Name, KeyFamily>): Record<Name, KeyOf> {
  const keys = {} as Record<Name, KeyOf>;
  for (const name of Object.keys(families) as Name[]) {
    const start = `${prefix}:${families[name].noun}:{`;
    keys[name] = (id, suffix) => (suffix === undefined ? `${start}${id}}` : `${start}${id}}:${suffix}`);
  }
  return keys;
}

/** Every adapter has these; other adapters read, and only read, the published ones. */
export const coreFamilies = {
  events: { noun: 'events', visibility: 'published' },
  published: { noun: 'published', visibility: 'published' },
  priceFeed: { noun: 'price-feed', visibility: 'published' },
  services: { noun: 'services', visibility: 'published' },
  checkpoints: { noun: 'checkpoints', visibility: 'published' },
  cache: { noun: 'cache', visibility: 'own' },
  epoch: { noun: 'epoch', visibility: 'own' },
} as const satisfies Record<string, KeyFamily>;
