import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { connect } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { text } from '@alongside/kernel/answer';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { createLog } from '@alongside/kernel/log';
import type { Browser } from 'playwright-core';
import { main } from '../../src/cli/testing/command.ts';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';
import { launchBrowser, watchDocuments } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

describe('the whole chain over HTTPS', () => {
  let authority: TestAuthority;
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    [instance, browser] = await Promise.all([
      startInstance({
        tlsCertificate: certificate,
        tlsKey: key,
        tlsAuthority: authority.certificate,
        tlsClientAuthorities: authority.certificate,
      }),
      launchBrowser(),
    ]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
    authority?.discard();
  });

  for (const pattern of ['combined', 'separate'])
    test(`${pattern} shows redirects only, with cookies that no other host can set`, async () => {
      for (const url of [instance.urls.api, instance.urls.cis2Issuer, instance.urls.sample])
        assert.match(url, /^https:/);
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(instance.urls.sample);
      const documents = watchDocuments(page);
      await page.getByRole('link', { name: `Sign in (${pattern})` }).click();
      await page.getByLabel('NHS number').fill('9000000009');
      await page.getByRole('button', { name: 'Find patient' }).click();
      await page.getByText('2010-10-22').waitFor();
      assert.equal(documents.filter(({ status }) => status === 200).length, 2);
      const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
      assert.ok(cookies.length > 0);
      for (const cookie of cookies) {
        assert.match(cookie.name, /^__Host-/);
        assert.ok(cookie.secure && cookie.httpOnly, cookie.name);
      }
      await context.close();
    });

  test('alongside doctor trusts the authority of the instance, and checks its certificates', async () => {
    const examine = async (...argv: string[]) => {
      const flags = ['doctor', '--json', '--state', instance.state.stateFile ?? '', ...argv];
      const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
      const { checks } = (await readJson(child.stdout)) as {
        checks: { name: string; outcome: string; detail: string }[];
      };
      return (name: string) => checks.find((check) => check.name === name);
    };
    const trusting = await examine('--tls-authority', authority.certificate);
    assert.equal(trusting('service (cis2)')?.outcome, 'ok');
    assert.match(
      trusting(`certificate (${instance.urls.api})`)?.detail ?? '',
      /^It is valid for 36\d\d more days/,
    );
    const other = await examine('--tls-authority', authority.issue('other').certificate);
    assert.equal(other('service (cis2)')?.outcome, 'wrong');
  });

  test('a client with a certificate gets a token that works only with that certificate (RFC 8705)', async () => {
    const client = authority.issue('client');
    const other = authority.issue('other');
    const made = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'certified',
      profile: 'fapi2',
      platform: {
        tokenEndpointAuthMethod: 'tls_client_auth',
        products: ['hello-world'],
        attributes: { tls_client_auth_subject_dn: 'CN=client' },
      },
    });
    const metadata = (await (
      await fetch(`${instance.urls.api}/.well-known/oauth-authorization-server/oauth2.1`)
    ).json()) as { mtls_endpoint_aliases: { token_endpoint: string } };
    const endpoint = metadata.mtls_endpoint_aliases.token_endpoint;
    assert.notEqual(new URL(endpoint).port, new URL(instance.urls.api).port);
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: made.platform.clientId,
      scope: 'urn:nhsd:apim:app:level3:hello-world',
    });
    const ask = (presented: ClientFiles) => call(endpoint, authority.certificate, presented, String(form));
    assert.equal((await ask(other)).status, 401);
    const granted = await ask(client);
    assert.equal(granted.status, 200, granted.body);
    const { access_token: token } = JSON.parse(granted.body);
    const below = authority.issueBelow('client');
    // Twice, with resumable sessions: the intermediates must not be lost.
    const agent = new https.Agent({ maxCachedSessions: 10 });
    for (let round = 0; round < 2; round++) {
      const { status, body } = await call(endpoint, authority.certificate, below, String(form), {}, agent);
      assert.equal(status, 200, body);
    }
    agent.destroy();
    const hello = `${new URL(endpoint).origin}/hello-world/hello/application`;
    const authorization = { authorization: `Bearer ${token}` };
    const status = async (presented?: ClientFiles) =>
      (await call(hello, authority.certificate, presented, undefined, authorization)).status;
    assert.deepEqual([await status(client), await status(other), await status()], [200, 401, 401]);
  });
});

test('--tls serves HTTPS with a certificate that alongside doctor trusts', async () => {
  const instance = await startInstance({ tls: true, only: ['cis', 'cis2', 'authorisation', 'console'] });
  try {
    assert.match(instance.urls.api, /^https:\/\/localhost:/);
    assert.equal((await fetch(`${instance.urls.api}/oauth2/_ping`)).status, 200);
    const flags = ['doctor', '--json', '--state', instance.state.stateFile ?? ''];
    const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { checks } = (await readJson(child.stdout)) as { checks: { name: string; outcome: string }[] };
    assert.equal(checks.find(({ name }) => name === 'service (cis2)')?.outcome, 'ok');
  } finally {
    await instance.stop();
  }
});

interface ClientFiles {
  certificate: string;
  key: string;
}

const pem = (file: string) => readFileSync(file, 'utf8');

/** Sends one request on a new connection, with a client certificate if given. A body is a form. */
function call(
  address: string,
  ca: string,
  presented?: ClientFiles,
  body?: string,
  headers: Record<string, string> = {},
  agent: https.Agent | false = false,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const form = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const request = https.request(
      address,
      {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...form, ...headers },
        agent,
        ca: pem(ca),
        ...(presented ? { cert: pem(presented.certificate), key: pem(presented.key) } : {}),
      },
      (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Responds with the thumbprint of the client certificate. */
test('a listener accepts a client certificate, and requests one only if configured', async () => {
  const authority = makeAuthority();
  const server = authority.issue('localhost');
  const client = authority.issue('client');
  const routes = [
    {
      methods: ['GET' as const],
      path: '/',
      endpoint: async ({ certificate }: HttpRequest) =>
        text(200, certificate ? new X509Certificate(certificate).fingerprint256 : 'none'),
    },
  ];
  const expected = new X509Certificate(pem(client.certificate)).fingerprint256;
  try {
    for (const clientCertificates of [true, false]) {
      const listener = createListener(routes, {
        name: 'test',
        log: createLog('silent', 'test'),
        tls: { certificate: pem(server.certificate), key: pem(server.key), clientCertificates },
      });
      const port = await listener.listen(0, '127.0.0.1');
      const ask = async (presented?: ClientFiles) =>
        (await call(`https://localhost:${port}/`, authority.certificate, presented)).body;
      assert.deepEqual([await ask(client), await ask()], [clientCertificates ? expected : 'none', 'none']);
      await listener.close();
    }
  } finally {
    authority.discard();
  }
});

test('a TLS listener that closes completes the request in flight and waits for no other connection', async () => {
  const authority = makeAuthority();
  const server = authority.issue('localhost');
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let answer: () => void = () => undefined;
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const listener = createListener(
    [
      { methods: ['GET'], path: '/', endpoint: async () => text(200, 'quick') },
      {
        methods: ['GET'],
        path: '/slow',
        async endpoint() {
          arrive();
          await answering;
          return text(200, 'slow');
        },
      },
    ],
    {
      name: 'test',
      log: createLog('silent', 'test'),
      tls: { certificate: pem(server.certificate), key: pem(server.key), clientCertificates: false },
    },
  );
  const agent = new https.Agent({ keepAlive: true });
  try {
    const port = await listener.listen(0, '127.0.0.1');
    const ask = (path: string) =>
      call(`https://localhost:${port}${path}`, authority.certificate, undefined, undefined, {}, agent);
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    assert.equal((await ask('/')).body, 'quick');
    const slow = ask('/slow');
    await arrived;
    const closed = listener.close(600_000);
    await ended;
    answer();
    assert.equal((await slow).body, 'slow');
    await closed;
  } finally {
    agent.destroy();
    authority.discard();
  }
});

test('a listener uses another certificate for new connections, and keeps the old one if the key does not match', async () => {
  const authority = makeAuthority();
  const filesOf = ({ certificate, key }: ClientFiles) => ({ certificate: pem(certificate), key: pem(key) });
  const [one, two, client] = [
    filesOf(authority.issue('localhost')),
    filesOf(authority.issue('localhost')),
    authority.issue('client'),
  ];
  const listener = createListener(
    [
      {
        methods: ['GET'],
        path: '/',
        endpoint: async ({ certificate }) => text(200, certificate ? 'known' : 'unknown'),
      },
    ],
    { name: 'test', log: createLog('silent', 'test'), tls: { ...one, clientCertificates: true } },
  );
  const kept = new https.Agent({ keepAlive: true });
  try {
    const origin = `https://localhost:${await listener.listen(0, '127.0.0.1')}/`;
    const ask = (agent: https.Agent | false) =>
      call(origin, authority.certificate, client, undefined, {}, agent);
    const shown = async () => {
      const socket = connectTls(Number(new URL(origin).port), { rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate?.toString();
    };
    assert.equal((await ask(kept)).body, 'known');
    listener.useCertificate(two);
    assert.equal(await shown(), two.certificate);
    assert.deepEqual([(await ask(kept)).body, (await ask(false)).body], ['known', 'known']);
    assert.throws(() => listener.useCertificate({ certificate: one.certificate, key: two.key }));
    assert.equal(await shown(), two.certificate);
  } finally {
    kept.destroy();
    await listener.close();
    authority.discard();
  }
});
