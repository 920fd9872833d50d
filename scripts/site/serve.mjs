import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { inClone } from '../prepare/clone.mjs';

const types = {
  ...{
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
  },
  ...{
    '.json': 'application/json',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
    '.xml': 'application/xml',
  },
};

/** Returns a server of the built site, as a plain web server of static files serves it. */
export function siteServer(folder = inClone('site', 'dist')) {
  return createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const content = await readFile(file);
      response
        .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
        .end(content);
    } catch {
      response.writeHead(404, { 'content-type': types['.html'] });
      response.end(await readFile(join(folder, '404.html')).catch(() => 'Not found'));
    }
  });
}

if (import.meta.main) {
  const server = siteServer();
  const port = Number(process.argv[2]);
  server.on('error', (error) => {
    process.stderr.write(
      error.code === 'EADDRINUSE'
        ? `Port ${port} is in use. Set another: npm run site -- --serve --port 4322\n`
        : `${error.message}\n`,
    );
    process.exitCode = 1;
  });
  server.listen(port, 'localhost', () =>
    process.stdout.write(`The site is at http://localhost:${port} until Ctrl-C.\n`),
  );
}
