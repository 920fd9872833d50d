/** A package registry on port 4873 for a machine without a network: `node registry.ts FOLDER` serves the packed packages of the folder. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

interface Packed {
  file: string;
  manifest: { name: string; version: string };
}

const [folder = '.'] = process.argv.slice(2);
const packages = JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8')) as Packed[];

createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? '/').slice(1);
  const packed = packages.find(({ file, manifest }) => path === file || path === manifest.name);
  if (packed === undefined) return response.writeHead(404).end('{}');
  const content = readFileSync(join(folder, packed.file));
  if (path === packed.file) return response.end(content);
  const { name, version } = packed.manifest;
  const dist = {
    tarball: `http://localhost:4873/${packed.file}`,
    integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
  };
  response.end(
    JSON.stringify({
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...packed.manifest, dist } },
    }),
  );
}).listen(4873, 'localhost');
