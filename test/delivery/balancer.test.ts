import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomToken } from '@alongside/kernel/ids';
import { realmPath } from '../../src/service.ts';
import { makeAuthority } from '../testing/authority.ts';
import { freePort } from '../testing/free-port.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { readyState } from './packages/testing/first-journey.ts';
import { clone } from './packages/testing/project.ts';

const haproxy = process.env.ALONGSIDE_HAPROXY;
const names = {
  console: 'console.alongside.test',
  api: 'api.alongside.test',
  apis: 'apis.alongside.test',
  cis2: 'cis2.alongside.test',
  cis: 'cis.alongside.test',
};
/** Both servers use the ports of deploy/haproxy.cfg, so each has its own address. */
const addresses = ['127.0.0.84', '127.0.0.85'] as const;

const missing = haproxy === undefined && 'HAProxy is missing: as root, this command installs it';

/** HAProxy with deploy/haproxy.cfg in front of these addresses. */
class Balancer {
  readonly #authority = makeAuthority();
  readonly #folder = mkdtempSync(join(tmpdir(), 'balancer-'));
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(port: number, servers: readonly [string, string]) {
    this.port = port;
    for (const host of Object.values(names)) {
      const { certificate, key } = this.#authority.issue(host);
      writeFileSync(join(this.#folder, `${host}.pem`), readFileSync(certificate) + String(readFileSync(key)));
    }
    const env = {
      BALANCER_ADDRESS: `127.0.0.1:${port}`,
      BALANCER_CERTIFICATES: this.#folder,
      ALONGSIDE_1: servers[0],
      ALONGSIDE_2: servers[1],
      CONSOLE_NETWORK: '127.0.0.0/8',
      ...Object.fromEntries(
        Object.entries(names).map(([name, host]) => [`NAME_${name.toUpperCase()}`, host]),
      ),
    };
    this.#process = spawn(haproxy ?? '', ['-f', join(clone, 'deploy/haproxy.cfg')], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** Starts it, and waits until it reaches a server. */
  static async start(servers: readonly [string, string], name: string, path: string): Promise<Balancer> {
    const balancer = new Balancer(await freePort(), servers);
    while ((await balancer.ask(name, path).catch(() => undefined))?.status !== 200) {
      assert.equal(balancer.#process.exitCode, null, 'HAProxy ended');
      await sleep(50);
    }
    return balancer;
  }

  /** Asks through the balancer, over TLS. */
  async ask(
    name: string,
    path: string,
    agent?: Agent,
    method = 'GET',
  ): Promise<{ status: number; body: string }> {
    const call = request({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      servername: name,
      headers: { host: name },
      ca: readFileSync(this.#authority.certificate),
      agent: agent ?? false,
    });
    call.end();
    const [response] = await once(call, 'response');
    let body = '';
    for await (const part of response) body += String(part);
    return { status: response.statusCode, body };
  }

  stop(): void {
    this.#process.kill('SIGKILL');
    this.#authority.discard();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe('two servers, PostgreSQL and HAProxy with deploy/haproxy.cfg', {
  skip: missing,
  timeout: 240_000,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'balancer-'));
  let postgres: TestPostgres;
  let database = '';
  let balancer: Balancer;
  const servers = new Map<string, ChildProcess>();

  async function start(address: string): Promise<void> {
    const flags = [
      '--json',
      '--no-self-service',
      '--log-level',
      'error',
      '--database',
      `@${join(folder, 'database')}`,
      '--host',
      address,
      '--console-host',
      address,
      '--trusted-proxies',
      '127.0.0.1',
      '--data',
      join(folder, address),
      '--master-key',
      join(folder, 'master.key'),
      ...Object.entries(names).flatMap(([name, host]) => [`--url-${name}`, `https://${host}`]),
    ];
    const main = join(clone, 'src/cli/main.ts');
    const child = spawn(process.execPath, [main, 'serve', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.set(address, child);
    await readyState(child);
  }

  async function stop(address: string): Promise<number | null> {
    const child = servers.get(address) ?? assert.fail(address);
    child.kill('SIGTERM');
    await once(child, 'exit');
    return child.exitCode;
  }

  before(async () => {
    postgres = await startPostgres();
    database = await postgres.create('balanced');
    writeFileSync(join(folder, 'database'), database, { mode: 0o600 });
    writeFileSync(join(folder, 'master.key'), randomToken(32), { mode: 0o600 });
    // Both at once: they agree on the schema.
    await Promise.all(addresses.map(start));
    balancer = await Balancer.start(addresses, names.cis2, '/healthz');
  });
  after(async () => {
    balancer?.stop();
    for (const child of servers.values()) child.kill('SIGKILL');
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('serve every public name, and no other', async () => {
    assert.match((await balancer.ask(names.api, '/oauth2/_ping')).body, /version/);
    assert.equal((await balancer.ask(names.apis, '/readyz')).status, 200);
    assert.equal((await balancer.ask(names.apis, '/oauth2/_ping')).status, 404);
    const { body } = await balancer.ask(names.cis2, `${realmPath}/.well-known/openid-configuration`);
    assert.equal((JSON.parse(body) as { issuer: string }).issuer, `https://${names.cis2}${realmPath}`);
    assert.equal((await balancer.ask(names.cis, '/cards/crl')).status, 200);
    assert.match((await balancer.ask(names.console, '/sign-in')).body, /passkey/i);
    assert.equal(
      (await balancer.ask('other.alongside.test', '/').catch(() => ({ status: 404 }))).status,
      404,
    );
  });

  test('lose no request while one server after the other is restarted', async (t) => {
    let isOver = false;
    let answered = 0;
    const failed: string[] = [];
    const caller = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!isOver) {
        const status = await balancer.ask(names.cis2, `${realmPath}/connect/jwk_uri`, agent).then(
          (answer) => answer.status,
          (error: unknown) => String(error),
        );
        if (status === 200) answered += 1;
        else failed.push(String(status));
        await sleep(5);
      }
      agent.destroy();
    };
    const calling = Promise.all(Array.from({ length: 8 }, caller));
    const ends: (number | null)[] = [];
    for (const address of addresses) {
      ends.push(await stop(address));
      await start(address);
      // Two polls, so that the next one is not stopped before the balancer uses this one.
      await sleep(2_500);
    }
    isOver = true;
    await calling;
    t.diagnostic(`${answered} requests were answered`);
    assert.deepEqual(failed, []);
    assert.deepEqual(ends, [0, 0]);
    assert.ok(answered > 200, String(answered));
  });
});

describe('deploy/haproxy.cfg in front of a server that closes connections without an answer', {
  skip: missing,
  timeout: 120_000,
}, () => {
  const servers = ['127.0.0.86', '127.0.0.87'] as const;
  const seen: string[] = [];
  const open = servers.map(() =>
    createServer(({ url = '', method }, response) => {
      if (url === '/readyz' || url === '/healthz') return void response.end();
      seen.push(`${method} ${url}`);
      response.destroy();
    }),
  );
  let balancer: Balancer;
  before(async () => {
    await Promise.all(open.map((server, at) => once(server.listen(8401, servers[at]), 'listening')));
    balancer = await Balancer.start(servers, names.api, '/healthz');
  });
  after(() => {
    balancer?.stop();
    for (const server of open) server.close();
  });

  test('sends a request that may change something once, and repeats one that reads', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      assert.ok((await balancer.ask(names.api, '/changes', undefined, method)).status >= 500, method);
    assert.deepEqual(seen.splice(0).sort(), [
      'DELETE /changes',
      'PATCH /changes',
      'POST /changes',
      'PUT /changes',
    ]);
    assert.ok((await balancer.ask(names.api, '/reads')).status >= 500);
    assert.ok(seen.length > 1, seen.join(', '));
  });
});
