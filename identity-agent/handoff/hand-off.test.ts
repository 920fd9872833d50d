import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { randomToken } from '@alongside/kernel/ids';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { handOffPath } from '../protocol.ts';
import { ada, rightPin, testDesk } from '../testing/desk.ts';

const codeOf = (location: string): string => new URL(location).searchParams.get('code') ?? '';
const unsigned = (jws: string): string => {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'cis-agent-req+jwt' })).toString('base64url');
  return `${header}.${jws.split('.')[1]}.`;
};

describe('the silent hand-off', () => {
  test("returns a proof of a live session with the card's signature, and redirects back with a code", async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws, claims } = await desk.cis2.request({ max_age: 300 });
    const answer = await desk.handOff(jws);
    assert.equal(answer.status, 302);
    assert.equal(answer.location, `${desk.cis2.origin}/agent/return?code=${desk.cis2.codes[0]}`);
    const [proof] = desk.cis2.proofs;
    assert.equal(proof?.sub, ada);
    assert.equal(proof?.request_jti, claims.jti);
    assert.equal(proof?.card_present, true);
    assert.ok(proof?.card_signature);
    assert.equal(proof?.selected_roleid, desk.cis.live[0]?.roleId);
    assert.deepEqual(
      desk.arrows
        .filter(({ keys }) => keys?.includes(claims.jti))
        .map(({ name, from, to }) => `${from} ${to} ${name}`),
      ['browser identity-agent agent.hand-off', 'identity-agent cis2 agent.proof'],
    );
    assert.ok(
      desk.lines.some((line) => line.jti === claims.jti && line.application === 'Sample clinic'),
      'each silent use leaves a line',
    );
  });

  test('forbids caching, framing and reading by others in every response', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    for (const path of [
      `${handOffPath}?request=${jws}`,
      `${handOffPath}?request=x`,
      '/',
      '/nothing',
      '/healthz',
      '/interaction/none',
    ]) {
      const { headers, status } = await desk.visit(path, { headers: { origin: desk.cis2.origin } });
      assert.equal(headers['cache-control'], 'no-store', path);
      assert.equal(headers['referrer-policy'], 'no-referrer', path);
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, `${path} ${status}`);
      assert.equal(headers['access-control-allow-origin'], undefined, path);
      assert.equal(headers['set-cookie'], undefined, path);
    }
  });

  test('sends CIS2 login_required without a session if prompts are forbidden', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const { jws } = await desk.cis2.request({ interactive: false });
    const answer = await desk.handOff(jws);
    assert.equal(answer.status, 302);
    assert.equal(codeOf(answer.location), desk.cis2.codes[0]);
    assert.deepEqual(desk.cis2.reasons, ['login_required']);
  });

  test('treats a role that is not selected yet as no session', async (t) => {
    const desk = await testDesk(t);
    desk.cis.roles.set(ada, []);
    await desk.signIn();
    const session = desk.agent.session;
    assert.ok(session);
    session.askForRole();
    await desk.handOff((await desk.cis2.request({ interactive: false })).jws);
    assert.deepEqual(desk.cis2.reasons, ['login_required']);
  });

  test('asks the user instead of failing if CIS has ended the session', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    for (const session of desk.cis.sessions.values()) session.ended = 'administrator';
    const answer = await desk.handOff((await desk.cis2.request()).jws);
    assert.equal(answer.status, 302);
    assert.ok(answer.location.startsWith(`${desk.origin}/interaction/`), answer.location);
    assert.equal((await desk.call('status')).state, 'pinRequested');
  });

  test('returns 502 if the exchange refuses', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    desk.cis2.refuses = true;
    const answer = await desk.handOff((await desk.cis2.request()).jws);
    assert.equal(answer.status, 502);
    assert.equal(answer.location, '');
  });

  test('proves the session without the card in the newer generation, and reports that it is not inserted', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    await desk.call('insertCard', { card: 'ada' });
    desk.agent.askForPin({ key: 'client Sample clinic', name: 'Sample clinic' });
    await desk.call('answerPin', { pin: rightPin });
    await desk.call('takeCard');
    assert.equal((await desk.handOff((await desk.cis2.request()).jws)).status, 302);
    assert.equal(desk.cis2.proofs[0]?.card_present, false);
    assert.equal(desk.cis2.proofs[0]?.card_signature, undefined);
    // A card that is inserted again has forgotten the PIN: it cannot sign, so the agent asks for the PIN.
    await desk.call('insertCard', { card: 'ada' });
    const asked = await desk.handOff((await desk.cis2.request()).jws);
    assert.ok(asked.location.includes('/interaction/'));
    assert.match((await desk.visit(asked.location)).body, /name="pin"/);
  });
});

describe('the checks of the hand-off, in order', () => {
  test('return their own status, and the earlier one wins', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const host = { host: 'evil.example:80' };
    const script = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' };
    assert.equal((await desk.visit('/nowhere', { headers: { ...host, ...script } })).status, 421);
    assert.equal((await desk.visit('/nowhere', { headers: script })).status, 404);
    assert.equal((await desk.visit(handOffPath, { method: 'POST', headers: script })).status, 404);
    assert.equal((await desk.visit(handOffPath, { method: 'HEAD', headers: script })).status, 404);
    assert.equal((await desk.visit(`${handOffPath}/`)).status, 404);
    assert.equal((await desk.visit(`${handOffPath}?request=bad`, { headers: script })).status, 403);
    assert.equal((await desk.visit(`${handOffPath}?request=bad`)).status, 400);
    assert.equal(desk.cis2.codes.length, 0);
  });

  test('return 421 for any other host name except loopback names', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { port } = new URL(desk.origin);
    const { jws } = await desk.cis2.request();
    for (const host of [
      `evil.example:${port}`,
      'localhost',
      `localhost.evil.example:${port}`,
      `127.0.0.1:${Number(port) + 1}`,
    ])
      assert.equal((await desk.handOff(jws, { headers: { host } })).status, 421, host);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      assert.equal(
        (await desk.handOff((await desk.cis2.request()).jws, { headers: { host } })).status,
        302,
        host,
      );
  });

  test('refuse fetch, frames and sub-resources of any page before the request is read', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    for (const headers of [
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'cors' },
      { 'sec-fetch-dest': undefined, 'sec-fetch-mode': undefined },
    ])
      assert.equal((await desk.handOff(jws, { headers })).status, 403);
    assert.equal((await desk.handOff(jws)).status, 302, 'the request was not used up');
  });

  test('accept a browser without Fetch Metadata if configured, but never a frame', async (t) => {
    const desk = await testDesk(t, { strictNavigation: false });
    await desk.signIn();
    const none = { 'sec-fetch-dest': undefined, 'sec-fetch-mode': undefined };
    assert.equal((await desk.handOff((await desk.cis2.request()).jws, { headers: none })).status, 302);
    const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' };
    assert.equal((await desk.handOff((await desk.cis2.request()).jws, { headers: frame })).status, 403);
  });

  test('return 400 and sign nothing for anything but exactly one request of CIS2', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { cis2 } = desk;
    const now = Math.floor(desk.clock.now() / 1000);
    const stranger = createPrivateKey((await newKeyPair('ES256')).privatePem);
    const good = await cis2.request();
    const [header, payload, signature] = good.jws.split('.');
    const bad: Record<string, string> = {
      'no JWS': 'aaaa',
      'alg none': unsigned(good.jws),
      'no signature': `${header}.${payload}.`,
      'changed payload': `${header}.${Buffer.from(JSON.stringify({ ...good.claims, client_name: 'Other' })).toString('base64url')}.${signature}`,
      'another key under a known kid': (await cis2.request({}, { key: stranger })).jws,
      'an unknown kid': (await cis2.request({}, { key: stranger, kid: 'unknown' })).jws,
      'another type': (await cis2.request({}, { typ: 'JWT' })).jws,
      'another issuer': (await cis2.request({ iss: 'https://evil.example/realm' })).jws,
      'another audience': (await cis2.request({ aud: 'another-agent' as never })).jws,
      'a list of audiences': (await cis2.request({ aud: ['identity-agent'] as never })).jws,
      expired: (await cis2.request({ iat: now - 61, exp: now - 1 })).jws,
      'ending now': (await cis2.request({ iat: now - 60, exp: now })).jws,
      'living too long': (await cis2.request({ exp: now + 61 })).jws,
      'from the future': (await cis2.request({ iat: now + 30, exp: now + 60 })).jws,
      'no jti': (await cis2.request({ jti: undefined })).jws,
      'a short nonce': (await cis2.request({ nonce: randomToken(16) })).jws,
      'no txn_h': (await cis2.request({ txn_h: undefined })).jws,
      'no name': (await cis2.request({ client_name: '' })).jws,
      'interactive as a word': (await cis2.request({ interactive: 'yes' as never })).jws,
      'a foreign response_uri': (await cis2.request({ response_uri: 'https://evil.example/agent/return' }))
        .jws,
      'a response_uri on another port': (
        await cis2.request({ response_uri: 'http://127.0.0.1:1/agent/return' })
      ).jws,
      'a response_uri with a user': (
        await cis2.request({ response_uri: cis2.origin.replace('//', '//a:b@') })
      ).jws,
      'a response_uri that is a script': (await cis2.request({ response_uri: 'javascript:alert(1)' })).jws,
    };
    for (const [what, jws] of Object.entries(bad)) assert.equal((await desk.handOff(jws)).status, 400, what);
    assert.equal(
      (await desk.visit(`${handOffPath}?request=${good.jws}&request=${good.jws}`)).status,
      400,
      'twice the parameter',
    );
    assert.equal(cis2.proofs.length, 0);
    assert.equal((await desk.handOff(good.jws)).status, 302, 'none of them used the good one up');
  });

  test('spend a valid request once, and an invalid one not at all', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const jti = 'one-jti-for-both';
    const evil = await desk.cis2.request({ jti, response_uri: 'https://evil.example/' });
    const { jws } = await desk.cis2.request({ jti });
    assert.equal((await desk.handOff(evil.jws)).status, 400);
    const answers = await Promise.all([desk.handOff(jws), desk.handOff(jws), desk.handOff(jws)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [302, 409, 409]);
    assert.equal(desk.cis2.proofs.length, 1);
    desk.clock.advance(59);
    assert.equal((await desk.handOff(jws)).status, 409);
    desk.clock.advance(1);
    assert.equal((await desk.handOff(jws)).status, 400);
  });

  test('fetch keys only from the configured address, and find a new one', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    assert.equal((await desk.handOff((await desk.cis2.request()).jws)).status, 302);
    assert.equal((await desk.handOff((await desk.cis2.request()).jws)).status, 302);
    assert.equal(desk.cis2.keyFetches, 1);
    await desk.cis2.rotate();
    assert.equal((await desk.handOff((await desk.cis2.request()).jws)).status, 302);
    assert.equal(desk.cis2.keyFetches, 2);
    for (let n = 0; n < 40; n += 1)
      await desk.handOff((await desk.cis2.request({}, { kid: `unknown-${n}` })).jws);
    assert.ok(desk.cis2.keyFetches <= 23, `unknown kids caused ${desk.cis2.keyFetches} fetches`);
  });

  test("prevent a relay: the browser carries only a code, and the proof is bound to the request's transaction", async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const attackers = await desk.cis2.request({ txn_h: randomToken() });
    const { location } = await desk.handOff(attackers.jws);
    assert.equal(desk.cis2.proofs[0]?.txn_h, attackers.claims.txn_h);
    assert.deepEqual([...new URL(location).searchParams.keys()], ['code']);
  });
});
