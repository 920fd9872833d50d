import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { environmentWith } from './environment.ts';

const [major = 0] = process.versions.node.split('.').map(Number);

/** The library as this file is: TypeScript, or the JavaScript of the oldest Node.js. */
const library = import.meta.url.replace('proxy.test.', 'index.');

describe('a proxy of the environment', () => {
  test('carries the calls of the library, where Node.js supports it', async (t) => {
    const asked: string[] = [];
    const proxy = http.createServer();
    t.after(() => proxy.close());
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const program = `
      const { createApi } = await import(${JSON.stringify(library)});
      const api = createApi({ baseUrl: 'https://api.invalid/pds', token: async () => 'token', retry: { attempts: 1 } });
      await api.fetch('/Patient').catch(({ code }) => console.log(code));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      {
        env: environmentWith({
          NODE_USE_ENV_PROXY: '1',
          HTTPS_PROXY: address,
          NO_PROXY: 'localhost,127.0.0.1',
        }),
      },
    );
    assert.equal(stdout.trim(), 'network');
    assert.deepEqual(asked, major < 24 ? [] : ['api.invalid:443']);
  });
});
