import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';
import { freePort } from '../testing/free-port.ts';
import { clone } from './packages/testing/project.ts';

// HAProxy: balancer.test.ts.
const { ALONGSIDE_NGINX: nginx, ALONGSIDE_CADDY: caddy } = process.env;
const services = { console: 8400, api: 8401, apis: 8408, cis2: 8402, cis: 8404 } as const;
const servers = ['127.0.0.88', '127.0.0.89'] as const;

interface Started {
  program: string;
  args: string[];
  env: Record<string, string>;
}

/** How a proxy is started with its file of deploy/. The administrators' network is 127.0.0.1. */
const proxies: Record<
  string,
  {
    program: string | undefined;
    start(port: number, folder: string, files: { certificate: string; key: string }): Started;
  }
> = {
  'nginx.conf': {
    program: nginx,
    start(port, folder, { certificate, key }) {
      const file = join(folder, 'nginx.conf');
      const values = {
        'listen 443': `listen 127.0.0.1:${port}`,
        '/etc/alongside/fullchain.pem': certificate,
        '/etc/alongside/key.pem': key,
        '10.0.0.11': servers[0],
        '10.0.0.12': servers[1],
        '10.1.0.0/16': '127.0.0.1/32',
        'alongside.example': 'alongside.test',
      };
      let settings = readFileSync(join(clone, 'deploy/nginx.conf'), 'utf8');
      for (const [example, value] of Object.entries(values)) {
        assert.ok(settings.includes(example), example);
        settings = settings.replaceAll(example, value);
      }
      writeFileSync(file, settings);
      const own = `daemon off; error_log stderr crit; pid ${folder}/pid;`;
      return { program: nginx ?? '', args: ['-c', file, '-g', own], env: {} };
    },
  },
  Caddyfile: {
    program: caddy,
    start(port, folder, { certificate, key }) {
      const names = Object.keys(services).map((name) => [
        `NAME_${name.toUpperCase()}`,
        `${name}.alongside.test`,
      ]);
      const env = {
        HOME: folder,
        BALANCER_PORT: String(port),
        BALANCER_CERTIFICATE: certificate,
        BALANCER_KEY: key,
        ALONGSIDE_1: servers[0],
        ALONGSIDE_2: servers[1],
        CONSOLE_NETWORK: '127.0.0.1/32',
        ...Object.fromEntries(names),
      };
      const file = join(clone, 'deploy/Caddyfile');
      return { program: caddy ?? '', args: ['run', '--adapter', 'caddyfile', '--config', file], env };
    },
  },
};

for (const [file, { program, start }] of Object.entries(proxies))
  describe(`deploy/${file}`, {
    skip: program === undefined && 'the proxy is missing',
    timeout: 120_000,
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    const seen: string[] = [];
    let authority: TestAuthority;
    let proxy: ChildProcess;
    let port = 0;
    let finishStream = (): void => undefined;

    function serve(service: string, { method, url, headers }: IncomingMessage, response: ServerResponse) {
      if (url === '/readyz') return void response.end();
      if (url === '/closes') {
        seen.push(String(method));
        return void response.destroy();
      }
      if (url === '/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: first\n\n');
        finishStream = () => void response.end();
        return;
      }
      response.end(JSON.stringify({ service, url, headers }));
    }
    const listeners = servers.flatMap((address) =>
      Object.entries(services).map(([service, at]) => ({
        address,
        at,
        server: createServer((call, response) => serve(service, call, response)),
      })),
    );

    before(async () => {
      authority = makeAuthority();
      port = await freePort();
      await Promise.all(
        listeners.map(({ server, at, address }) => once(server.listen(at, address), 'listening')),
      );
      const { program: path, args, env } = start(port, folder, authority.issue('*.alongside.test'));
      proxy = spawn(path, args, {
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'ignore', file === 'Caddyfile' ? 'ignore' : 'inherit'],
      });
      while ((await ask('api', '/').catch(() => undefined))?.status !== 200) {
        assert.equal(proxy.exitCode, null, 'the proxy ended');
        await sleep(50);
      }
    });
    after(async () => {
      if (proxy?.exitCode === null) {
        proxy.kill('SIGTERM');
        await once(proxy, 'exit');
      }
      for (const { server } of listeners) server.close().closeAllConnections();
      authority.discard();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(name: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
      const host = `${name}.alongside.test`;
      const call = request({
        host: '127.0.0.1',
        port,
        path,
        servername: host,
        ca: readFileSync(authority.certificate),
        agent: false,
        ...options,
        headers: { host, ...(options.headers as object) },
      });
      call.end();
      const [response] = (await once(call, 'response')) as [IncomingMessage];
      return response;
    }
    async function ask(name: string, path: string, options?: RequestOptions) {
      const response = await open(name, path, options);
      return { status: response.statusCode ?? 0, body: await text(response) };
    }

    test('sends each name with its path unchanged to its service, and no other name', async () => {
      const path = '/a//b/..%2Fc?d=%20e';
      for (const name of Object.keys(services)) {
        const { service, url, headers } = JSON.parse((await ask(name, path)).body);
        assert.deepEqual([service, url, headers.host], [name, path, `${name}.alongside.test`]);
      }
      assert.equal((await ask('other', '/')).status, 404);
    });

    test('replaces the headers that Alongside trusts', async () => {
      const forged = {
        'x-forwarded-for': '10.1.2.3',
        'client-cert': ':AA==:',
        'client-cert-chain': ':AA==:',
      };
      const { headers } = JSON.parse((await ask('api', '/', { headers: forged })).body);
      assert.equal(headers['x-forwarded-for'], '127.0.0.1');
      assert.equal(headers['client-cert'] ?? headers['client-cert-chain'], undefined);
    });

    test('shows the console only to the administrators', async () => {
      assert.equal((await ask('console', '/')).status, 200);
      assert.equal((await ask('console', '/', { localAddress: '127.0.0.9' })).status, 404);
    });

    test('sends a request that may change something once, and repeats one that reads', async () => {
      const methods = ['POST', 'PUT', 'PATCH', 'DELETE'];
      for (const method of methods)
        assert.ok((await ask('api', '/closes', { method })).status >= 500, method);
      assert.deepEqual(seen.splice(0), methods);
      assert.ok((await ask('api', '/closes')).status >= 500);
      assert.ok(seen.length > 1, seen.join());
    });

    test('sends an event on before the next one follows', async () => {
      const response = await open('console', '/stream');
      const [first] = await once(response, 'data');
      assert.equal(String(first), 'data: first\n\n');
      finishStream();
      await once(response.resume(), 'end');
    });
  });
