import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../../scenarios/', import.meta.url);

/** The scenarios and templates that come with the package, as text by the name of their file: `stablecoin-depeg`. */
export const shippedScenarios = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((file) => [file.replace(/\.yaml$/, ''), readFileSync(new URL(file, folder), 'utf8')]),
  );
