import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acrValues } from '../authenticators/registry.ts';
import { type AuthenticationStrength, asksOnlyFor, couldMeet, firstMet } from './session.ts';

const reached: Record<string, AuthenticationStrength> = {
  hscn: { level: 3, methods: ['N3_SMARTCARD'] },
  internet: { level: 3, methods: ['CIS2_SMARTCARD'] },
  'card out': { level: 2, methods: ['CIS2_SMARTCARD'] },
  'security key': { level: 3, methods: ['FIDO2'] },
  passkey: { level: 2, methods: ['FIDO2'] },
  tablet: { level: 3, methods: ['IOS'] },
  'authenticator app': { level: 2, methods: ['TOTP'] },
  federated: { level: 2, methods: ['NHSMAIL'] },
  password: { level: 1, methods: ['USERPASS'] },
};

// The sign-ins above that meet each class.
const table: Record<string, string[]> = {
  AAL3_ANY: ['hscn', 'internet', 'security key', 'tablet'],
  AAL2_OR_AAL3_ANY: [
    'hscn',
    'internet',
    'card out',
    'security key',
    'passkey',
    'tablet',
    'authenticator app',
    'federated',
  ],
  AAL2_ANY: ['card out', 'passkey', 'authenticator app', 'federated'],
  AAL3_SMARTCARD: ['hscn', 'internet'],
  AAL3_N3_SMARTCARD: ['hscn'],
  AAL3_CIS2_SMARTCARD: ['internet'],
  AAL3_FIDO2: ['security key'],
  AAL3_IOS: ['tablet'],
  AAL2_TOTP: ['authenticator app'],
  AAL2_NHSMAIL: ['federated'],
  AAL1_USERPASS: ['password'],
};

describe('authentication context classes', () => {
  test('are published in the order of the table', () => {
    assert.deepEqual(
      acrValues.filter((value) => value in table),
      Object.keys(table),
    );
  });
  for (const [value, names] of Object.entries(table))
    test(value, () => {
      const met = Object.keys(reached).filter(
        (name) => firstMet([value], reached[name] as AuthenticationStrength) === value,
      );
      assert.deepEqual(met, names);
    });
  test('return the first requested class that was met', () => {
    assert.equal(
      firstMet(['AAL3_FIDO2', 'AAL2_OR_AAL3_ANY', 'AAL3_ANY'], reached.hscn as AuthenticationStrength),
      'AAL2_OR_AAL3_ANY',
    );
    assert.equal(firstMet(['constructor'], reached.hscn as AuthenticationStrength), undefined);
    assert.equal(
      couldMeet(
        ['AAL2_ANY'],
        [reached.hscn as AuthenticationStrength, reached.internet as AuthenticationStrength],
      ),
      false,
    );
  });
  test('recognise a request for the smartcard only', () => {
    const card = ['N3_SMARTCARD', 'CIS2_SMARTCARD'];
    assert.equal(asksOnlyFor(['AAL3_SMARTCARD', 'AAL3_N3_SMARTCARD'], card), true);
    for (const asked of [['AAL3_ANY'], ['AAL3_SMARTCARD', 'AAL3_FIDO2'], []])
      assert.equal(asksOnlyFor(asked, card), false);
  });
});
