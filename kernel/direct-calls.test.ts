import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { exceptionsFor, proxyNote } from './direct-calls.ts';
import { environment } from './operator.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
const modules = ['direct-calls', 'outbound'].map((name) =>
  JSON.stringify(import.meta.url.replace('direct-calls.test', name)),
);

describe('callDirectly', () => {
  test('leaves the proxy out for the names of the installation alone', {
    skip: major < 24 && 'needs Node.js 24',
  }, async (t) => {
    const server = http.createServer((request, response) => response.end(`${request.url}`));
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // The server is also the proxy: a proxy gets the whole address, a server the path.
    const program = `
      const { callDirectly } = await import(${modules[0]});
      const { outbound } = await import(${modules[1]});
      callDirectly(['http://own.test:1']);
      const lookup = (name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
      for (const host of ['own.test', 'other.test', 'localhost'])
        console.log((await outbound('http://' + host + ':${port}/path', { privateAddresses: true, lookup })).body);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      {
        env: {
          ...environment(),
          NODE_USE_ENV_PROXY: '1',
          HTTP_PROXY: `http://127.0.0.1:${port}`,
          NO_PROXY: '',
          no_proxy: '',
        },
      },
    );
    assert.deepEqual(stdout.trim().split('\n'), ['/path', `http://other.test:${port}/path`, '/path']);
  });
});

describe('the exceptions from the proxy of the environment', () => {
  test('keep the entries of both variables', () => {
    const all = 'a.test,b.test,localhost,127.0.0.1';
    assert.deepEqual(exceptionsFor({ NO_PROXY: 'a.test', no_proxy: 'b.test, localhost' }), {
      NO_PROXY: all,
      no_proxy: all,
    });
    assert.equal(exceptionsFor({}).no_proxy, 'localhost,127.0.0.1');
  });
});

describe('proxyNote', () => {
  test('names the variable for the scheme of the address, and is empty without one', () => {
    assert.match(proxyNote('https://a.test', {}, { HTTPS_PROXY: 'p' }), /^ HTTPS_PROXY names a proxy/);
    assert.match(proxyNote('http://localhost:1', {}, { ALL_PROXY: 'p' }), /ALL_PROXY is not used/);
    assert.equal(proxyNote('http://a.test', {}, { HTTPS_PROXY: 'p' }), '');
  });
});
