import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { OperatorError } from '@alongside/kernel/operator';
import fc from 'fast-check';
import { readProviders } from './provider.ts';

const good = {
  label: 'Example Mail',
  issuer: 'https://mail.example.test',
  clientId: 'alongside',
  clientSecret: 'a secret',
};
const file = (...providers: object[]) => JSON.stringify({ providers });

test('fills missing members with defaults', () => {
  assert.deepEqual(readProviders(file(good)), [
    {
      id: 'federated',
      label: 'Example Mail',
      issuer: 'https://mail.example.test',
      clientId: 'alongside',
      authentication: { secret: 'a secret' },
      scope: 'openid profile email',
      acr: [],
      nameClaim: 'email',
    },
  ]);
});

test('reads a private key instead of a secret', async () => {
  const { privatePem } = await newKeyPair('ES256');
  const { clientSecret: _, ...rest } = good;
  const [provider] = readProviders(file({ ...rest, privateKey: { kid: 'one', pem: privatePem } }));
  assert.ok(provider && 'key' in provider.authentication && provider.authentication.kid === 'one');
});

describe('an invalid file of providers', () => {
  const cases: [string, string, RegExp][] = [
    ['text that is not JSON', '{', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['missing providers', '{}', /providers/],
    ['an unknown member', JSON.stringify({ providers: [], more: 1 }), /more/],
    ['an issuer that is not an address', file({ ...good, issuer: 'mail' }), /providers\.0\.issuer/],
    ['an issuer of another scheme', file({ ...good, issuer: 'file:///etc/passwd' }), /providers\.0\.issuer/],
    ['an id of another authenticator', file({ ...good, id: 'smartcard' }), /must be federated/],
    ['an id with a slash', file({ ...good, id: 'federated-/..' }), /must be federated/],
    ['a scope without openid', file({ ...good, scope: 'email' }), /must begin with openid/],
    [
      'neither secret nor key',
      file({ ...good, clientSecret: undefined }),
      /either a clientSecret or a privateKey/,
    ],
    [
      'a secret and a key',
      file({ ...good, privateKey: { kid: 'x', pem: 'x' } }),
      /either a clientSecret or a privateKey/,
    ],
    [
      'an invalid key',
      file({ ...good, clientSecret: undefined, privateKey: { kid: 'x', pem: 'x' } }),
      /not a private key/,
    ],
    ['two with the same id', file(good, good), /same id/],
  ];
  for (const [name, text, message] of cases)
    test(`refuses ${name}`, () =>
      assert.throws(
        () => readProviders(text),
        (error) => error instanceof OperatorError && message.test(error.message),
      ));
  test('throws only OperatorError, for any text', () => {
    fc.assert(fc.property(fc.json(), (text) => assert.throws(() => readProviders(text), OperatorError)));
  });
});
