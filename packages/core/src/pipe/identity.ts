import { InvalidInputError } from './errors.ts';

/** What an adapter owns: one schema and one key prefix. Exported by each adapter; core keeps no list of them. */
export interface Identity {
  /** The package's name without its scope: `test-coordinator`. */
  readonly name: string;
  /** `test_coordination` */
  readonly schema: string;
  /** `test` */
  readonly prefix: string;
}

/** An identity with everything derived from it, for the default or for a named instance. */
export interface InstanceIdentity extends Identity {
  /** `okx`, or `undefined` for the default. */
  readonly instance: string | undefined;
  /** Instance name where there is one, else the adapter's: `okx`, `exchange`. */
  readonly label: string;
  readonly roles: { readonly owner: string; readonly adapter: string; readonly reader: string };
  readonly aclUser: string;
  /** `EXCHANGE_OKX_` */
  readonly envPrefix: string;
}

const instanceName = /^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

/**
 * The one rule of derivation: schema `exchange_okx`, prefix `exchange:okx`, roles `exchange_okx_owner | _adapter | _reader`,
 * environment `EXCHANGE_OKX_`. `reserved` are the family nouns of the adapter's keys: as an instance name one of them would
 * give the instance keys that the default's access rules cover.
 */
export function identify(identity: Identity, instance?: string, reserved: readonly string[] = []): InstanceIdentity {
  if (instance !== undefined && !instanceName.test(instance)) {
    throw new InvalidInputError([
      { path: 'instance', message: 'expected 1 to 30 lower-case letters, digits and inner hyphens' },
    ]);
  }
  if (instance !== undefined && reserved.includes(instance)) {
    throw new InvalidInputError([{ path: 'instance', message: `${instance} is the name of a key family` }]);
  }
  const suffix = instance === undefined ? '' : `_${instance.replaceAll('-', '_')}`;
  const schema = identity.schema + suffix;
  const upperSnake = (text: string) => text.replaceAll('-', '_').toUpperCase();
  return {
    name: identity.name,
    instance,
    label: instance ?? identity.name,
    schema,
    prefix: instance === undefined ? identity.prefix : `${identity.prefix}:${instance}`,
    roles: { owner: `${schema}_owner`, adapter: `${schema}_adapter`, reader: `${schema}_reader` },
    aclUser: `${schema}_adapter`,
    envPrefix: `${upperSnake(identity.name)}${instance === undefined ? '' : `_${upperSnake(instance)}`}_`,
  };
}
