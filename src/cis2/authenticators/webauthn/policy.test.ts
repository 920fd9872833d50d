import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { webAuthnParty } from './ceremony.ts';
import {
  developmentAaguid,
  developmentFingerprint,
  developmentRoot,
  levelOf,
  type WebAuthnSettings,
  webAuthnPolicy,
} from './policy.ts';
import { type WebAuthnBody, webAuthnVariants } from './variants.ts';

const body: WebAuthnBody = {
  publicKey: '',
  counter: 0,
  transports: [],
  aaguid: developmentAaguid,
  root: developmentFingerprint,
  backupEligible: false,
  ceiling: 3,
  shared: false,
};
const { passkey, securityKey } = webAuthnVariants;
const use = { userVerified: true, backupEligible: false };
const development = webAuthnPolicy({}, true);

describe('level of a credential', () => {
  test('is 3 with a trusted root, an accepted model, a verified user and a single device', () => {
    assert.equal(levelOf(securityKey, body, use, development), 3);
  });
  const less: [string, Partial<WebAuthnBody>, Partial<typeof use>][] = [
    ['is 2 without an attestation', { root: null }, {}],
    ['is 2 with another root', { root: 'AA:BB' }, {}],
    ['is 2 with another model', { aaguid: '00000000-0000-0000-0000-000000000000' }, {}],
    ['is 2 without user verification', {}, { userVerified: false }],
    ['is 2 if the key could be copied at registration', { backupEligible: true }, {}],
    ['is 2 if the key can be copied now', {}, { backupEligible: true }],
    ['is 2 with a lower ceiling', { ceiling: 2 }, {}],
  ];
  for (const [name, members, at] of less)
    test(name, () =>
      assert.equal(levelOf(securityKey, { ...body, ...members }, { ...use, ...at }, development), 2),
    );
  test('is 3 for a passkey only if the policy allows it', () => {
    assert.equal(levelOf(passkey, body, use, development), 2);
    const policy = webAuthnPolicy({ passkeyLevel: 3 }, true);
    assert.equal(levelOf(passkey, body, use, policy), 3);
    assert.equal(levelOf(passkey, { ...body, root: null }, use, policy), 2);
  });
  test('is 3 with the test root only in development', () => {
    assert.equal(levelOf(securityKey, body, use, webAuthnPolicy({}, false)), 2);
    assert.equal(levelOf(securityKey, body, use, webAuthnPolicy({ aaguids: [developmentAaguid] }, false)), 2);
    assert.equal(levelOf(securityKey, body, use, webAuthnPolicy({ roots: [] }, true)), 2);
  });
});

describe('settings of the policy', () => {
  const bad: [WebAuthnSettings, RegExp][] = [
    [{ roots: ['nothing'] }, /not a PEM certificate/],
    [{ aaguids: ['nothing'] }, /not a UUID/],
  ];
  for (const [settings, message] of bad)
    test(`throws ${message}`, () => assert.throws(() => webAuthnPolicy(settings, false), message));
  test('accepts upper-case models', () => {
    const aaguid = 'FFFFFFFF-0000-0000-0000-00000000ABCD';
    const { roots, aaguids } = webAuthnPolicy({ roots: [developmentRoot], aaguids: [aaguid] }, false);
    assert.deepEqual([...roots.keys()], [developmentFingerprint]);
    assert.deepEqual([...aaguids], [aaguid.toLowerCase()]);
  });
});

test('an issuer without a host name does not support WebAuthn', () => {
  assert.deepEqual(webAuthnParty('https://cis2.example.test:8443/a/b'), {
    id: 'cis2.example.test',
    origin: 'https://cis2.example.test:8443',
  });
  for (const issuer of ['http://127.0.0.1:8402/a', 'http://[::1]:8402/a'])
    assert.equal(webAuthnParty(issuer), undefined);
});
