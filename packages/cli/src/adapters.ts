import { type AdapterOptions, type OpenedAdapter, openAdapter } from '@tse/core';
import type { AdapterDefinition, AdapterTooling } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { UsageError } from './command.ts';

/** An adapter as the commands see it. */
export interface Adapter extends AdapterTooling {
  readonly definition: AdapterDefinition;
}

const packages = ['market-data', 'exchange', 'custodian', 'risk', 'trading', 'test-coordinator', 'audit'];

/** The adapters that are installed beside this command: those whose package has the subpath `./tooling`. */
export async function installedAdapters(): Promise<Adapter[]> {
  const found = await Promise.all(
    packages.map(async (name): Promise<Adapter[]> => {
      const specifier = `@tse/${name}/tooling`;
      try {
        import.meta.resolve(specifier);
      } catch {
        return [];
      }
      const { tooling } = (await import(specifier)) as { tooling: AdapterTooling };
      return [withMigrations(tooling)];
    }),
  );
  return found.flat();
}

export const withMigrations = (tooling: AdapterTooling, migrations = migrationsDirectory): Adapter => ({
  ...tooling,
  definition: { ...tooling.definition, migrations },
});

/** Those that were asked for by name; all where none was. */
export function chosen(
  adapters: readonly Adapter[],
  names: readonly string[],
  instance: string | undefined,
): Adapter[] {
  const known = adapters.map(({ definition }) => definition.identity.name);
  if (known.length === 0) throw new UsageError('no adapter is installed beside this command');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`no adapter ${unknown} is installed; there is ${known.join(', ')}`);
  const picked =
    names.length > 0 ? adapters.filter(({ definition }) => names.includes(definition.identity.name)) : [...adapters];
  if (instance !== undefined && picked.length > 1) throw new UsageError('--instance needs one --adapter');
  return picked;
}

/** What every adapter has, without its ports. */
export function openBare({ definition }: Adapter, options: AdapterOptions): OpenedAdapter<string> {
  const { identity, families, minSchema = '' } = definition;
  return openAdapter({ identity, families, minSchema, options });
}
