import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';
import { ath, newProver, type Prover, type StrongClient, strongClient } from '../../testing/strong-client.ts';

let cis2: Instance;
let client: StrongClient;
let prover: Prover;
before(async () => {
  cis2 = await startInstance({ dpopNonces: true });
  client = await strongClient(cis2);
  prover = await newProver(cis2);
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const browser = new Browser();
const at = (path: string) => `${cis2.issuer}${path}`;
const code = async () => codeOf(await cis2.signIn(browser, client.registration, client.ask()));
const proof = async (path: string, claims = {}) => ({ dpop: await prover.proof('POST', at(path), claims) });
const errorOf = ({ body }: Reply): unknown => JSON.parse(body).error;
const nonceOf = ({ headers }: Reply): string => String(headers['dpop-nonce']);

describe('DPoP nonces that the server chooses (RFC 9449 section 8)', () => {
  test('are required, announced and accepted for a while, and a missing one spends no code', async () => {
    const one = await code();
    const first = await client.redeem(one, await proof('/access_token'));
    assert.deepEqual([first.status, errorOf(first)], [400, 'use_dpop_nonce']);
    const nonce = nonceOf(first);
    const madeUp = await client.redeem(one, await proof('/access_token', { nonce: 'made-up' }));
    assert.equal(errorOf(madeUp), 'use_dpop_nonce');
    const second = await client.redeem(one, await proof('/access_token', { nonce }));
    assert.deepEqual([second.status, nonceOf(second)], [200, nonce]);
    cis2.clock.advance(600);
    const old = await client.redeem(await code(), await proof('/access_token', { nonce }));
    assert.equal(errorOf(old), 'use_dpop_nonce');
    assert.notEqual(nonceOf(old), nonce);
  });
  test('are required at /par too', async () => {
    const first = await client.push({}, await proof('/par'));
    assert.deepEqual([first.status, errorOf(first)], [400, 'use_dpop_nonce']);
    assert.equal((await client.push({}, await proof('/par', { nonce: nonceOf(first) }))).status, 201);
  });
  test('are required at userinfo, with a challenge', async () => {
    const { headers } = await client.push({}, await proof('/par'));
    const nonce = String(headers['dpop-nonce']);
    const redeemed = await client.redeem(await code(), await proof('/access_token', { nonce }));
    const { access_token: token } = JSON.parse(redeemed.body);
    const ask = async (claims: object) =>
      send('GET', at('/userinfo'), {
        authorization: `DPoP ${token}`,
        dpop: await prover.proof('GET', at('/userinfo'), { ...ath(token), ...claims }),
      });
    const first = await ask({});
    assert.equal(first.status, 401);
    assert.match(String(first.headers['www-authenticate']), /^DPoP .*error="use_dpop_nonce"/);
    assert.equal((await ask({ nonce: nonceOf(first) })).status, 200);
  });
  test('are not announced to a client without a proof', async () => {
    const plain = await client.redeem(await code());
    assert.deepEqual([plain.status, plain.headers['dpop-nonce']], [200, undefined]);
  });
  test('are not announced in the published profile', async () => {
    const published = await cis2.register();
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: codeOf(await cis2.signIn(browser, published)),
      redirect_uri: published.redirectUris[0] ?? '',
      client_id: published.clientId,
      client_secret: secret,
    });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await send('POST', at('/access_token'), type, body.toString())).status, 200);
  });
});
