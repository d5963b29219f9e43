// What is published has no sources, so it has no condition that leads to them either.
export const hooks = {
  beforePacking(manifest) {
    for (const target of Object.values(manifest.exports ?? {})) delete target['@tse/source'];
    return manifest;
  },
};
