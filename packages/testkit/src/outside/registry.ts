import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Manifest } from './tarball.ts';

export interface Package {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
}

const WEEK = 7 * 24 * 3600 * 1000; // pnpm passes over what was published a moment ago

/** A package registry of these packages alone, as far as npm and pnpm read one to install. */
export async function serveRegistry(packages: readonly Package[]): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const found = packages.find(({ manifest }) => path === manifest.name || path === fileOf(manifest));
    if (found === undefined) response.writeHead(404).end();
    else if (path === found.manifest.name)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentOf(found, url)));
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.tarball);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const fileOf = ({ name, version }: Manifest): string => `${name}/-/${version}.tgz`;

function documentOf({ manifest, tarball }: Package, url: string): object {
  const { name, version } = manifest;
  const published = new Date(Date.now() - WEEK).toISOString();
  const dist = {
    tarball: url + fileOf(manifest),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  };
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
    time: { created: published, modified: published, [version]: published },
  };
}
