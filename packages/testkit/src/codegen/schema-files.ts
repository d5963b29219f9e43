import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemaTypes } from '@tse/core/admin';
import { type SandboxDefinition, freshName, ownInstance } from '../sandbox/own-instance.ts';
import type { ProvidedServers } from '../vitest/provided.ts';

/** The generated `schema.ts` of one adapter package. */
export interface SchemaFile {
  /** From the top of the project. */
  readonly path: string;
  /** What it has to hold, as the migrations say. */
  readonly text: string;
  /** What it holds; `undefined` where there is no file. */
  readonly present: string | undefined;
}

/** The `schema.ts` of each adapter package below `packages/`, made from an instance that is migrated for it and dropped again. */
export async function schemaFiles(root: string, servers: ProvidedServers): Promise<SchemaFile[]> {
  const folders = await readdir(join(root, 'packages'));
  const adapters = folders.toSorted().filter((name) => existsSync(join(root, 'packages', name, 'src/definition.ts')));
  return Promise.all(adapters.map((name) => schemaFile(root, name, servers)));
}

async function schemaFile(root: string, name: string, servers: ProvidedServers): Promise<SchemaFile> {
  const sources = join(root, 'packages', name, 'src');
  const { definition } = (await import(pathToFileURL(join(sources, 'definition.ts')).href)) as {
    definition: SandboxDefinition;
  };
  await using own = await ownInstance(definition, freshName(), {
    postgresUrl: servers.postgres,
    redisUrl: servers.redis,
  });
  const path = join(sources, 'schema.ts');
  return {
    path: relative(root, path),
    text: await schemaTypes(own.target.admin, own.identity.schema),
    present: existsSync(path) ? await readFile(path, 'utf8') : undefined,
  };
}

/** The first line in which a file differs from what it has to be, for people; `undefined` where it does not. */
export function drift({ path, text, present }: SchemaFile): string | undefined {
  if (present === text) return undefined;
  if (present === undefined) return `${path} is missing`;
  const [wanted, found] = [text.split('\n'), present.split('\n')];
  const line = wanted.findIndex((content, index) => content !== found[index]);
  const at = line === -1 ? wanted.length : line;
  return `${path}:${at + 1} has ${quoted(found[at])}, the migrated database ${quoted(wanted[at])}`;
}

const quoted = (line: string | undefined): string => (line === undefined ? 'no such line' : `\`${line.trim()}\``);
