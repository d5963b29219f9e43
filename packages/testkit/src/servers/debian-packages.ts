import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { madeOnce } from './made-once.ts';

/**
 * Fetches a package with all it depends on, down to the C library (the package status is empty), unpacks it and writes
 * a starter for each program. No root, nothing installed, the system's package lists where it has them. pgbench comes
 * in the server's package, whose own dependencies it does not need.
 */
const FETCH = `
set -eu; umask 022; c=$1 package=$2; shift 2
chmod 755 "$c"; mkdir -p "$c/lists/partial" "$c/archives/partial" "$c/tree" "$c/bin"; : > "$c/status"; own=
a() {
  apt-get $own -q -o Dir::State::status="$c/status" -o Dir::Cache="$c" -o Dir::Cache::pkgcache=pkgcache.bin \\
    -o Dir::Log="$c" -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)" \\
    -o Acquire::Languages=none -o Acquire::Retries=3 "$@" > "$c/log" 2>&1
}
server_of_client() {
  for deb in "$c"/archives/postgresql-client-[0-9]*_*.deb; do
    [ -e "$deb" ] || return 0
    version=\${deb##*/postgresql-client-}; ( cd "$c/archives" && a download "postgresql-\${version%%_*}" )
  done
}
get() { a -y --download-only install "$package" && server_of_client; }
get || { own="-o Dir::State::Lists=$c/lists"; a update && get; } || { tail -1 "$c/log" >&2; exit 1; }
for deb in "$c"/archives/*.deb; do
  case \${deb##*/} in
    perl*|debconf*|adduser*|libpam*|passwd*|login*|libdb*|libsemanage*|libsepol*|libaudit*) ;;
    postgresql-[0-9]*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$c/tree" --wildcards '*/bin/pgbench' ;;
    *) dpkg-deb -x "$deb" "$c/tree" ;;
  esac
done
rm -rf "$c"/archives "$c"/lists "$c"/status "$c"/log "$c"/lock* "$c"/*.bin "$c/tree/usr/share"
cd "$c/tree"; loader=$(find * -name 'ld-linux*.so.*' | head -1); libraries=
for d in usr/lib/*-linux-gnu* lib/*-linux-gnu*; do
  [ ! -d "$d" ] || libraries="$libraries\${libraries:+:}\\$t/$d"
done
for name; do
  for program in $(find * -path "*bin/$name"); do
    [ -e "$program" ] || continue
    {
      echo '#!/bin/sh'; echo 't=\${0%/*}/../tree'
      echo "exec \\"\\$t/$loader\\" --library-path \\"$libraries\\" \\"\\$t/$program\\" \\"\\$@\\""
    } > "$c/bin/$name"
    chmod 755 "$c/bin/$name"
  done
  [ -e "$c/bin/$name" ] || { echo "no $name in $package" >&2; exit 1; }
done
`;

/** The packages we know how to use, and the programs wanted from each. */
const PROGRAMS = { 'redis-server': ['redis-server', 'redis-benchmark'], 'postgresql-client': ['psql', 'pgbench'] };

/** Whether this is a Debian or a child of it. */
export const hasApt = (): Promise<boolean> =>
  access('/usr/bin/apt-get').then(
    () => true,
    () => false,
  );

/** Fetches a package once into the cache; answers the folder of its programs, which need nothing of the machine. */
export async function debianPrograms(
  packageName: keyof typeof PROGRAMS,
  { cache, log }: { readonly cache: string; readonly log: (line: string) => void },
): Promise<string> {
  const release = parseEnv(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  const place = join(
    cache,
    `${release['ID'] ?? 'debian'}-${release['VERSION_CODENAME'] ?? 'unknown'}-${process.arch}`,
    packageName,
  );
  await madeOnce(place, async (beside) => {
    log(`fetching ${packageName} from the system's packages into ${place}`);
    const fetched = promisify(execFile)('sh', ['-c', FETCH, 'sh', beside, packageName, ...PROGRAMS[packageName]], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    await fetched.catch((error: Error & { stderr?: string }) => {
      throw new Error(
        `apt-get could not fetch ${packageName}: ${error.stderr?.trim().split('\n').at(-1) || 'no reason given'}`,
        { cause: error },
      );
    });
    return beside;
  });
  return join(place, 'bin');
}
