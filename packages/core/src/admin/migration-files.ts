import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { InvalidInputError } from '../pipe/errors.ts';

export interface SqlFile {
  /** `exchange/0002_add_holds`, `core/functions/append_event`: the same for every instance. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
  /** From a line `-- min-code: 0007_add_x`: code that does not know that migration cannot run on this schema any more. */
  readonly minCode: string | undefined;
}

export interface SqlFiles {
  /** In the order in which they are applied: core's first. */
  readonly migrations: readonly SqlFile[];
  readonly functions: readonly SqlFile[];
}

const migrationName = /^\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql$/;
const functionName = /^[a-z][a-z0-9_]*\.sql$/;

export async function readSqlFiles(directory: URL, schema: string): Promise<SqlFiles> {
  const folders = ['core', schema];
  const read = async (suffix: string, shape: RegExp) =>
    (await Promise.all(folders.map((folder) => readFolder(directory, folder + suffix, shape)))).flat();
  return { migrations: await read('', migrationName), functions: await read('/functions', functionName) };
}

async function readFolder(directory: URL, folder: string, shape: RegExp): Promise<SqlFile[]> {
  const url = new URL(`${folder}/`, directory.href.endsWith('/') ? directory : new URL(`${directory.href}/`));
  const names = await readdir(url).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.sql')).sort();
  const numbers = new Set<string>();
  for (const file of files) {
    const fault = !shape.test(file)
      ? `is not named ${shape === migrationName ? 'NNNN_verb_noun.sql' : 'function_name.sql'}`
      : shape === migrationName && numbers.has(file.slice(0, 4)) && 'has the number of another file';
    if (fault) throw new InvalidInputError([{ path: `${folder}/${file}`, message: fault }], 'migration-name');
    numbers.add(file.slice(0, 4));
  }
  return Promise.all(
    files.map(async (file) => sqlFile(`${folder}/${file.slice(0, -4)}`, await readFile(new URL(file, url), 'utf8'))),
  );
}

function sqlFile(name: string, raw: string): SqlFile {
  const text = raw.replaceAll('\r\n', '\n'); // a checkout with other line ends is not another migration
  if (/^\s*(begin|start transaction|commit|rollback)\s*;/im.test(text)) {
    throw new InvalidInputError([
      { path: `${name}.sql`, message: 'ends or begins a transaction: each file runs in one of its own' },
    ]);
  }
  return {
    name,
    text,
    sha256: createHash('sha256').update(text).digest('hex'),
    minCode: /^-- min-code: (\d{4}_[a-z0-9_]+)$/m.exec(text)?.[1],
  };
}
