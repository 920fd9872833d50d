import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { applicationOf, scopes, secretOf } from '../testing/applications.ts';
import { newProver } from '../testing/proofs.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const api = 'https://api.test';
const records = `${api}/records`;
const elsewhere = 'https://elsewhere.test/fhir';
const algorithms = ['RS256', 'PS256', 'RS512', 'ES256'] as const;

let client: StandardClient;
before(async () => {
  client = await startStandardClient();
  for (const signingAlg of algorithms)
    await client.platform.applications.add(
      applicationOf(`jwt-${signingAlg.toLowerCase()}`, {
        profile: 'standard',
        accessToken: { format: 'jwt', signingAlg },
        attributes: { resources: elsewhere },
      }),
    );
});
after(() => client.platform.close());

const verify = async (token: string, audience = api) => {
  const keys = createLocalJWKSet((await client.platform.get('/oauth2.1/jwks')).body);
  const currentDate = new Date(client.platform.clock.now());
  return jwtVerify(token, keys, { issuer: standardIssuer, audience, typ: 'at+jwt', currentDate });
};
const signedIn = async (id: string, change: Record<string, string> = {}, redeem = {}) => {
  const answer = await client.redeem(id, await client.codeOf(id, undefined, change), redeem);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
/** Returns a form with several resources. */
const post = async (form: [string, string][]) =>
  client.platform.call('/oauth2.1/token', {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

describe('JWT access tokens (RFC 9068)', () => {
  for (const algorithm of algorithms)
    test(`verify with the published keys by ${algorithm}, and are stored for the gateway`, async () => {
      const id = `jwt-${algorithm.toLowerCase()}`;
      const { access_token: token } = await signedIn(id);
      const { payload, protectedHeader } = await verify(token);
      assert.equal(protectedHeader.alg, algorithm);
      const { jti, ...claims } = payload;
      const now = client.platform.clock.now() / 1_000;
      assert.deepEqual(claims, {
        iss: standardIssuer,
        sub: careWorker.sub,
        aud: api,
        client_id: `key-of-${id}`,
        iat: now,
        exp: now + 600,
        scope: scopes.aal3,
        acr: 'AAL3_ANY',
        amr: ['N3_SMARTCARD'],
      });
      const record = await client.platform.tokens.find(token);
      assert.ok(record && client.platform.tokens.isLive(record));
      assert.deepEqual([record.attributes.jti, record.attributes.auth_level], [jti, 'aal3']);
    });

  test('get another jti by a refresh, and end in the record when revoked', async () => {
    const first = await signedIn('jwt-es256');
    const { body } = await client.refresh('jwt-es256', first.refresh_token);
    const [a, b] = [await verify(first.access_token), await verify(body.access_token)];
    assert.notEqual(a.payload.jti, b.payload.jti);
    assert.doesNotMatch(body.refresh_token, /\./);
    const form = { token: body.refresh_token, ...(await client.credentials('jwt-es256')) };
    assert.equal((await client.platform.post('/oauth2.1/revoke', form)).status, 200);
    const record = await client.platform.tokens.find(body.access_token);
    assert.ok(record && !client.platform.tokens.isLive(record));
  });

  test('have the application as subject for client credentials', async () => {
    const { body } = await client.platform.post('/oauth2.1/token', {
      grant_type: 'client_credentials',
      ...(await client.credentials('jwt-es256')),
    });
    const { payload } = await verify(body.access_token);
    assert.deepEqual([payload.sub, payload.acr, payload.amr], ['key-of-jwt-es256', undefined, undefined]);
  });

  test('contain cnf when they are bound', async () => {
    const prover = await newProver(client.platform.clock);
    const code = await client.codeOf('jwt-es256');
    const { body } = await client.redeem('jwt-es256', code, {}, await prover.header());
    assert.deepEqual((await verify(body.access_token)).payload.cnf, { jkt: prover.jkt });
  });
});

describe('resource indicators (RFC 8707)', () => {
  const aud = async (token: string) => (await client.platform.tokens.find(token))?.attributes.aud;

  test('restrict the tokens of a sign-in, also after a refresh', async () => {
    for (const id of ['web', 'jwt-es256']) {
      const first = await signedIn(id, { resource: records });
      assert.equal(await aud(first.access_token), records);
      const { body } = await client.refresh(id, first.refresh_token);
      assert.equal(await aud(body.access_token), records);
      if (id !== 'web') assert.equal((await verify(body.access_token, records)).payload.aud, records);
    }
  });

  test('may be several in one request, and narrowed one at a time', async () => {
    const id = 'jwt-es256';
    const query = new URLSearchParams(client.requestOf(id));
    for (const resource of [records, elsewhere, records]) query.append('resource', resource);
    // By POST, so that the redirect to GET keeps them all.
    const sent = await client.platform.call('/oauth2.1/authorize', {
      method: 'POST',
      body: query.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal(sent.status, 303);
    assert.deepEqual(sent.location?.searchParams.getAll('resource'), [records, elsewhere, records]);
    const out = await client.platform.call(sent.location ?? '');
    const cookie = out.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const provided = await client.platform.call(out.location ?? '');
    const back = await client.platform.call(provided.location ?? '', { headers: { cookie } });
    const code = back.location?.searchParams.get('code') ?? '';
    const { body } = await client.redeem(id, code, { resource: elsewhere });
    assert.equal((await verify(body.access_token, elsewhere)).payload.aud, elsewhere);
    const other = await client.refresh(id, body.refresh_token, { resource: records });
    assert.equal((await verify(other.body.access_token, records)).payload.aud, records);
    const all = await client.refresh(id, other.body.refresh_token);
    assert.deepEqual((await verify(all.body.access_token, records)).payload.aud, [records, elsewhere]);
  });

  test('are refused beyond the grant, which uses nothing up', async () => {
    const code = await client.codeOf('jwt-es256', undefined, { resource: records });
    const refused = await client.redeem('jwt-es256', code, { resource: elsewhere });
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_target']);
    const { body } = await client.redeem('jwt-es256', code);
    const later = await client.refresh('jwt-es256', body.refresh_token, { resource: elsewhere });
    assert.equal(later.body.error, 'invalid_target');
    assert.equal((await client.refresh('jwt-es256', body.refresh_token)).status, 200);
  });

  test('narrow an unrestricted grant at the token endpoint', async () => {
    const body = await signedIn('web', {}, { resource: records });
    assert.equal(await aud(body.access_token), records);
    const { body: wide } = await client.refresh('web', body.refresh_token);
    assert.equal(await aud(wide.access_token), undefined);
  });

  test('restrict the token of client credentials', async () => {
    const form: [string, string][] = [
      ['grant_type', 'client_credentials'],
      ['client_id', 'key-of-web'],
      ['client_secret', secretOf('web')],
    ];
    const { body } = await post([...form, ['resource', records], ['resource', api]]);
    assert.equal(await aud(body.access_token), `${records} ${api}`);
    const unknown = [
      'https://evil.test',
      elsewhere,
      `${records}/x`,
      `${records}#x`,
      'records',
      `${api}/unknown`,
    ];
    for (const resource of unknown) {
      const refused = await post([...form, ['resource', resource]]);
      assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_target'], resource);
    }
  });

  test('get an error redirect when they are unknown', async () => {
    const request = client.requestOf('web', { resource: 'https://evil.test' });
    const { location } = await client.platform.get('/oauth2.1/authorize', request);
    assert.equal(location?.searchParams.get('error'), 'invalid_target');
    assert.equal(location?.searchParams.get('iss'), standardIssuer);
  });
});
