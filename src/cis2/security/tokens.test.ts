import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import { CompactEncrypt, decodeJwt } from 'jose';
import { sql } from '../../storage/database.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import {
  beginWith,
  requestUriOf,
  type StrongClient,
  strongClient,
  verifier,
} from '../testing/strong-client.ts';

// Published vulnerabilities of other providers: codes, proof keys, assertions, refresh tokens.
let cis2: Instance;
let client: StrongClient;
let other: StrongClient;
let cisSession: string;
before(async () => {
  cis2 = await startInstance();
  client = await strongClient(cis2, { refreshTokens: true });
  other = await strongClient(cis2, { refreshTokens: true });
  cisSession = await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const errorOf = ({ body }: Reply): string => JSON.parse(body).error;
const codeFor = async (parameters: Record<string, string | undefined> = {}, who = client): Promise<string> =>
  codeOf(
    await cis2.signIn(
      new Browser(),
      who.registration,
      who.ask({ scope: 'openid offline_access', ...parameters }),
    ),
  );
const refresh = (refresh_token: string, who = client, more: Record<string, string> = {}) =>
  who.post('/access_token', { grant_type: 'refresh_token', refresh_token, ...more });
const tokens = async () => JSON.parse((await client.redeem(await codeFor())).body) as Record<string, string>;

describe('codes', () => {
  test('CVE-2022-39222: issues no code to a browser that knows the address of another sign-in', async () => {
    cis2.agent.idle();
    const victim = new Browser();
    const { location } = await victim.get(cis2.authorizeUrl(client.registration, client.ask()));
    cisSession = await cis2.agent.signIn(gp.uid);
    for (const path of ['', '/smartcard', '/resume', '/confirm', '/role']) {
      const reply = await new Browser().get(`${location}${path}`);
      assert.ok(!reply.location.includes('code=') && !reply.body.includes('code='), path);
    }
  });
  test('CVE-2026-55672: accepts a code and a refresh token only from their client', async () => {
    assert.equal(errorOf(await other.redeem(await codeFor())), 'invalid_grant');
    const { refresh_token = '' } = await tokens();
    assert.equal(errorOf(await refresh(refresh_token, other)), 'invalid_grant');
  });
  test('CVE-2026-4282: rejects a value of another kind as a code', async () => {
    const requestUri = requestUriOf(await client.push());
    const { access_token = '', refresh_token = '' } = await tokens();
    cis2.agent.idle();
    const { location } = await new Browser().get(cis2.authorizeUrl(client.registration, client.ask()));
    cisSession = await cis2.agent.signIn(gp.uid);
    const interaction = location.split('/').at(-1) ?? '';
    for (const value of [
      requestUri,
      requestUri.split(':').at(-1) ?? '',
      access_token,
      refresh_token,
      interaction,
    ])
      assert.equal(errorOf(await client.redeem(value)), 'invalid_grant');
    assert.equal(errorOf(await refresh(await codeFor())), 'invalid_grant');
    assert.equal(errorOf(await refresh(access_token)), 'invalid_grant');
  });
});

describe('proof keys', () => {
  test('CVE-2023-48228, CVE-2024-23647: rejects a code with a challenge without its verifier', async () => {
    for (const code_verifier of ['', 'x'.repeat(43)]) {
      const reply = await client.redeem(await codeFor(), {}, { code_verifier });
      assert.equal(errorOf(reply), 'invalid_grant');
    }
  });
  test('CVE-2025-4144: rejects a verifier after the challenge was removed from the request', async () => {
    const code = await codeFor({ code_challenge: undefined, code_challenge_method: undefined });
    assert.equal(errorOf(await client.redeem(code, {}, { code_verifier: verifier })), 'invalid_grant');
  });
  test('CVE-2024-22258: requires a challenge if the client registered it', async () => {
    const must = await strongClient(cis2, { pkce: 'required' });
    const ask = must.ask({ code_challenge: undefined, code_challenge_method: undefined });
    const reply = await new Browser().get(cis2.authorizeUrl(must.registration, { ...ask, prompt: 'none' }));
    assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
  });
});

describe('client assertions', () => {
  const push = (client_assertion: string) => client.post('/par', { ...client.ask(), client_assertion });
  test('CVE-2020-5300, CVE-2020-15222: accepts a jti once, also in ten simultaneous requests', async () => {
    const assertion = await client.assertion();
    const replies = await Promise.all(Array.from({ length: 10 }, () => push(assertion)));
    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  });
  test('CVE-2022-23540, CVE-2022-23541, GHSA-869p-cjfg-cm3x: rejects a missing signature and HMAC with a public key', async () => {
    const [, claims] = (await client.assertion()).split('.');
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    for (const alg of ['none', 'NONE', 'nOnE', '']) {
      assert.equal(errorOf(await push(`${encode({ alg, kid: 'key-1' })}.${claims}.`)), 'invalid_client');
    }
    for (const material of [JSON.stringify(client.publicJwk), '']) {
      const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${claims}`;
      const mac = createHmac('sha256', material).update(signed).digest('base64url');
      assert.equal(errorOf(await push(`${signed}.${mac}`)), 'invalid_client');
    }
  });
  test('CVE-2022-23539: rejects an algorithm of another key type', async () => {
    for (const alg of ['RS256', 'PS256', 'EdDSA', 'ES384']) {
      const [, claims, signature] = (await client.assertion()).split('.');
      const header = Buffer.from(JSON.stringify({ alg, kid: 'key-1' })).toString('base64url');
      assert.equal(errorOf(await push(`${header}.${claims}.${signature}`)), 'invalid_client');
    }
  });
  test('CVE-2025-2559: limits exp, which bounds the stored jti values', async () => {
    const exp = Math.floor(cis2.clock.now() / 1000) + 86_400;
    assert.equal(errorOf(await push(await client.assertion({ exp }))), 'invalid_client');
  });
  test('CVE-2022-36083, CVE-2024-28176, CVE-2024-28180: does not decrypt', async () => {
    const key = new TextEncoder().encode('x'.repeat(32));
    const jwe = await new CompactEncrypt(new Uint8Array(10_000))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(key);
    assert.equal(errorOf(await push(jwe)), 'invalid_client');
  });
  test('RFC 8725 section 3.10: ignores keys in headers', async () => {
    for (const header of [
      { jwk: other.publicJwk, kid: 'x' },
      { jku: 'https://evil.example/jwks', kid: 'x' },
      { x5u: 'https://evil.example/x5u', kid: 'x' },
      { kid: '../../../../dev/null' },
      { kid: "' OR 1=1 --" },
    ])
      assert.equal(errorOf(await push(await client.assertion({}, header))), 'invalid_client');
  });
});

describe('refresh tokens', () => {
  test('CVE-2026-1035: has one successor after ten simultaneous uses', async () => {
    const { refresh_token = '' } = await tokens();
    const replies = await Promise.all(Array.from({ length: 10 }, () => refresh(refresh_token)));
    const successors = new Set(
      replies.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body).refresh_token),
    );
    assert.equal(successors.size, 1);
  });
  test('CVE-2026-9802: rejects a used token after clean-up', async () => {
    const { refresh_token = '' } = await tokens();
    const next = JSON.parse((await refresh(refresh_token)).body).refresh_token;
    await refresh(next);
    assert.equal(errorOf(await refresh(refresh_token)), 'invalid_grant');
  });
  test('CVE-2024-52287: adds no scope that was not granted', async () => {
    const { refresh_token = '' } = await tokens();
    assert.equal(errorOf(await refresh(refresh_token, client, { scope: 'openid email' })), 'invalid_scope');
  });
  test('CVE-2026-8922, CVE-2025-64521: is inactive after revocation', async () => {
    const { access_token = '', refresh_token = '' } = await tokens();
    await client.post('/token/revoke', { token: refresh_token });
    for (const token of [access_token, refresh_token]) {
      const state = await client.post('/introspect', { token });
      assert.deepEqual(JSON.parse(state.body), { active: false });
    }
    const userinfo = await send('GET', `${cis2.issuer}/userinfo`, {
      authorization: `Bearer ${access_token}`,
    });
    assert.equal(userinfo.status, 401);
  });
  test('CVE-2022-3916: ends with the session', async () => {
    const { refresh_token = '' } = await tokens();
    const told = { sessionId: cisSession, agentId: cis2.agent.id, uid: gp.uid, generation: 'hscn' } as const;
    await cis2.sessionEnded({ ...told, cause: 'signedOut' });
    assert.equal(errorOf(await refresh(refresh_token)), 'invalid_grant');
    cisSession = await cis2.agent.signIn(gp.uid);
  });
});

describe('tokens for another purpose', () => {
  test('GHSA-wcvh-g65p-v576: rejects a token of another purpose, audience or issuer as an access token', async () => {
    const { access_token = '', id_token = '' } = await tokens();
    const now = Math.floor(cis2.clock.now() / 1000);
    const claims = {
      sub: gp.uid,
      client_id: client.registration.clientId,
      scope: 'openid',
      iat: now,
      exp: now + 300,
    };
    const sign = (more: object, typ = 'at+jwt') =>
      cis2.keys.sign({ ...claims, jti: uuid(), ...more }, { algorithm: 'RS256', typ });
    const forged = [
      id_token,
      await sign({ iss: cis2.issuer, aud: cis2.issuer }),
      await sign({ iss: cis2.issuer, aud: client.registration.clientId }),
      await sign({ iss: 'https://other.example', aud: cis2.issuer }),
      await sign({ iss: cis2.issuer, aud: 'https://api.example.test' }, 'JWT'),
      await sign({ iss: cis2.issuer, aud: client.registration.clientId, events: {} }, 'logout+jwt'),
    ];
    for (const token of forged) {
      const userinfo = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` });
      assert.deepEqual([userinfo.status, userinfo.body.includes(gp.uid)], [401, false]);
      const state = await client.post('/introspect', { token });
      assert.deepEqual(JSON.parse(state.body), { active: false });
    }
    // A token of another issuer on the same storage, such as the API platform.
    const token = 'a-token-of-another-issuer-in-the-same-record';
    const record = await cis2.tokens.find(access_token);
    assert.ok(record);
    const { grant: _, ...authorization } = {
      ...record,
      issuer: 'https://api.example.test/oauth2',
      family: uuid(),
    };
    const made = { ...record, token, ...cis2.tokens.placeOf(token) };
    await cis2.database.batch(cis2.tokens.issueStatements(authorization, [made]));
    const elsewhere = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` });
    assert.equal(elsewhere.status, 401);
    assert.deepEqual(JSON.parse((await client.post('/introspect', { token })).body), { active: false });
  });
  test('rejects an access token as an ID token hint', async () => {
    const { access_token = '' } = await tokens();
    const hint = { id_token_hint: access_token, prompt: 'none' };
    const reply = await new Browser().get(cis2.authorizeUrl(client.registration, client.ask(hint)));
    assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
  });
  test('Authlib 1.9.0: keeps the nonce and scope of two sign-ins of one browser separate', async () => {
    const browser = new Browser();
    const asks = [
      { nonce: 'nonce-one', scope: 'openid' },
      { nonce: 'nonce-two', scope: 'openid email' },
    ];
    const codes = [];
    for (const ask of asks)
      codes.push(codeOf(await cis2.signIn(browser, client.registration, client.ask(ask))));
    const answers = await Promise.all(codes.map((code) => client.redeem(code)));
    assert.deepEqual(
      answers.map(({ body }) => {
        const { id_token, scope } = JSON.parse(body);
        return { nonce: decodeJwt(id_token).nonce, scope };
      }),
      asks,
    );
  });
});

test('CVE-2020-15223: a revocation fails if it could not be stored', async () => {
  const { refresh_token = '' } = await tokens();
  const away = (from: string, to: string) => cis2.database.run(sql(`ALTER TABLE ${from} RENAME TO ${to}`));
  // Reads succeed, writes fail.
  await cis2.database.run(
    sql(
      "CREATE TRIGGER broken BEFORE UPDATE ON token_grant BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    ),
  );
  const failed = await client.post('/token/revoke', { token: refresh_token });
  await cis2.database.run(sql('DROP TRIGGER broken'));
  assert.ok(failed.status >= 500, `${failed.status}`);
  await away('token_grant', 'token_away');
  const unread = await client.post('/token/revoke', { token: refresh_token });
  await away('token_away', 'token_grant');
  assert.ok(unread.status >= 500, `${unread.status}`);
  assert.equal((await client.post('/token/revoke', { token: refresh_token })).status, 200);
  assert.equal(errorOf(await refresh(refresh_token)), 'invalid_grant');
});

test('CVE-2024-38371, CVE-2026-123542: the device flow does not exist', async () => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const reply = await client.post('/access_token', { grant_type, device_code: 'x'.repeat(43) });
  assert.equal(errorOf(reply), 'unsupported_grant_type');
  const { body } = await send('GET', `${cis2.issuer}/.well-known/openid-configuration`);
  assert.ok(!/device/.test(body));
});

describe('flow downgrade', () => {
  test('CVE-2026-7571: rejects the implicit flow after a reload and in a posted form', async () => {
    for (const response_type of ['token', 'id_token', 'id_token token', 'code token', 'none']) {
      const address = cis2.authorizeUrl(client.registration, client.ask({ response_type }));
      const first = await new Browser().get(address);
      const posted = await new Browser().post(`${cis2.issuer}/authorize`, client.ask({ response_type }));
      const second = await new Browser().get(posted.location);
      for (const { location } of [first, second]) {
        assert.equal(new URL(location).searchParams.get('error'), 'unsupported_response_type');
        assert.ok(!location.includes('#'));
      }
    }
  });
  test('CVE-2026-96446: uses up a request_uri, also with prompt=none', async () => {
    const browser = new Browser();
    await cis2.signIn(browser, client.registration, client.ask());
    const requestUri = requestUriOf(await client.push({ prompt: 'none' }));
    assert.ok(codeOf(await browser.get(beginWith(cis2, client, { request_uri: requestUri }))));
    const again = await browser.get(beginWith(cis2, client, { request_uri: requestUri }));
    assert.deepEqual([again.status, again.location], [400, '']);
  });
});
