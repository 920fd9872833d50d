import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { startConsole, type TestConsole } from '../testing/console.ts';
import type { KeyReport } from './key-report.ts';

let console: TestConsole;
before(async () => {
  console = await startConsole();
});
after(() => console.close());

const check = (text: string) => console.send('/api/v1/keys/check', { method: 'POST', json: { text } });
const reportOf = async (text: string): Promise<KeyReport> => {
  const { status, body, text: answer } = await check(text);
  assert.equal(status, 200, answer);
  return body as unknown as KeyReport;
};

describe('POST /keys/check', () => {
  test('describes a public key as PEM, and returns it as a JWK set with a kid', async () => {
    const { privatePem, publicJwk } = await newKeyPair('RS512');
    const pem = createPublicKey(createPrivateKey(privatePem)).export({
      type: 'spki',
      format: 'pem',
    }) as string;
    const { format, keys, jwks, problems } = await reportOf(pem);
    const [key] = keys;
    assert.deepEqual(
      [format, key?.kind, key?.bits, key?.problems, problems],
      ['PEM', 'RSA, 2048 bits', 2048, [], []],
    );
    assert.deepEqual(key?.algorithms, ['RS256', 'RS512', 'PS256']);
    assert.ok(key?.goodFor.includes('API platform, profile nhs: RS512'));
    assert.equal(jwks.keys[0]?.kid, key?.thumbprint);
    assert.equal(jwks.keys[0]?.n, publicJwk.n);
  });

  test('names what is wrong with a key', async () => {
    const { publicJwk: rsa } = await newKeyPair('RS512');
    const { publicJwk: ec } = await newKeyPair('ES256');
    const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
    const { keys, problems } = await reportOf(
      JSON.stringify({
        keys: [
          { ...rsa, kid: 'a' },
          { ...ec, kid: 'a', alg: 'RS512' },
          { ...short, kid: 'c' },
          rsa,
          { kty: 'oct', kid: 'e' },
        ],
      }),
    );
    assert.deepEqual(problems, ['The kid a is there more than once. The first key counts.']);
    const said = keys.map((key) => key.problems.join(' '));
    assert.equal(said[0], '');
    assert.match(said[1] ?? '', /alg is RS512, which does not fit the key: ES256 do/);
    assert.match(said[2] ?? '', /has 1024 bits/);
    assert.match(said[3] ?? '', /no kid/);
    assert.match(said[4] ?? '', /not a public key/);
  });

  test('refuses a private key of any form, quotes it nowhere and does not store it', async () => {
    const { privatePem } = await newKeyPair('RS512');
    const key = createPrivateKey(privatePem);
    const jwk = key.export({ format: 'jwk' });
    const secret = String(jwk.d).slice(0, 40);
    const texts = [
      privatePem,
      key.export({ type: 'pkcs1', format: 'pem' }) as string,
      JSON.stringify({ ...jwk, kid: 'a' }),
      JSON.stringify({ keys: [{ kty: 'oct', k: secret, kid: 'a' }] }),
    ];
    for (const text of texts) {
      const { status, body, text: answer } = await check(text);
      assert.deepEqual([status, body.error, body.field], [422, 'private_key', 'text']);
      const explained = await console.send('/api/v1/explain', { method: 'POST', json: { text } });
      assert.equal((explained.body.banner as { headline: string }).headline, 'This is a private key');
      assert.ok(!`${answer}${explained.text}`.includes(secret));
      assert.ok(!`${answer}${explained.text}`.includes(privatePem.slice(100, 140)));
    }
    await console.refusals.keep();
    const rows = await console.database.all({ text: 'SELECT body FROM refusal', values: [] });
    assert.ok(!JSON.stringify(rows).includes(secret));
  });

  test('refuses other texts with a sentence', async () => {
    for (const text of [
      'abc',
      'ssh-rsa AAAA',
      '{"keys":[1]}',
      '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----',
    ])
      assert.deepEqual((await check(text)).body.error, 'unreadable_key');
    assert.equal((await check('')).status, 400);
    assert.equal((await check('a'.repeat(262_145))).status, 400);
  });
});
