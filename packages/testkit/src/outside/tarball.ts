import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What every package brings. */
const ALWAYS = new Set(['package.json', 'README.md', 'LICENSE']);
/** What is read by its folder or a name put together, so that no import leads to it. */
const READ_AS_DATA = /\.(lua|sql|yaml)$/;
/** What `tse` runs where there are sources, which is in the workspace. */
const IN_WORKSPACE = '../src/index.ts';
/** What a reader of the README is led to. */
const LINK = /\]\((?!\w+:|#)([^)#\s]+)/g;
const COMMENT = /^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm;
const STATEMENT = /^(?:import|export)\s(?:[^'"();]*?\sfrom\s)?['"]([^'"]+)['"]/gm;
const CALL = /\bimport\(['"]([^'"\n]+)['"]\)/g;
const FILE = /['"`](\.{1,2}\/[\w./-]+?(?:\.(?:js|ts|lua)\b|\.thread(?=\$\{)))/g;

/** What is wrong with an unpacked tarball: what is missing from it, and what it should not hold. */
export async function faultsOf(folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Set(
    entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))),
  );
  const faults: string[] = [];
  for (const name of ALWAYS) if (!files.has(name)) faults.push(`lacks ${name}`);

  const targets = [...Object.values(manifest.exports), manifest.bin ?? {}].flatMap((each) => Object.values(each));
  for (const target of targets)
    if (!files.has(relative('', target))) faults.push(`names ${target}, which is not in it`);
  const conditions = Object.values(manifest.exports).flatMap((each) => Object.keys(each));
  for (const condition of conditions)
    if (condition !== 'types' && condition !== 'default') faults.push(`exports the condition ${condition}`);

  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  for (const [name, range] of Object.entries(needed))
    if (/^(workspace|catalog|link|file):/.test(range)) faults.push(`needs ${name} at ${range}`);

  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const pages = new Set([...readme.matchAll(LINK)].map(([, page = '']) => page));
  for (const page of pages) if (!files.has(page)) faults.push(`README.md leads to ${page}, which is not in it`);

  const reached = new Set<string>(pages);
  const queue = targets.map((target) => relative('', target));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file) || !files.has(file)) continue;
    reached.add(file);
    // A declaration may lead to a file that no code does, and then both are the package's.
    for (const twin of twins(file)) queue.push(twin);
    const text = await readFile(join(folder, file), 'utf8');
    if (text.includes('sourceMappingURL')) faults.push(`${file} names a source map, which is not in it`);
    const code = text.replaceAll(COMMENT, '');
    const matches = (pattern: RegExp): string[] => [...code.matchAll(pattern)].map(([, found = '']) => found);
    for (const specifier of new Set([STATEMENT, CALL, FILE].flatMap(matches))) {
      const found = named(folder, file, specifier, files);
      if (!specifier.startsWith('.')) {
        if (!isKnown(specifier, manifest.name, needed))
          faults.push(`${file} imports ${specifier}, which it does not need`);
      } else if (found !== undefined) queue.push(found);
      else if (specifier !== IN_WORKSPACE) faults.push(`${file} leads to ${specifier}, which is not in it`);
    }
  }
  for (const file of files)
    if (!reached.has(file) && !ALWAYS.has(file) && !READ_AS_DATA.test(file))
      faults.push(`holds ${file}, which nothing leads to`);
  return faults;
}

const twins = (file: string): string[] =>
  file.endsWith('.d.ts') ? [file.replace(/\.d\.ts$/, '.js')] : [file.replace(/\.js$/, '.d.ts')];

/** The file of the package that a relative specifier names; declarations name the source, `./x.ts`. */
function named(folder: string, from: string, specifier: string, files: ReadonlySet<string>): string | undefined {
  const path = relative(folder, resolve(folder, dirname(from), specifier));
  const code = path.replace(/(?<!\.d)\.ts$/, '.js');
  return [path, code, code.replace(/\.js$/, '.d.ts'), `${path}.js`].find((each) => files.has(each));
}

function isKnown(specifier: string, own: string, needed: Readonly<Record<string, string>>): boolean {
  if (specifier.startsWith('node:')) return true;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return name === own || name in needed;
}
