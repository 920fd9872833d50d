import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, signJwt, verifySignature } from '@alongside/kernel/jws';
import { readKeySet } from '../../oauth/remote-keys.ts';
import { testClients } from '../settings.ts';
import { askForTokens, signIn } from '../testing/scraper.ts';
import { type Surface, secret, startSurface } from '../testing/surface.ts';

let surface: Surface;
let clientId: string;
const redirectUri = 'https://app.example.test/callback';
before(async () => {
  surface = await startSurface();
  clientId = (await surface.register()).cis2.clientId;
});
after(() => surface.stop());

async function codeFor(more: Record<string, string> = {}): Promise<string> {
  const request = { response_type: 'code', client_id: clientId, redirect_uri: redirectUri, ...more };
  return (await signIn(surface, request)).searchParams.get('code') ?? '';
}
const form = (code: string, more: Record<string, string> = {}): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: redirectUri,
  client_id: clientId,
  client_secret: secret,
  ...more,
});
const without = (from: Record<string, string>, ...names: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));

describe('the token endpoint', () => {
  test('issues an ID token with kid and typ, signed with RS256 by a key of certs', async () => {
    const { status, body } = await askForTokens(surface, form(await codeFor({ nonce: 'n-1' })));
    assert.equal(status, 200);
    assert.equal(body.token_type, 'Bearer');
    assert.equal(body.expires_in, 3_599);
    const jwt = decodeJwt(body.id_token);
    assert.ok(jwt);
    assert.deepEqual(Object.keys(jwt.header).sort(), ['alg', 'kid', 'typ']);
    assert.equal(jwt.header.typ, 'JWT');
    const certs = await (await fetch(surface.at('certs'))).json();
    const key = readKeySet(certs).get(String(jwt.header.kid));
    assert.ok(key && (await verifySignature(jwt, 'RS256', key)));
    const now = surface.clock.now() / 1_000;
    const { jti, sid, at_hash: atHash, ...claims } = jwt.claims;
    assert.ok(jti && sid);
    const hash = createHash('sha256').update(body.access_token).digest().subarray(0, 16);
    assert.equal(atHash, hash.toString('base64url'));
    assert.deepEqual(claims, {
      iss: surface.realm(),
      sub: '656005750108',
      aud: clientId,
      azp: clientId,
      exp: now + 3_600,
      iat: now,
      auth_time: now,
      nonce: 'n-1',
      acr: 'AAL3_ANY',
      amr: ['N3_SMARTCARD'],
      authentication_assurance_level: '3',
      id_assurance_level: '3',
    });
  });

  test('issues tokens to one of ten concurrent uses of a code', async () => {
    const request = form(await codeFor());
    const answers = await Promise.all(Array.from({ length: 10 }, () => askForTokens(surface, request)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const { status, body } of answers)
      if (status !== 200) assert.deepEqual([status, body.error], [400, 'invalid_grant']);
  });

  test('refuses a code after a minute', async () => {
    const code = await codeFor();
    surface.clock.advance(60);
    assert.equal((await askForTokens(surface, form(code))).body.error, 'invalid_grant');
  });

  const refused: [string, (code: string) => Record<string, string>, number, string][] = [
    ['a wrong secret', (code) => form(code, { client_secret: 'wrong' }), 401, 'invalid_client'],
    ['a request without a secret', (code) => without(form(code), 'client_secret'), 401, 'invalid_client'],
    ['an unknown client', (code) => form(code, { client_id: 'nobody' }), 401, 'invalid_client'],
    ['another client', (code) => form(code, another()), 400, 'invalid_grant'],
    ['another redirect_uri', (code) => form(code, { redirect_uri: 'https://x.test' }), 400, 'invalid_grant'],
    ['a request without redirect_uri', (code) => without(form(code), 'redirect_uri'), 400, 'invalid_grant'],
    ['a request without a code', (code) => without(form(code), 'code'), 400, 'invalid_request'],
    ['a request without grant_type', (code) => without(form(code), 'grant_type'), 400, 'invalid_request'],
    ['the password grant', (code) => form(code, { grant_type: 'password' }), 400, 'unsupported_grant_type'],
    ['an unknown code', () => form('made-up'), 400, 'invalid_grant'],
  ];
  const another = () => ({
    client_id: testClients.cis2.clientId,
    client_secret: testClients.cis2.clientSecret,
  });
  for (const [name, request, status, error] of refused)
    test(`refuses ${name} with ${status} ${error} and leaves the code valid`, async () => {
      const code = await codeFor();
      const answer = await askForTokens(surface, request(code));
      assert.deepEqual([answer.status, answer.body.error], [status, error]);
      assert.equal((await askForTokens(surface, form(code))).status, 200);
    });

  test('refuses a code of another realm', async () => {
    const answer = await askForTokens(surface, form(await codeFor()), 'Cis2-mock-int');
    assert.equal(answer.body.error, 'invalid_grant');
  });

  test('refuses a body that is not a form, and GET', async () => {
    const answer = await fetch(surface.at('token'), { method: 'POST', body: '{}' });
    assert.equal(answer.status, 400);
    assert.equal((await fetch(surface.at('token'))).status, 404);
  });

  test('requires the verifier of a PKCE challenge (RFC 7636)', async () => {
    const verifier = 'v'.repeat(43);
    const code_challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await codeFor({ code_challenge, code_challenge_method: 'S256' });
    assert.equal((await askForTokens(surface, form(code))).body.error, 'invalid_grant');
    const other = form(code, { code_verifier: 'w'.repeat(43) });
    assert.equal((await askForTokens(surface, other)).body.error, 'invalid_grant');
    assert.equal((await askForTokens(surface, form(code, { code_verifier: verifier }))).status, 200);
  });
});

describe('client authentication', () => {
  for (const [name, client] of Object.entries(testClients))
    test(`accepts ${client.clientId} with its published secret (${name})`, async () => {
      const redirect_uri = 'https://example.org';
      const code = await codeFor({ client_id: client.clientId, redirect_uri });
      const credentials = { client_id: client.clientId, client_secret: client.clientSecret };
      const answer = await askForTokens(surface, form(code, { redirect_uri, ...credentials }));
      assert.equal(answer.status, 200);
      assert.equal(decodeJwt(answer.body.id_token)?.claims.aud, client.clientId);
    });

  test('accepts the secret in the Basic header', async () => {
    const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
    const body = without(form(await codeFor()), 'client_id', 'client_secret');
    assert.equal((await askForTokens(surface, body, undefined, { authorization })).status, 200);
  });

  test('validates audience, times, signature and single use of a private_key_jwt assertion', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' };
    const half = { tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [jwk] }, secrets: [] };
    const { cis2 } = await surface.register(half);
    const now = surface.clock.now() / 1_000;
    const rest = {
      iss: cis2.clientId,
      sub: cis2.clientId,
      aud: surface.at('token'),
      exp: now + 300,
      jti: 'j-1',
    };
    const ask = async (changed: object = {}, key = privateKey) => {
      const client_assertion = await signJwt({ alg: 'RS512', kid: 'k1' }, { ...rest, ...changed }, key);
      const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const code = await codeFor({ client_id: cis2.clientId });
      const body = without(
        form(code, { client_assertion, client_assertion_type }),
        'client_id',
        'client_secret',
      );
      return (await askForTokens(surface, body)).status;
    };
    assert.equal(await ask({}, stranger), 401);
    assert.equal(await ask({ aud: 'https://elsewhere.test' }), 401);
    assert.equal(await ask({ exp: now - 60 }), 401);
    assert.equal(await ask({ exp: now + 10_000 }), 401);
    assert.equal(await ask({ jti: undefined }), 401);
    assert.equal(await ask(), 200);
    assert.equal(await ask(), 401);
    assert.equal(await ask({ jti: 'j-2', aud: surface.realm() }), 200);
  });
});

test('client authentication refuses wrong secrets beyond the limit of their network, and still accepts the right one', async (t) => {
  const limited = await startSurface({ networkLimits: { requests: 100, failures: 2, rows: 100 } });
  t.after(() => limited.stop());
  const { clientId } = (await limited.register()).cis2;
  const ask = (word: string) =>
    askForTokens(limited, {
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: redirectUri,
      client_id: clientId,
      client_secret: word,
    });
  const statuses: number[] = [];
  for (const word of ['wrong', 'wrong', 'wrong', secret]) statuses.push((await ask(word)).status);
  assert.deepEqual(statuses, [401, 401, 429, 400]);
});
