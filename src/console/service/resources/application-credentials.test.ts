import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { secretFits } from '../../../oauth/applications.ts';
import { startConsole, startTime, type TestConsole } from '../../testing/console.ts';

const publicJwk = (kid?: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
});

describe('keys and secrets of an application', () => {
  let subject: TestConsole;
  let id: string;
  before(async () => {
    subject = await startConsole();
    const half = { tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'ES256' };
    const made = await subject.send('/api/v1/applications', {
      method: 'POST',
      json: {
        name: 'keys',
        platform: { ...half, jwks: { keys: [publicJwk('first')] } },
        cis2: { ...half, jwksUrl: 'https://127.0.0.1:9/keys' },
      },
    });
    id = String(made.body.id);
  });
  after(() => subject.close());

  const path = (rest: string) => `/api/v1/applications/${id}${rest}`;
  const call = (method: string, rest: string, json?: unknown, headers = {}) =>
    subject.send(path(rest), { method, json, headers });
  const kids = async () => {
    const { keys } = (await call('GET', '/keys')).body as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };

  test('stores several keys, each with its expiry', async () => {
    const expiresAt = '2026-09-01T00:00:00.000Z';
    const added = await call('POST', '/keys', { half: 'platform', jwk: publicJwk('second'), expiresAt });
    assert.deepEqual([added.status, added.body.kid, added.body.expiresAt], [201, 'second', expiresAt]);
    assert.deepEqual(await kids(), ['first', 'second']);
    const { addresses } = (await call('GET', '/keys')).body;
    assert.deepEqual(addresses, [{ half: 'cis2', address: 'https://127.0.0.1:9/keys' }]);
    assert.equal((await call('DELETE', '/keys/platform/first')).status, 204);
    assert.equal((await call('DELETE', '/keys/platform/first')).status, 404);
    assert.equal((await call('DELETE', '/keys/elsewhere/second')).status, 404);
    assert.deepEqual(await kids(), ['second']);
  });

  const privateJwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const refused: [string, object, number, string | undefined][] = [
    ['a kid that is taken', { half: 'platform', jwk: publicJwk('second') }, 409, 'jwk.kid'],
    ['a key without kid', { half: 'platform', jwk: publicJwk() }, 400, 'jwk.kid'],
    ['a private key', { half: 'platform', jwk: { ...privateJwk, kid: 'x' } }, 400, 'jwk'],
    ['an invalid key', { half: 'platform', jwk: { kty: 'EC', kid: 'x' } }, 400, 'jwk'],
    ['a key for a half with a key set address', { half: 'cis2', jwk: publicJwk('x') }, 400, 'half'],
    ['an unknown half', { half: 'gateway', jwk: publicJwk('x') }, 400, 'half'],
    ['an invalid time', { half: 'platform', jwk: publicJwk('x'), expiresAt: 'soon' }, 400, 'expiresAt'],
  ];
  for (const [title, order, status, field] of refused)
    test(`refuses ${title}`, async () => {
      const answer = await call('POST', '/keys', order);
      assert.deepEqual([answer.status, answer.body.field], [status, field]);
      assert.deepEqual(await kids(), ['second']);
    });

  test('lists the key address of the published attribute', async () => {
    const attributes = { 'jwks-resource-url': 'https://127.0.0.1:9/keys' };
    const made = await subject.send('/api/v1/applications', {
      method: 'POST',
      json: { name: 'by attribute', platform: { attributes } },
    });
    const keys = `/api/v1/applications/${made.body.id}/keys`;
    assert.deepEqual((await subject.send(keys)).body, {
      keys: [],
      addresses: [{ half: 'platform', address: 'https://127.0.0.1:9/keys' }],
    });
    const json = { half: 'platform', jwk: publicJwk('x') };
    const added = await subject.send(keys, { method: 'POST', json });
    assert.deepEqual([added.status, added.body.field], [400, 'half']);
  });

  test('adds a secret while the former is valid until its expiry', async () => {
    const first = await call('POST', '/secrets', { half: 'platform' });
    const othersExpireAt = new Date(startTime + 3_600_000).toISOString();
    const second = await call('POST', '/secrets', { half: 'platform', othersExpireAt });
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.notEqual(first.body.clientSecret, second.body.clientSecret);
    const stored = (await subject.applications.get(id))?.platform;
    assert.ok(stored);
    const fits = (answer: typeof first, now: number) =>
      secretFits(stored, String(answer.body.clientSecret), now);
    assert.deepEqual([fits(first, startTime), fits(second, startTime)], [true, true]);
    assert.deepEqual(
      [fits(first, startTime + 3_600_000), fits(second, startTime + 3_600_000)],
      [false, true],
    );
    assert.ok(!JSON.stringify((await call('GET', '')).body).includes(String(second.body.clientSecret)));
  });

  test('leaves an ended secret ended when later ones get an expiry', async () => {
    const leaked = await call('POST', '/secrets', { half: 'platform' });
    const at = (milliseconds: number) => ({
      half: 'platform',
      othersExpireAt: new Date(startTime + milliseconds).toISOString(),
    });
    const current = await call('POST', '/secrets', at(-1));
    await call('POST', '/secrets', at(3_600_000));
    const stored = (await subject.applications.get(id))?.platform;
    assert.ok(stored);
    const fits = ({ body }: typeof leaked) => secretFits(stored, String(body.clientSecret), startTime);
    assert.deepEqual([fits(leaked), fits(current)], [false, true]);
  });

  test('does not overwrite a concurrent change', async () => {
    const stale = { 'if-match': '"1"' };
    assert.equal((await call('POST', '/secrets', { half: 'platform' }, stale)).status, 412);
    assert.equal((await call('DELETE', '/keys/platform/second', undefined, stale)).status, 412);
  });

  test('answers 404 to an unknown application', async () => {
    const nowhere = '/api/v1/applications/nowhere';
    assert.equal((await subject.send(`${nowhere}/keys`, {})).status, 404);
    const answer = await subject.send(`${nowhere}/secrets`, { method: 'POST', json: { half: 'platform' } });
    assert.equal(answer.status, 404);
  });
});
