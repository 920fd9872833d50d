import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { newProver, type Prover } from '../testing/proofs.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let prover: Prover;
let stranger: Prover;
before(async () => {
  client = await startStandardClient();
  prover = await newProver(client.platform.clock);
  stranger = await newProver(client.platform.clock);
  const bound = { profile: 'standard', attributes: { 'dpop-bound-access-tokens': 'true' } } as const;
  await client.platform.applications.add(applicationOf('bound', bound));
});
after(() => client.platform.close());

const attributesOf = async (token: string) => (await client.platform.tokens.find(token))?.attributes ?? {};
const credentials = async (headers: Record<string, string> = {}, id = 'web') =>
  client.platform.post(
    '/oauth2.1/token',
    { grant_type: 'client_credentials', ...(await client.credentials(id)) },
    headers,
  );

describe('DPoP at /oauth2.1 (RFC 9449)', () => {
  test('binds the tokens of each grant to the key', async () => {
    const { body } = await client.redeem('web', await client.codeOf('web'), {}, await prover.header());
    const refreshed = await client.refresh('web', body.refresh_token, {}, await prover.header());
    const own = await credentials(await prover.header());
    for (const answer of [body, refreshed.body, own.body]) {
      assert.equal(answer.token_type, 'DPoP');
      assert.deepEqual(JSON.parse((await attributesOf(answer.access_token)).cnf ?? ''), { jkt: prover.jkt });
    }
    // A confidential client authenticates by its secret, so its refresh token is not bound.
    assert.equal((await attributesOf(body.refresh_token)).cnf, undefined);
    const plain = await client.refresh('web', refreshed.body.refresh_token);
    assert.equal(plain.body.token_type, 'Bearer');
    assert.equal((await attributesOf(plain.body.access_token)).cnf, undefined);
  });

  test('accepts every algorithm of the metadata', async () => {
    for (const algorithm of ['EdDSA', 'PS256', 'RS256', 'RS512'] as const) {
      const other = await newProver(client.platform.clock, algorithm);
      const { body } = await credentials(await other.header());
      assert.equal(body.token_type, 'DPoP', algorithm);
    }
  });

  test('binds the refresh token of a public client, and another key does not end its family', async () => {
    const { body } = await client.redeem('native', await client.codeOf('native'), {}, await prover.header());
    for (const headers of [{}, await stranger.header()]) {
      const refused = await client.refresh('native', body.refresh_token, {}, headers);
      assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof']);
    }
    const first = await client.refresh('native', body.refresh_token, {}, await prover.header());
    assert.equal(first.body.token_type, 'DPoP', first.text);
    // After a lost response the same key gets the same successor. Another key gets nothing and ends nothing.
    const theft = await client.refresh('native', body.refresh_token, {}, await stranger.header());
    assert.equal(theft.body.error, 'invalid_dpop_proof');
    const again = await client.refresh('native', body.refresh_token, {}, await prover.header());
    assert.equal(again.body.access_token, first.body.access_token);
    assert.equal(again.body.token_type, 'DPoP');
  });

  test('requires the key of dpop_jkt for the code, which a wrong key does not use up', async () => {
    const code = await client.codeOf('native', undefined, { dpop_jkt: prover.jkt });
    for (const headers of [{}, await stranger.header()]) {
      const refused = await client.redeem('native', code, {}, headers);
      assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof']);
    }
    assert.equal((await client.redeem('native', code, {}, await prover.header())).status, 200);
    const { platform } = client;
    const odd = await platform.get('/oauth2.1/authorize', client.requestOf('native', { dpop_jkt: 'x' }));
    assert.equal(odd.location?.searchParams.get('error'), 'invalid_dpop_proof');
  });

  test('issues only bound tokens to a client that registered so', async () => {
    const refused = await credentials({}, 'bound');
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof']);
    assert.equal((await credentials(await prover.header(), 'bound')).body.token_type, 'DPoP');
  });

  test('accepts a proof once, also among ten at once', async () => {
    const headers = await prover.header();
    const answers = await Promise.all(Array.from({ length: 10 }, () => credentials(headers)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const jti = 'the-same';
    assert.equal((await credentials(await prover.header({ jti }))).status, 200);
    assert.equal((await credentials(await prover.header({ jti }))).body.error, 'invalid_dpop_proof');
    // Another client's key may use the same jti.
    assert.equal((await credentials(await stranger.header({ jti }))).status, 200);
  });
});
