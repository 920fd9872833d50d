import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCertificate } from '../../../oauth/mutual-tls.ts';
import { newAuthority, type TestCertificate } from '../../../oauth/testing/certificates.ts';
import { Browser, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';
import { ath, newProver, type Prover, type StrongClient, strongClient } from '../../testing/strong-client.ts';

const mutualTlsUrl = 'https://mtls.example.test';
let cis2: Instance;
let client: StrongClient;
let prover: Prover;
let thief: Prover;
let authority: TestCertificate;
let own: TestCertificate;
let foreign: TestCertificate;
before(async () => {
  cis2 = await startInstance({ mutualTlsUrl });
  client = await strongClient(cis2, { refreshTokens: true });
  [prover, thief, authority] = await Promise.all([
    newProver(cis2),
    newProver(cis2),
    newAuthority(cis2.clock.now()),
  ]);
  [own, foreign] = await Promise.all([
    authority.issue({ subject: [['CN', 'client']] }),
    authority.issue({ subject: [['CN', 'other']] }),
  ]);
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const at = (path: string) => `${cis2.issuer}${path}`;
const browser = new Browser();
const codeFor = async (who = client, more: Record<string, string> = {}): Promise<string> =>
  codeOf(
    await cis2.signIn(browser, who.registration, who.ask({ scope: 'openid email offline_access', ...more })),
  );
const dpop = async (who: Prover, path = '/access_token', claims = {}, header = {}) => ({
  dpop: await who.proof('POST', at(path), claims, header),
});
const bodyOf = ({ body }: Reply) => JSON.parse(body);
const userinfo = (headers: Record<string, string>, method = 'GET') => send(method, at('/userinfo'), headers);
const introspect = async (token: string) => bodyOf(await client.post('/introspect', { token }));

describe('tokens that are bound to a key (RFC 9449)', () => {
  test('have token_type DPoP and cnf, and need a proof at userinfo', async () => {
    const tokens = bodyOf(await client.redeem(await codeFor(), await dpop(prover)));
    const { access_token: token } = tokens;
    assert.equal(tokens.token_type, 'DPoP');
    const state = await introspect(token);
    assert.deepEqual([state.active, state.token_type, state.cnf], [true, 'DPoP', { jkt: prover.jkt }]);
    for (const scheme of ['DPoP', 'dpop']) {
      const proof = await prover.proof('GET', at('/userinfo'), ath(token));
      assert.equal((await userinfo({ authorization: `${scheme} ${token}`, dpop: proof })).status, 200);
    }
  });

  test('need a proof for POST when userinfo is called by POST', async () => {
    const { access_token: token } = bodyOf(await client.redeem(await codeFor(), await dpop(prover)));
    const proof = await prover.proof('POST', at('/userinfo'), ath(token));
    assert.equal((await userinfo({ authorization: `DPoP ${token}`, dpop: proof }, 'POST')).status, 200);
  });

  test('are refused at userinfo without the key', async () => {
    const { access_token: token } = bodyOf(await client.redeem(await codeFor(), await dpop(prover)));
    const proof = (who: Prover, claims = {}, header = {}, url = at('/userinfo')) =>
      who.proof('GET', url, { ...ath(token), ...claims }, header);
    const authorization = `DPoP ${token}`;
    const used = await proof(prover);
    assert.equal((await userinfo({ authorization, dpop: used })).status, 200);
    const cases: [string, Record<string, string>, string][] = [
      ['as Bearer', { authorization: `Bearer ${token}` }, 'invalid_token'],
      [
        'as Bearer with a proof',
        { authorization: `Bearer ${token}`, dpop: await proof(prover) },
        'invalid_token',
      ],
      ['without a proof', { authorization }, 'invalid_dpop_proof'],
      ['with the key of a thief', { authorization, dpop: await proof(thief) }, 'invalid_token'],
      ['with a proof that was used', { authorization, dpop: used }, 'invalid_dpop_proof'],
      [
        'with a proof of another token',
        { authorization, dpop: await proof(prover, ath('x')) },
        'invalid_dpop_proof',
      ],
      ['without ath', { authorization, dpop: await proof(prover, { ath: undefined }) }, 'invalid_dpop_proof'],
      [
        'for another method',
        { authorization, dpop: await proof(prover, { htm: 'POST' }) },
        'invalid_dpop_proof',
      ],
      [
        'for another address',
        { authorization, dpop: await proof(prover, {}, {}, at('/x')) },
        'invalid_dpop_proof',
      ],
      [
        'two proofs',
        { authorization, dpop: `${await proof(prover)},${await proof(prover)}` },
        'invalid_dpop_proof',
      ],
    ];
    for (const [name, headers, error] of cases) {
      const reply = await userinfo(headers);
      assert.equal(reply.status, 401, name);
      assert.equal(bodyOf(reply).error, error, name);
      assert.match(String(reply.headers['www-authenticate']), new RegExp(`error="${error}"`), name);
    }
    const posted = await browser.post(at('/userinfo'), { access_token: token });
    assert.equal(posted.status, 401);
    // RFC 9449 section 7.1: the challenge names the scheme that the token needs.
    const asBearer = await userinfo({ authorization: `Bearer ${token}` });
    assert.match(String(asBearer.headers['www-authenticate']), /^DPoP algs=".*error="invalid_token"/);
    assert.match(String(posted.headers['www-authenticate']), /^DPoP algs=".*error="invalid_token"/);
  });

  test('get a challenge with the scheme and its algorithms', async () => {
    const reply = await userinfo({ authorization: 'DPoP unknown' });
    assert.match(String(reply.headers['www-authenticate']), /^DPoP algs="ES256 [^"]+", realm=/);
  });

  test('differ from unbound tokens, which the scheme DPoP refuses', async () => {
    const { access_token: token } = bodyOf(await client.redeem(await codeFor()));
    const proof = await prover.proof('GET', at('/userinfo'), ath(token));
    assert.equal((await userinfo({ authorization: `DPoP ${token}`, dpop: proof })).status, 401);
    assert.equal((await userinfo({ authorization: `Bearer ${token}` })).status, 200);
  });

  test('need the key of dpop_jkt when their code has one', async () => {
    const code = await codeFor(client, { dpop_jkt: prover.jkt });
    assert.equal(bodyOf(await client.redeem(code, await dpop(thief))).error, 'invalid_dpop_proof');
    assert.equal(bodyOf(await client.redeem(code)).error, 'invalid_dpop_proof');
    assert.equal(bodyOf(await client.redeem(code, await dpop(prover))).token_type, 'DPoP');
  });

  test('are bound by each refresh, and a retry needs the same key', async () => {
    const { refresh_token } = bodyOf(await client.redeem(await codeFor(), await dpop(prover)));
    const refresh = async (who: Prover) =>
      client.post('/access_token', { grant_type: 'refresh_token', refresh_token }, await dpop(who));
    const first = bodyOf(await refresh(prover));
    assert.equal(first.token_type, 'DPoP');
    assert.deepEqual((await introspect(first.access_token)).cnf, { jkt: prover.jkt });
    assert.equal(bodyOf(await refresh(prover)).access_token, first.access_token);
    assert.equal(bodyOf(await refresh(thief)).error, 'invalid_grant');
    assert.equal((await introspect(first.access_token)).active, false);
  });

  test('accept a proof for the mutual TLS address', async () => {
    const path = new URL(cis2.issuer).pathname;
    const proof = await prover.proof('POST', `${mutualTlsUrl}${path}/access_token`);
    assert.equal((await client.redeem(await codeFor(), { dpop: proof })).status, 200);
  });

  test('are the only ones of a client that registered so', async () => {
    const bound = await strongClient(cis2, { boundTokens: 'dpop' });
    const reply = await bound.redeem(await codeFor(bound));
    assert.deepEqual([reply.status, bodyOf(reply).error], [400, 'invalid_dpop_proof']);
    assert.equal((await bound.redeem(await codeFor(bound), await dpop(prover))).status, 200);
  });

  test('are not issued in the published profile', async () => {
    const nhs = await strongClient(cis2, { profile: 'nhs' });
    const reply = await nhs.redeem(await codeFor(nhs, { scope: 'openid' }), await dpop(prover), {
      client_assertion: await nhs.assertion({ aud: at('/access_token') }),
    });
    assert.equal(bodyOf(reply).token_type, 'Bearer');
  });
});

describe('tokens that are bound to a certificate (RFC 8705 section 3)', () => {
  let bound: StrongClient;
  before(async () => {
    bound = await strongClient(cis2, { boundTokens: 'certificate' });
  });

  test('have cnf, and need the certificate at userinfo', async () => {
    const tokens = bodyOf(await bound.redeem(await codeFor(bound), own.header));
    assert.equal(tokens.token_type, 'Bearer');
    const { thumbprint } = readCertificate(own.der) ?? {};
    const state = bodyOf(await bound.post('/introspect', { token: tokens.access_token }));
    assert.deepEqual(state.cnf, { 'x5t#S256': thumbprint });
    const authorization = `Bearer ${tokens.access_token}`;
    assert.equal((await userinfo({ authorization, ...own.header })).status, 200);
    for (const stolen of [{ authorization }, { authorization, ...foreign.header }])
      assert.equal(bodyOf(await userinfo(stolen as never)).error, 'invalid_token');
  });

  test('are not issued without a certificate', async () => {
    const reply = await bound.redeem(await codeFor(bound));
    assert.deepEqual([reply.status, bodyOf(reply).error], [400, 'invalid_request']);
  });

  test('are not issued to a client that did not register so', async () => {
    const { access_token: token } = bodyOf(await client.redeem(await codeFor(), own.header));
    assert.equal((await introspect(token)).cnf, undefined);
  });
});
