import { sql } from 'kysely';
import { isAdapterError } from '../pipe/errors.ts';
import type { Queries } from './postgres.ts';
import { queryBuilder, statement } from './statement.ts';

/** The last of the migrations that every schema has; this release of core builds on it. */
export const coreSchema = '0004_create_facts';

/** What an adapter's code builds on. */
export interface SchemaNeeds {
  /** The default instance's schema: also the name of the folder of its migrations. */
  readonly schema: string;
  /** The last migration that the code knows: `0003_add_holds`. */
  readonly minSchema: string;
}

/** Whether this code can work on the schema as it is, and what cures it where not. */
export interface SchemaState {
  /** `outdated`: `tse migrate` has to run. `code-outdated`: the schema has moved on, and this code cannot use it any more. */
  readonly state: 'current' | 'outdated' | 'code-outdated';
  /** The last migration applied; absent where there is none. */
  readonly version: string | undefined;
  /** What to do, where it is not current. */
  readonly cure: string | undefined;
}

interface Applied {
  core: string | null;
  own: string | null;
  min_core: string | null;
  min_own: string | null;
}

const readVersions = statement('core.schema.versions', 'read', () => ({
  compile: () =>
    sql<Applied>`
      select max(name collate "C") filter (where name like 'core/%') as core,
        max(name collate "C") filter (where name not like 'core/%') as own,
        max(min_code collate "C") filter (where name like 'core/%') as min_core,
        max(min_code collate "C") filter (where name not like 'core/%') as min_own
      from schema_migrations where kind = 'migration'`.compile(queryBuilder()),
}));

/** One cheap read at an adapter's start: is its schema what its code needs? */
export async function schemaState(pg: Pick<Queries, 'one'>, needs: SchemaNeeds): Promise<SchemaState> {
  const applied = await pg.one(readVersions, {}).catch((error: unknown) => {
    if (isAdapterError(error) && error.code === 'schema-outdated') return nothing;
    throw error;
  });
  return judge(applied, needs);
}

const nothing: Applied = { core: null, own: null, min_core: null, min_own: null };

export function judge({ core, own, min_core, min_own }: Applied, { schema, minSchema }: SchemaNeeds): SchemaState {
  const version = own ?? core ?? undefined;
  if ((min_core ?? '') > coreSchema || (min_own ?? '') > minSchema) {
    const cure = `this release of the adapter is too old for its schema, which needs code that knows ${min_own ?? min_core}: update it`;
    return { state: 'code-outdated', version, cure };
  }
  if ((core ?? '') < `core/${coreSchema}` || (own ?? '') < `${schema}/${minSchema}`) {
    const at = version ? `is at ${version}` : 'is empty';
    return {
      state: 'outdated',
      version,
      cure: `the schema ${at} and has to be at ${schema}/${minSchema}: run \`tse migrate\``,
    };
  }
  return { state: 'current', version, cure: undefined };
}
