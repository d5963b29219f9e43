import { readFile, rename, writeFile } from 'node:fs/promises';

/** Writes a whole file that only its owner can read, or leaves the old one as it was. */
export async function writePrivately(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Sets variables in an env file; its other lines stay. The values must need no quotes. */
export async function setVariables(path: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const kept = text
    .split('\n')
    .filter((line) => !((/^\s*(?:export\s+)?([\w.]+)\s*=/.exec(line)?.[1] ?? '') in variables));
  while (kept.at(-1)?.trim() === '') kept.pop();
  const lines = [...kept, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  await writePrivately(path, `${lines.join('\n')}\n`);
}
