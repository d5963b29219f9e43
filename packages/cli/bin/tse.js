#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `tse needs Node 22.18 or newer, and this is ${process.versions.node}. In this project \`pnpm exec tse\` brings its own.\n`,
  );
  process.exit(1);
}

// In the workspace the sources run as they are; the published package has none and runs what was built.
const fromSource = existsSync(new URL('../src/', import.meta.url));
if (fromSource) {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, '@tse/source'] }),
  });
}
const { runProcess } = await import(fromSource ? '../src/index.ts' : '../dist/index.js');
await runProcess();
