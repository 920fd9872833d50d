import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { Stop } from '../prepare/say.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.xml': 'application/xml',
};

/** Returns a server of the built site, as a plain web server of static files serves it. */
function siteServer(folder = inClone('site', 'dist')) {
  return createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname));
      const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
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

/** Serves the built site on this machine; returns the listening server. */
export async function serveSite(port) {
  const server = siteServer();
  server.listen(port, 'localhost');
  await once(server, 'listening').catch((error) => {
    throw error.code === 'EADDRINUSE'
      ? new Stop(`port ${port} is in use: set another with npm run site -- --serve --port ${port + 1}`)
      : error;
  });
  return server;
}
