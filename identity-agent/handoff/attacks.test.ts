import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import http from 'node:http';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { silentLog } from '@alongside/kernel/log';
import { linuxPeerUser } from '@alongside/kernel/peer-user';
import { sha256 } from '@alongside/kernel/secrets';
import { sessionCertificateType } from '../../src/cis/protocol.ts';
import { freePort } from '../../test/testing/free-port.ts';
import { onWindows } from '../../test/testing/platform.ts';
import { handOffPath, proofType } from '../protocol.ts';
import { type TestDesk, testDesk } from '../testing/desk.ts';

// Attacks between browser and agent. The attacker wants a proof for their own request, a code in their own browser, or PIN
// attempts of another user's card.

const nothingWasProven = (desk: TestDesk) => {
  assert.equal(desk.cis2.proofs.length, 0, 'no proof');
  assert.equal(desk.cis2.codes.length, 0, 'no code');
};

describe("relay into the victim's browser", () => {
  test("does not sign the attacker in when the victim opens the attacker's request", async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const attackersCookie = randomToken();
    const { jws } = await desk.cis2.request({ txn_h: sha256(attackersCookie) });
    const { location } = await desk.handOff(jws);
    const victim = await desk.visit(location, { headers: { cookie: `txn=${randomToken()}` } });
    assert.equal(victim.status, 403, "the victim's browser has not the attacker's cookie");
    const attacker = await desk.visit(`${desk.cis2.origin}/agent/return?code=${randomToken()}`, {
      headers: { cookie: `txn=${attackersCookie}` },
    });
    assert.equal(attacker.status, 403, 'the attacker has not the code');
    const both = await desk.visit(location, { headers: { cookie: `txn=${attackersCookie}` } });
    assert.equal(both.status, 200, 'only code and cookie together count');
    assert.equal(
      (await desk.visit(location, { headers: { cookie: `txn=${attackersCookie}` } })).status,
      403,
      'and once',
    );
  });
});

describe('replay', () => {
  test('is refused, also after a restart of the agent', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    assert.equal((await desk.handOff(jws)).status, 302);
    assert.equal((await desk.handOff(jws)).status, 409);
    await desk.restart();
    assert.equal((await desk.handOff(jws)).status, 409);
    assert.equal(desk.cis2.proofs.length, 1);
  });
});

describe('DNS rebinding', () => {
  test('gets no response for a foreign host name, whatever headers the page sends', async (t) => {
    const desk = await testDesk(t, { fetchTransport: true });
    await desk.signIn();
    const { port } = new URL(desk.origin);
    const { jws } = await desk.cis2.request();
    const host = `rebound.example:${port}`;
    // A page that is same-origin with the rebound name sends no Origin with GET, and its own with POST.
    for (const path of [
      `${handOffPath}?request=${jws}`,
      '/',
      '/card',
      '/healthz',
      '/assets/handoff/pages/interaction.browser.js',
    ])
      assert.equal((await desk.visit(path, { headers: { host } })).status, 421, path);
    for (const method of ['POST', 'OPTIONS'])
      assert.equal(
        (await desk.visit(handOffPath, { method, headers: { host, origin: `http://${host}` } })).status,
        421,
        method,
      );
    nothingWasProven(desk);
  });
});

describe('a request that is not from the pinned CIS2', () => {
  const refused = async (
    t: Parameters<typeof testDesk>[0],
    make: (desk: TestDesk) => Promise<string>,
  ): Promise<void> => {
    const desk = await testDesk(t);
    await desk.signIn();
    const answer = await desk.handOff(await make(desk));
    assert.equal(answer.status, 400);
    assert.equal(answer.location, '');
    nothingWasProven(desk);
  };

  test('is refused with the wrong issuer', (t) =>
    refused(t, async ({ cis2 }) => (await cis2.request({ iss: 'https://evil.example/realm' })).jws));

  test('is refused with an issuer that differs in one character', (t) =>
    refused(t, async ({ cis2 }) => (await cis2.request({ iss: `${cis2.issuer}/` })).jws));

  test('is refused with an unpinned issuer, neither trusting nor fetching the keys in its header', async (t) => {
    let asked = 0;
    const elsewhere = createListener(
      [
        {
          methods: ['GET'],
          path: '/jwks',
          endpoint: async () => {
            asked += 1;
            return json(200, { keys: [] });
          },
        },
      ],
      { name: 'evil', log: silentLog },
    );
    const origin = `http://127.0.0.1:${await elsewhere.listen(0)}`;
    t.after(() => elsewhere.close());
    await refused(t, async ({ cis2 }) => {
      const { privatePem, publicJwk } = await newKeyPair('ES256');
      const { claims } = await cis2.request();
      return signJwt(
        {
          alg: 'ES256',
          typ: 'cis-agent-req+jwt',
          kid: 'mine',
          jwk: publicJwk,
          jku: `${origin}/jwks`,
        } as never,
        { ...claims },
        createPrivateKey(privatePem),
      );
    });
    assert.equal(asked, 0);
  });

  test('is refused with the wrong audience', (t) =>
    refused(t, async ({ cis2 }) => (await cis2.request({ aud: cis2.issuer as never })).jws));

  for (const alg of ['none', 'None', 'HS256', 'RS256'])
    test(`is refused with alg ${alg}`, (t) =>
      refused(t, async ({ cis2 }) => {
        const [, payload, signature] = (await cis2.request()).jws.split('.');
        const header = Buffer.from(JSON.stringify({ alg, typ: 'cis-agent-req+jwt', kid: 'x' }));
        return `${header.toString('base64url')}.${payload}.${alg.toLowerCase() === 'none' ? '' : signature}`;
      }));

  test('is refused after it has expired', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    desk.clock.advance(60);
    assert.equal((await desk.handOff(jws)).status, 400);
    nothingWasProven(desk);
  });

  test('is refused with a response address at another origin', (t) =>
    refused(t, async ({ cis2 }) => (await cis2.request({ response_uri: 'https://evil.example/' })).jws));
});

describe('pages that call the agent without navigation', () => {
  test("are refused by the request's headers, and framing is forbidden for browsers that send none", async (t) => {
    const desk = await testDesk(t, { strictNavigation: false });
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    const framed = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' };
    for (const path of [`${handOffPath}?request=${jws}`, '/', '/card'])
      assert.equal((await desk.visit(path, { headers: framed })).status, 403, path);
    const silent = { 'sec-fetch-dest': undefined, 'sec-fetch-mode': undefined };
    const { headers } = await desk.visit('/', { headers: silent });
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    nothingWasProven(desk);
  });

  test('cannot fetch from another site unless this is enabled', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    const call = {
      origin: desk.cis2.origin,
      'content-type': 'application/json',
      'x-identity-agent': '1',
      'sec-fetch-mode': 'cors',
    };
    const body = JSON.stringify({ request: jws });
    assert.equal((await desk.visit(handOffPath, { method: 'POST', headers: call, body })).status, 404);
    assert.equal((await desk.visit(handOffPath, { method: 'OPTIONS', headers: call })).status, 404);
    nothingWasProven(desk);
  });

  test('learns from the presence only that an agent listens', async (t) => {
    const desk = await testDesk(t);
    const asked = () => desk.visit('/v1/presence', { headers: { origin: 'https://evil.example' } });
    const before = await asked();
    assert.deepEqual([before.status, before.body], [200, '{}']);
    assert.equal(before.headers['access-control-allow-origin'], desk.cis2.origin);
    await desk.signIn();
    assert.equal((await asked()).body, before.body);
  });

  test('cannot open a WebSocket from any origin', async (t) => {
    const desk = await testDesk(t, { fetchTransport: true });
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    for (const origin of ['https://evil.example', desk.cis2.origin, desk.origin])
      for (const path of [`${handOffPath}?request=${jws}`, '/', '/card']) {
        const status = await new Promise<number>((resolve, reject) => {
          const request = http.get(`${desk.origin}${path}`, {
            headers: {
              connection: 'Upgrade',
              upgrade: 'websocket',
              origin,
              'sec-websocket-version': '13',
              'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
              'sec-fetch-dest': 'websocket',
              'sec-fetch-mode': 'websocket',
            },
          });
          request.on('upgrade', () => resolve(101));
          request.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
          request.on('error', reject);
        });
        assert.equal(status, 403, `${origin} ${path}`);
      }
    nothingWasProven(desk);
  });
});

describe('port squatting', () => {
  test('learns no secret and cannot prove a user', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const honest = await desk.cis2.request();
    await desk.handOff(honest.jws);
    const seen: string[] = [];
    const squatter = http.createServer((request, answer) => {
      seen.push(request.url ?? '', JSON.stringify(request.headers));
      answer.end();
    });
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    t.after(() => void squatter.close());
    const { port } = squatter.address() as { port: number };
    const cookie = randomToken();
    const { jws, claims } = await desk.cis2.request({ txn_h: sha256(cookie) });
    await desk.visit(`http://127.0.0.1:${port}${handOffPath}?request=${jws}`);
    const stolen = new URL(seen[0] ?? '', desk.origin).searchParams.get('request') ?? '';
    assert.equal(stolen, jws);
    const payload = Buffer.from(stolen.split('.')[1] ?? '', 'base64url').toString();
    assert.ok(!payload.includes(cookie), 'the cookie of the transaction never leaves the browser');

    const exchange = (body: object) =>
      desk.visit(`${desk.cis2.origin}/agent/exchange`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const { privatePem, publicJwk } = await newKeyPair('ES256');
    const key = createPrivateKey(privatePem);
    const session = desk.cis.live[0];
    const forged = await signJwt(
      { alg: 'ES256', typ: sessionCertificateType, kid: 'cis' },
      { iss: desk.cis.origin, sub: session?.uid, sid: session?.id, cnf: { jwk: publicJwk } },
      key,
    );
    const proof = await signJwt(
      { alg: 'ES256', typ: proofType },
      {
        aud: claims.iss,
        request_jti: claims.jti,
        nonce: claims.nonce,
        txn_h: claims.txn_h,
        iss: desk.agent.id,
        cis_sid: session?.id,
        sub: session?.uid,
        card_present: false,
      },
      key,
    );
    assert.equal((await exchange({ proof, sessionCertificate: forged })).status, 403, 'a forged certificate');
    const real = desk.agent.session?.certificate ?? '';
    assert.equal((await exchange({ proof, sessionCertificate: real })).status, 403, "another key's proof");
    assert.equal(desk.cis2.proofs.length, 1, 'the honest one');
  });

  test('stops the agent from starting, with an error', async () => {
    const squatter = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    const listener = createListener([], { name: 'the Identity Agent', log: silentLog });
    await assert.rejects(listener.listen(port), /is in use, so the Identity Agent cannot start/);
    await listener.close();
    await new Promise((resolve) => squatter.close(resolve));
  });
});

describe('a program of another local user', () => {
  const get = (origin: string) =>
    `require('http').get('${origin}/', { headers: { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } }, (a) => { console.log(a.statusCode); a.resume(); })`;
  const runAs = (origin: string, as: { uid?: number; gid?: number }): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { ...as, cwd: '/' };
      execFile('node', ['-e', get(origin)], options, (error, out) =>
        error ? reject(error) : resolve(out.trim()),
      );
    });

  // Only root can act as another user; the test below covers the rest with the kernel's table.
  if (process.getuid?.() === 0)
    test('is refused, and one of the same user is served', async (t) => {
      const desk = await testDesk(t);
      assert.equal(await runAs(desk.origin, {}), '200');
      assert.equal(await runAs(desk.origin, { uid: 65_534, gid: 65_534 }), '403');
    });

  test('is detected by the owner of this connection, as the kernel reports it', {
    skip: onWindows && 'the tables are Linux',
  }, async (t) => {
    const desk = await testDesk(t);
    const { port } = new URL(desk.origin);
    const socket = await new Promise<import('node:net').Socket>((resolve) => {
      const made = http.get(`${desk.origin}/healthz`, (answer) => answer.resume());
      made.on('socket', (each) => each.on('connect', () => resolve(each)));
    });
    const from = {
      address: socket.localAddress ?? '',
      port: socket.localPort ?? 0,
      localAddress: socket.remoteAddress,
    };
    const uid = process.getuid?.() ?? 0;
    assert.equal(await linuxPeerUser(Number(port), uid).isOurs(from), true);
    assert.equal(await linuxPeerUser(Number(port), uid + 1).isOurs(from), false);
    socket.destroy();
  });
});
