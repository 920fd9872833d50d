import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newAuthority, type TestCertificate } from '../../oauth/testing/certificates.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import {
  ath,
  beginWith,
  newProver,
  type Prover,
  requestUriOf,
  type StrongClient,
  strongClient,
} from '../testing/strong-client.ts';

// FAPI 2.0 Security Profile section 5.3.2. The names in brackets are those of the modules of its test plan, which
// test/conformance/fapi2.test.ts runs. Here are exact errors that the modules leave open, and rules of this server.
let cis2: Instance;
let client: StrongClient;
let prover: Prover;
let certificate: TestCertificate;
before(async () => {
  cis2 = await startInstance();
  client = await strongClient(cis2, { profile: 'fapi2', refreshTokens: true, idTokenSigningAlg: 'PS256' });
  prover = await newProver(cis2);
  certificate = await newAuthority(cis2.clock.now());
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const browser = new Browser();
const at = (path: string) => `${cis2.issuer}${path}`;
const proof = async (who = prover) => ({ dpop: await who.proof('POST', at('/access_token')) });
const bodyOf = ({ body }: Reply) => JSON.parse(body);
const errorOf = (reply: Reply): string => bodyOf(reply).error;

async function codeFor(who = client, parameters: Record<string, string | undefined> = {}): Promise<string> {
  const pushed = await who.push({ scope: 'openid offline_access', ...parameters });
  assert.equal(pushed.status, 201, pushed.body);
  const hop = await browser.get(beginWith(cis2, who, { request_uri: requestUriOf(pushed) }));
  return codeOf(
    hop.location.includes('code=') ? hop : await browser.get(await cis2.agent.answer(hop.location)),
  );
}

test('issues a PS256 ID token and a DPoP token for a pushed request, with iss [happy-flow]', async () => {
  const tokens = bodyOf(await client.redeem(await codeFor(), await proof()));
  assert.equal(tokens.token_type, 'DPoP');
  const header = JSON.parse(Buffer.from(tokens.id_token.split('.')[0], 'base64url').toString());
  assert.equal(header.alg, 'PS256');
});

describe('authorization requests by the browser', () => {
  const refused = async (address: string) =>
    new URL((await browser.get(address)).location).searchParams.get('error');
  test('refuse a request that was not pushed [ensure-unsigned-authorization-request-without-using-par-fails]', async () => {
    assert.equal(await refused(cis2.authorizeUrl(client.registration, client.ask())), 'invalid_request');
  });
  test('refuse a signed request that was not pushed', async () => {
    const address = beginWith(cis2, client, { request: await client.requestObject() });
    assert.equal(await refused(address), 'invalid_request');
  });
});

describe('pushed requests', () => {
  const cases: [string, Record<string, string | undefined>, string][] = [
    [
      'response_type code id_token [ensure-response-type-code-idtoken-fails]',
      { response_type: 'code id_token' },
      'unsupported_response_type',
    ],
    [
      'response_type token [ensure-response-type-token-fails]',
      { response_type: 'token' },
      'unsupported_response_type',
    ],
    [
      'another redirect_uri [ensure-registered-redirect-uri]',
      { redirect_uri: 'https://evil.example/' },
      'invalid_request',
    ],
    [
      'a request_uri [par-authorization-request-containing-request_uri-form-param]',
      { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      'invalid_request',
    ],
  ];
  for (const [name, parameters, error] of cases)
    test(`get ${error} for ${name}`, async () => {
      const reply = await client.push(parameters);
      assert.deepEqual([reply.status, errorOf(reply)], [400, error]);
    });
  test('accepts a state of 384 characters', async () => {
    const code = await codeFor(client, { state: 's'.repeat(384) });
    assert.equal((await client.redeem(code, await proof())).status, 200);
  });
});

describe('client assertions', () => {
  test('are refused by RS256, also where it is registered [ensure-signed-client-assertion-with-RS256-fails]', async () => {
    for (const signingAlg of ['RS256', ''])
      assert.equal(
        errorOf(await (await strongClient(cis2, { profile: 'fapi2', signingAlg }, 'RS256')).push()),
        'invalid_client',
      );
  });
  for (const algorithm of ['PS256', 'ES256', 'EdDSA'] as const)
    test(`may be signed by ${algorithm}`, async () => {
      const who = await strongClient(cis2, { profile: 'fapi2' }, algorithm);
      assert.equal((await who.redeem(await codeFor(who, { scope: 'openid' }), await proof())).status, 200);
    });
});

test('requires a request object of a client that registered so [ensure-unsigned-request-at-par-endpoint-fails]', async () => {
  const signing = await strongClient(cis2, { profile: 'fapi2', signedRequests: 'required' });
  assert.equal(errorOf(await signing.push()), 'invalid_request');
});

describe('redeeming a code', () => {
  test('requires a proof of a key or a certificate [ensure-holder-of-key-required]', async () => {
    const reply = await client.redeem(await codeFor());
    assert.deepEqual([reply.status, errorOf(reply)], [400, 'invalid_dpop_proof']);
  });
  test('accepts a proof only by an algorithm of the profile (section 5.4.1)', async () => {
    for (const alg of ['RS256', 'RS512'] as const) {
      const reply = await client.redeem(await codeFor(), await proof(await newProver(cis2, alg)));
      assert.deepEqual([reply.status, errorOf(reply)], [400, 'invalid_dpop_proof'], alg);
    }
    for (const alg of ['PS256', 'ES256', 'EdDSA'] as const) {
      const reply = await client.redeem(await codeFor(), await proof(await newProver(cis2, alg)));
      assert.equal(reply.status, 200, alg);
    }
    const open = await strongClient(cis2);
    const code = await codeFor(open, { scope: 'openid' });
    assert.equal((await open.redeem(code, await proof(await newProver(cis2, 'RS256')))).status, 200);
  });
  test('accepts the same algorithms at userinfo, and names them in the challenge', async () => {
    const holder = await newProver(cis2, 'PS256');
    const { access_token: token } = bodyOf(await client.redeem(await codeFor(), await proof(holder)));
    const ask = async (alg: string) =>
      send('GET', at('/userinfo'), {
        authorization: `DPoP ${token}`,
        dpop: await holder.proof('GET', at('/userinfo'), ath(token), { alg }),
      });
    const refused = await ask('RS256');
    assert.equal(refused.status, 401);
    assert.match(
      String(refused.headers['www-authenticate']),
      /^DPoP algs="ES256 EdDSA PS256",.*error="invalid_dpop_proof"/,
    );
    assert.equal((await ask('PS256')).status, 200);
  });
  test('binds the token to the certificate', async () => {
    const tokens = bodyOf(await client.redeem(await codeFor(), certificate.header));
    const { cnf } = bodyOf(await client.post('/introspect', { token: tokens.access_token }));
    assert.deepEqual(Object.keys(cnf), ['x5t#S256']);
  });
});

test('keeps the refresh token, and binds each access token to its proof [refresh-token]', async () => {
  const { refresh_token } = bodyOf(await client.redeem(await codeFor(), await proof()));
  const refresh = async (headers: Record<string, string>) =>
    client.post('/access_token', { grant_type: 'refresh_token', refresh_token }, headers);
  const [a, b] = [bodyOf(await refresh(await proof())), bodyOf(await refresh(await proof()))];
  assert.deepEqual([a.refresh_token, b.refresh_token], [refresh_token, refresh_token]);
  assert.notEqual(a.access_token, b.access_token);
  assert.equal(errorOf(await refresh({})), 'invalid_dpop_proof');
});
