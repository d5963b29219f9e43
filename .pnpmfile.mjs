// What differs in a package that is published from the same in this workspace.
export const hooks = {
  beforePacking(manifest) {
    // It has no sources, so it has no condition that leads to them either.
    for (const target of Object.values(manifest.exports ?? {})) delete target['@tse/source'];
    // Its programs for this and that machine are asked for by who wants them: they are large, and their install scripts,
    // which we do without, end an install by pnpm with an error until somebody allows or forbids them.
    for (const name of Object.keys(manifest.optionalDependencies ?? {})) {
      manifest.peerDependencies = { ...manifest.peerDependencies, [name]: '*' };
      manifest.peerDependenciesMeta = { ...manifest.peerDependenciesMeta, [name]: { optional: true } };
    }
    delete manifest.optionalDependencies;
    return manifest;
  },
};
