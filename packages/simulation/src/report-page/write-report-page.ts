import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { renderPage } from './page.ts';
import type { RunPage } from './run-page.ts';

/** Writes the page of a run. A file that is there is the whole page: it is written beside it and then put in its place. */
export async function writeReportPage(file: string, run: RunPage): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, renderPage(run));
  await rename(unfinished, file);
}
