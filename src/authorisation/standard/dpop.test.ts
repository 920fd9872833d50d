import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { type JwtClaims, signJwt } from '@alongside/kernel/jws';
import { applicationOf } from '../testing/applications.ts';
import { newProver, type Prover } from '../testing/proofs.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

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

describe('DPoP (RFC 9449)', () => {
  test('binds the tokens of each grant to the key, and says so', async () => {
    const { body } = await client.redeem('web', await client.codeOf('web'), {}, await prover.header());
    const refreshed = await client.refresh('web', body.refresh_token, {}, await prover.header());
    const own = await credentials(await prover.header());
    for (const answer of [body, refreshed.body, own.body]) {
      assert.equal(answer.token_type, 'DPoP');
      assert.deepEqual(JSON.parse((await attributesOf(answer.access_token)).cnf ?? ''), { jkt: prover.jkt });
    }
    // A confidential client proves itself by its secret: its refresh token is not bound.
    assert.equal((await attributesOf(body.refresh_token)).cnf, undefined);
    const plain = await client.refresh('web', refreshed.body.refresh_token);
    assert.equal(plain.body.token_type, 'Bearer');
    assert.equal((await attributesOf(plain.body.access_token)).cnf, undefined);
  });

  test('every algorithm of the metadata', async () => {
    for (const algorithm of ['EdDSA', 'PS256', 'RS256', 'RS512'] as const) {
      const other = await newProver(client.platform.clock, algorithm);
      const { body } = await credentials(await other.header());
      assert.equal(body.token_type, 'DPoP', algorithm);
    }
  });

  test('the refresh token of a public client is bound too; another key does not even end its family', async () => {
    const { body } = await client.redeem('native', await client.codeOf('native'), {}, await prover.header());
    for (const headers of [{}, await stranger.header()]) {
      const refused = await client.refresh('native', body.refresh_token, {}, headers);
      assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof']);
    }
    const first = await client.refresh('native', body.refresh_token, {}, await prover.header());
    assert.equal(first.body.token_type, 'DPoP', first.text);
    // The lost answer: the same key gets the same successor, a stranger gets nothing and ends nothing.
    const theft = await client.refresh('native', body.refresh_token, {}, await stranger.header());
    assert.equal(theft.body.error, 'invalid_dpop_proof');
    const again = await client.refresh('native', body.refresh_token, {}, await prover.header());
    assert.equal(again.body.access_token, first.body.access_token);
    assert.equal(again.body.token_type, 'DPoP');
  });

  test('dpop_jkt: a stolen code is worth nothing without the key, and is not used up by trying', async () => {
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

  test('a client that registered for bound tokens gets no others', async () => {
    const refused = await credentials({}, 'bound');
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof']);
    assert.equal((await credentials(await prover.header(), 'bound')).body.token_type, 'DPoP');
  });

  test('a proof counts once, also among ten at once', async () => {
    const headers = await prover.header();
    const answers = await Promise.all(Array.from({ length: 10 }, () => credentials(headers)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const jti = 'the-same';
    assert.equal((await credentials(await prover.header({ jti }))).status, 200);
    assert.equal((await credentials(await prover.header({ jti }))).body.error, 'invalid_dpop_proof');
    // Another client's key may use the same jti.
    assert.equal((await credentials(await stranger.header({ jti }))).status, 200);
  });

  const now = () => seconds(client.platform.clock);
  const accepted: [string, () => JwtClaims][] = [
    ['issued 59 s ago', () => ({ iat: now() - 59 })],
    ['issued 10 s ahead', () => ({ iat: now() + 10 })],
    ['an htu with query and fragment', () => ({ htu: `${standardIssuer}/token?x=1#y` })],
    ['an htu in another spelling', () => ({ htu: 'HTTPS://API.test:443/oauth2.1/token' })],
    ['claims that nobody knows', () => ({ exp: 1, nbf: 4e9, iss: 'x' })],
  ];
  for (const [name, claims] of accepted)
    test(`accepted: ${name}`, async () => {
      const { status, text } = await credentials(await prover.header(claims()));
      assert.equal(status, 200, text);
    });

  const privateJwk = () => prover.signer.key.export({ format: 'jwk' });
  const refused: [string, () => Promise<string> | string][] = [
    ['no JWS', () => 'proof'],
    ['an empty header', () => ''],
    ['two proofs in one header', async () => `${await prover.proof()}, ${await prover.proof()}`],
    ['another typ', () => prover.proof({}, { typ: 'JWT' })],
    ['no key', () => prover.proof({}, { jwk: undefined })],
    ['a key with its private part (CVE-2026-54431)', () => prover.proof({}, { jwk: privateJwk() })],
    ['a symmetric key', () => prover.proof({}, { jwk: { kty: 'oct', k: 'AAAA' } })],
    ['the key of another', () => prover.proof({}, { jwk: stranger.signer.jwk })],
    ['another algorithm in the header', () => prover.proof({}, { alg: 'RS256' }).catch(() => 'x')],
    ['a forged signature', async () => `${(await prover.proof()).slice(0, -8)}AAAAAAAA`],
    ['no htm', () => prover.proof({ htm: undefined })],
    ['another method', () => prover.proof({ htm: 'GET' })],
    ['no htu', () => prover.proof({ htu: undefined })],
    ['an htu that is no text', () => prover.proof({ htu: ['x'] })],
    ['another address', () => prover.proof({ htu: `${standardIssuer}/par` })],
    ['another host', () => prover.proof({ htu: 'https://evil.test/oauth2.1/token' })],
    ['no iat', () => prover.proof({ iat: undefined })],
    ['an iat that is a text', () => prover.proof({ iat: String(now()) })],
    ['issued 61 s ago', () => prover.proof({ iat: now() - 61 })],
    ['issued 11 s ahead', () => prover.proof({ iat: now() + 11 })],
    ['no jti', () => prover.proof({ jti: undefined })],
    ['a jti that is a number', () => prover.proof({ jti: 1 })],
    ['a jti without end', () => prover.proof({ jti: 'x'.repeat(300) })],
    ['a proof without end', () => prover.proof({ jti: 'x'.repeat(10_000) })],
    ['unsigned', async () => `${Buffer.from('{"alg":"none","typ":"dpop+jwt"}').toString('base64url')}.e30.`],
    [
      'signed with the public key as a secret',
      () => signJwt({ alg: 'HS256' as never, typ: 'dpop+jwt' }, {}, prover.signer.key).catch(() => 'a.b.c'),
    ],
  ];
  for (const [name, proof] of refused)
    test(`refused: ${name}`, async () => {
      const { status, body } = await credentials({ dpop: await proof() });
      assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
    });
});
