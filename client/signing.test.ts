import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { ClientError, OAuthError } from './errors.ts';
import { createSigning, type SigningSettings } from './signing.ts';
import { testClock } from './testing/clock.ts';
import { startPlatform, type TestPlatform } from './testing/platform.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const payloads = [{ id: '1', payload: 'YQ==' }];

const signing = (platform: TestPlatform, over: Partial<SigningSettings> = {}) =>
  createSigning({
    baseUrl: `${platform.origin}/signing-service/`,
    token: 'the-token',
    signingKey: { kid: 'key-1', privateKey },
    clientId: 'api-key',
    ...over,
  });

describe('createSigning', () => {
  test('sends a JWS for the service and returns the token and the address for the browser', async (t) => {
    const answer = { token: 'T', redirectUri: 'https://cis2.example.test/presence?x=1' };
    const platform = await startPlatform({ body: answer });
    t.after(platform.close);
    const clock = testClock();
    const started = await signing(platform, { clock }).request({
      payloads,
      subject: '656005750108',
      state: 'a b',
    });
    assert.deepEqual(started, answer);
    const [call] = platform.calls;
    assert.equal(call?.method, 'POST');
    assert.equal(call?.path, '/signing-service/signaturerequest?state=a%20b');
    assert.equal(call?.headers['content-type'], 'text/plain');
    assert.equal(call?.headers.authorization, 'Bearer the-token');
    const [header = '', claims = '', signature = ''] = (call?.body ?? '').split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    assert.deepEqual(read(header), { alg: 'RS512', kid: 'key-1', typ: 'JWT' });
    const now = Math.floor(clock.now() / 1_000);
    assert.deepEqual(read(claims), {
      iss: 'api-key',
      sub: '656005750108',
      aud: `${platform.origin}/signing-service`,
      iat: now,
      exp: now + 300,
      payloads,
      algorithm: 'RS256',
    });
    const verifier = createVerify('sha512').update(`${header}.${claims}`);
    assert.ok(verifier.verify(publicKey, Buffer.from(signature, 'base64url')));
  });

  test('sends as many documents as a request may have', async (t) => {
    const platform = await startPlatform({ body: { token: 'T', redirectUri: 'https://cis2.example.test/' } });
    t.after(platform.close);
    const many = Array.from({ length: 250 }, (_, n) => ({ id: `${n}`, payload: 'YWFh'.repeat(1_000) }));
    await signing(platform).request({ payloads: many, subject: '656005750108' });
    const claims = platform.calls[0]?.body.split('.')[1] ?? '';
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()).payloads, many);
  });

  test('fetches the signatures with a token of a function or of keepFresh', async (t) => {
    const answer = { signatures: [{ id: '1', signature: 'c2ln' }], certificate: 'Y2VydA==' };
    const platform = await startPlatform({ body: answer });
    t.after(platform.close);
    assert.deepEqual(await signing(platform, { token: async () => 'fresh' }).result('T/1'), answer);
    assert.equal(platform.calls[0]?.path, '/signing-service/signatureresponse/T%2F1');
    assert.equal(platform.calls[0]?.headers.authorization, 'Bearer fresh');
    await signing(platform, { token: { freshToken: async () => 'kept' } }).result('T');
    assert.equal(platform.calls[1]?.headers.authorization, 'Bearer kept');
  });

  test('throws the error of the service, without the token', async (t) => {
    const body = {
      error: 'access_denied',
      error_description: 'The user the-token declined',
      message_id: 'm-1',
    };
    const platform = await startPlatform({ status: 403, body });
    t.after(platform.close);
    await assert.rejects(signing(platform).result('T'), (error: OAuthError) => {
      assert.ok(error instanceof OAuthError);
      assert.deepEqual([error.error, error.status, error.messageId], ['access_denied', 403, 'm-1']);
      assert.doesNotMatch(error.message, /the-token/);
      return true;
    });
  });

  test('refuses other answers and settings that cannot work', async (t) => {
    const platform = await startPlatform({ body: { token: 'T' } });
    t.after(platform.close);
    const is = (code: string) => (error: ClientError) => error instanceof ClientError && error.code === code;
    await assert.rejects(signing(platform).request({ payloads, subject: '1' }), is('response_invalid'));
    await assert.rejects(signing(platform).result('T'), is('response_invalid'));
    await assert.rejects(signing(platform).request({ payloads, subject: '' }), is('settings_invalid'));
    await assert.rejects(signing(platform, { token: '' }).result('T'), is('settings_invalid'));
    assert.throws(() => signing(platform, { signingKey: { kid: '', privateKey } }), is('settings_invalid'));
    assert.throws(
      () => signing(platform, { signingKey: { kid: 'a', privateKey: 'x' } }),
      is('settings_invalid'),
    );
    assert.throws(() => signing(platform, { baseUrl: 'ftp://example.test' }), is('settings_invalid'));
  });
});
