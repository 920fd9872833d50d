import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import { applicationOf, scopes } from '../testing/applications.ts';
import {
  type AssertionOptions,
  assertionOf,
  type ClientKey,
  clientCredentialsAt,
  newClientKey,
  withAssertion,
} from '../testing/assertions.ts';
import { assertError } from '../testing/journeys.ts';
import { api, noon, type Platform, startPlatform } from '../testing/platform.ts';

const tokenUrl = `${api}/oauth2/token`;
const now = Math.floor(noon / 1_000);

describe('POST /token, client_credentials with a signed JWT', () => {
  let platform: Platform;
  let signer: ClientKey;
  let request: ReturnType<typeof clientCredentialsAt>;
  let elliptic: ClientKey;
  before(async () => {
    [signer, elliptic] = await Promise.all([newClientKey('test-1'), newClientKey('test-ec', 'ES256')]);
    platform = await startPlatform({ keys: [signer.jwk, elliptic.jwk] });
    request = clientCredentialsAt(platform, signer);
  });
  after(() => platform.close());

  test('returns exactly the published members as text', async () => {
    const answer = await request();
    assert.equal(answer.status, 200, answer.text);
    const { access_token: token, ...rest } = answer.body;
    assert.match(token, /^[\w-]{28,}$/);
    assert.deepEqual(rest, {
      expires_in: '599',
      token_type: 'Bearer',
      issued_at: String(platform.clock.now()),
    });
    const record = await platform.tokens.find(token);
    assert.equal(record?.scope, scopes.application);
    assert.deepEqual(record?.attributes, {
      auth_type: 'app',
      auth_grant_type: 'client_credentials',
      auth_provider: 'apim',
      auth_level: 'level3',
      auth_user_id: '',
      _first_issued: String(platform.clock.now()),
      issuer: `${api}/oauth2`,
    });
  });

  describe('the parameters', () => {
    const type =
      "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'";
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, number, string, string][] = [
      ['client_assertion_type missing, client_assertion too', { client_assertion_type: undefined, client_assertion: undefined }, 400, 'invalid_request', type],
      ['client_assertion_type wrong', { client_assertion_type: 'jwt-bearer' }, 400, 'invalid_request', type],
      ['client_assertion missing', { client_assertion: undefined }, 400, 'invalid_request', 'Missing client_assertion'],
      ['client_assertion malformed', { client_assertion: 'invalid' }, 400, 'invalid_request', 'Malformed JWT in client_assertion'],
      ['client_assertion of text', { client_assertion: 'YQ.YQ.YQ' }, 400, 'invalid_request', 'Malformed JWT in client_assertion'],
      ['grant_type missing', { grant_type: undefined }, 400, 'invalid_request', 'grant_type is missing'],
      ['grant_type other', { grant_type: 'invalid' }, 400, 'unsupported_grant_type', 'grant_type is invalid'],
    ];
    for (const [name, change, status, error, description] of rows)
      test(name, async () => assertError(platform, await request({}, change), status, error, description));
  });

  describe('errors of the assertion, each with all later errors', () => {
    const alg = "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'";
    const late: JwtClaims = { iss: undefined, jti: undefined };
    // biome-ignore format: a table, one row a line
    const rows: [string, Partial<AssertionOptions>, number, string, string][] = [
      ...['RS256', 'RS384', 'PS512', 'HS512', 'ES256', 'none', undefined].map(
        (name): [string, Partial<AssertionOptions>, number, string, string] => [
          `alg ${name}`,
          { header: { alg: name ?? null }, claims: { ...late, exp: 1 } },
          400,
          'invalid_request',
          alg,
        ],
      ),
      ['exp in the past, kid missing', { claims: { ...late, exp: now - 20 }, header: { kid: undefined } }, 400, 'invalid_request', "Invalid 'exp' claim in client_assertion JWT - JWT has expired"],
      ['kid missing, typ too', { header: { kid: undefined, typ: undefined }, claims: late }, 400, 'invalid_request', "Missing 'kid' header in client_assertion JWT"],
      ['kid empty', { header: { kid: '' } }, 400, 'invalid_request', "Missing 'kid' header in client_assertion JWT"],
      ['typ missing, exp too', { header: { typ: undefined }, claims: { ...late, exp: undefined } }, 400, 'invalid_request', "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"],
      ['typ of an access token', { header: { typ: 'at+jwt' } }, 400, 'invalid_request', "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"],
      ['exp missing, iss too', { claims: { ...late, exp: undefined } }, 400, 'invalid_request', "Missing 'exp' claim in client_assertion JWT"],
      ['exp a text', { claims: { ...late, exp: String(now + 300) } }, 400, 'invalid_request', "Invalid 'exp' claim in client_assertion JWT - must be an integer"],
      ['iss missing, jti too', { claims: late }, 400, 'invalid_request', "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"],
      ['sub missing', { claims: { sub: undefined } }, 400, 'invalid_request', "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"],
      ['sub different', { claims: { sub: 'invalid' } }, 400, 'invalid_request', "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"],
      ['iss and sub are lists', { claims: { iss: ['key-of-separate'], sub: ['key-of-separate'] } }, 400, 'invalid_request', "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"],
      ['jti missing, exp far ahead', { claims: { jti: undefined, exp: now + 999 } }, 400, 'invalid_request', "Missing 'jti' claim in client_assertion JWT"],
      ['jti a number', { claims: { jti: 1_234_567_890 } }, 400, 'invalid_request', "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID"],
      ['exp 311 s ahead, client unknown', { claims: { iss: 'x', sub: 'x', exp: now + 311 } }, 400, 'invalid_request', "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"],
      ['U+0000 in iss, which PostgreSQL cannot look up', { claims: { iss: 'a\0', sub: 'a\0' } }, 400, 'invalid_request', 'Malformed JWT in client_assertion'],
      ['client unknown', { claims: { iss: 'invalid', sub: 'invalid' } }, 401, 'invalid_request', "Invalid 'iss'/'sub' claims in client_assertion JWT"],
      ['client of another profile', { id: 'signing' }, 401, 'invalid_request', "Invalid 'iss'/'sub' claims in client_assertion JWT"],
      ['no key registered, kid unknown', { id: 'combined', kid: 'unknown' }, 403, 'public_key error', 'You need to register a public key to use this authentication method - please contact support to configure'],
      ['kid unknown', { kid: 'unknown', claims: { aud: 'x' } }, 401, 'invalid_request', "Invalid 'kid' header in client_assertion JWT - no matching public key"],
      ['kid of a key of another type', { kid: 'test-ec', claims: { aud: 'x' } }, 401, 'public_key error', 'JWT signature verification failed'],
      ['aud of another address', { claims: { aud: `${api}/oauth2` } }, 401, 'invalid_request', "Missing or invalid 'aud' claim in client_assertion JWT"],
      ['aud of another base path', { audience: `${api}/oauth2-mock/token` }, 401, 'invalid_request', "Missing or invalid 'aud' claim in client_assertion JWT"],
      ['aud a list', { claims: { aud: [tokenUrl] } }, 401, 'invalid_request', "Missing or invalid 'aud' claim in client_assertion JWT"],
      ['aud missing', { claims: { aud: undefined } }, 401, 'invalid_request', "Missing or invalid 'aud' claim in client_assertion JWT"],
      ['nbf a minute ahead', { claims: { nbf: now + 60 } }, 400, 'invalid_request', "Invalid 'nbf' claim in client_assertion JWT - not yet valid"],
    ];
    for (const [name, options, status, error, description] of rows)
      test(name, async () => assertError(platform, await request(options), status, error, description));

    test('refuses a signature of another key', async () => {
      const stranger = await newClientKey('test-1');
      const answer = await request({ signer: stranger });
      await assertError(platform, answer, 401, 'public_key error', 'JWT signature verification failed');
    });
    test('accepts exp 310 s ahead, lower-case typ, optional iat, nbf now and a short jti', async () => {
      const claims = { exp: now + 310, iat: now, nbf: now + 5, jti: '65c1' };
      assert.equal((await request({ claims, header: { typ: 'jwt' } })).status, 200);
    });
  });

  test('refuses revoked and unsubscribed applications', async () => {
    const revoked = {
      ...applicationOf('revoked-signer', { jwks: { keys: [signer.jwk] } }),
      status: 'revoked' as const,
    };
    await platform.applications.add(revoked);
    assert.equal((await request({ id: 'revoked-signer' })).body.error, 'access_denied');
    const other = [{ name: 'without-authorisation', status: 'approved' as const }];
    await platform.applications.add(
      applicationOf('other-signer', { jwks: { keys: [signer.jwk] }, products: other }),
    );
    assert.equal((await request({ id: 'other-signer' })).body.error, 'access_denied');
  });

  const noProduct: readonly (readonly [string, object, number, string])[] = [
    ['no key', {}, 403, 'public_key error'],
    ['its key', { jwks: { keys: [] } }, 401, 'invalid_request'],
  ];
  for (const [what, half, status, error] of noProduct)
    test(`an application without any product, with ${what}, is refused by the check of its key`, async () => {
      const id = `no-product-${what.replace(' ', '-')}`;
      await platform.applications.add(applicationOf(id, { ...half, products: [] }));
      const answer = await request({ id });
      assert.deepEqual([answer.status, answer.body.error], [status, error]);
    });

  test('refuses an application with only revoked products', async () => {
    const revoked = [{ name: 'records', status: 'revoked' as const }];
    await platform.applications.add(
      applicationOf('revoked-products', { jwks: { keys: [signer.jwk] }, products: revoked }),
    );
    assert.equal((await request({ id: 'revoked-products' })).body.error, 'access_denied');
  });

  test('refuses an application without application scopes', async () => {
    const products = [{ name: 'records-aal2', status: 'approved' as const }];
    await platform.applications.add(applicationOf('people-only', { jwks: { keys: [signer.jwk] }, products }));
    await assertError(
      platform,
      await request({ id: 'people-only' }),
      401,
      'unauthorized_client',
      'you have tried to request authorization but your application is not configured to use this authorization grant type',
    );
  });

  describe('the jti', () => {
    const used = "Non-unique 'jti' claim in client_assertion JWT";
    test('is accepted once, also in another assertion', async () => {
      const claims = { jti: uuid() };
      assert.equal((await request({ claims })).status, 200);
      await assertError(platform, await request({ claims }), 400, 'invalid_request', used);
      await assertError(
        platform,
        await request({ claims: { ...claims, iat: now } }),
        400,
        'invalid_request',
        used,
      );
    });
    test('is checked before a distant exp and after its type', async () => {
      const claims = { jti: uuid() };
      assert.equal((await request({ claims })).status, 200);
      await assertError(
        platform,
        await request({ claims: { ...claims, exp: now + 999 } }),
        400,
        'invalid_request',
        used,
      );
    });
    test('is separate for each client', async () => {
      const claims = { jti: uuid() };
      assert.equal((await request({ claims })).status, 200);
      assert.equal((await request({ id: 'separate-alone', claims })).status, 200);
    });
    test('is not used up by an invalid signature or audience', async () => {
      const claims = { jti: uuid() };
      const stranger = await newClientKey('test-1');
      assert.equal((await request({ signer: stranger, claims })).status, 401);
      assert.equal((await request({ claims: { ...claims, aud: 'x' } })).status, 401);
      assert.equal((await request({ claims })).status, 200);
    });
    test('is accepted from one of ten simultaneous requests', async () => {
      const assertion = await assertionOf({
        id: 'separate',
        audience: tokenUrl,
        clock: platform.clock,
        signer,
      });
      const form = { grant_type: 'client_credentials', ...withAssertion(assertion) };
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => platform.post('/oauth2/token', form)),
      );
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      assert.equal(answers.filter(({ body }) => body.error_description === used).length, 9);
    });
  });

  test('shortens but never lengthens lifetimes', async () => {
    assert.equal((await request({}, { _access_token_expiry_ms: '100000' })).body.expires_in, '99');
    assert.equal((await request({}, { _access_token_expiry_ms: '700000' })).body.expires_in, '599');
  });
});
