import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readScope } from '../../oauth/parameters.ts';
import { redirectFits } from '../../oauth/registered-addresses.ts';
import { readBasic } from '../../oauth/server/client-authentication/client-secret.ts';
import { parseClaims } from './authorize/parameters.ts';

test('parseClaims reads only known names, or refuses', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const claims = parseClaims(text);
      if (!claims) return;
      for (const name of [...claims.idToken, ...claims.userinfo]) assert.notEqual(name, 'sub');
      assert.ok(Array.isArray(claims.acr.values));
    }),
  );
  const read = parseClaims(
    '{"id_token":{"acr":{"essential":true,"values":["a",1]},"email":null,"__proto__":null},"userinfo":{"name":{"value":"x"}}}',
  );
  assert.deepEqual(read, {
    idToken: ['email'],
    userinfo: ['name'],
    acr: { values: ['a'], essential: true },
    subject: null,
  });
  assert.equal(parseClaims('{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}'), undefined);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`c${i}`, null]));
  assert.equal(parseClaims(JSON.stringify({ userinfo: many })), undefined);
});

test('readBasic reads every form-encoded id and secret', () => {
  const encode = (part: string) => new URLSearchParams({ x: part }).toString().slice(2);
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ unit: 'grapheme' }),
      (clientId, secret) => {
        const header = `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`;
        assert.deepEqual(readBasic(header), { clientId, secret });
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => void readBasic(`Basic ${text}`)));
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => void readBasic(`Basic ${Buffer.from(bytes).toString('base64')}`)),
  );
  assert.equal(readBasic(`Basic ${Buffer.from([0xff, 0x3a, 0x61]).toString('base64')}`), undefined);
});

test('readScope returns each value once, and refuses odd characters and spaces', () => {
  assert.deepEqual(readScope('openid profile openid'), ['openid', 'profile']);
  for (const bad of [
    '',
    ' openid',
    'openid ',
    'openid  profile',
    'open"id',
    'open\\id',
    'openid\tprofile',
    'ö',
  ])
    assert.equal(readScope(bad), undefined);
});

test('redirectFits accepts only the registered bytes for a web application', () => {
  const registered = 'https://app.example.test/callback';
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (uri) =>
      assert.equal(redirectFits([registered], false, uri), uri === registered),
    ),
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (tail) =>
      assert.equal(redirectFits([registered], false, registered + tail), false),
    ),
  );
});

test('redirectFits lets a native application change only the port of a loopback literal', () => {
  const registered = ['http://127.0.0.1/done'];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), (port) =>
      redirectFits(registered, true, `http://127.0.0.1:${port}/done`),
    ),
  );
  fc.assert(fc.property(fc.webUrl(), (uri) => assert.equal(redirectFits(registered, true, uri), false)));
});
