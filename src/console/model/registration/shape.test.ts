import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import { readShape } from '../request.ts';
import { checkPolicy } from './policy.ts';
import { type Registration, registrationShape } from './shape.ts';

const read = (profile: string, cis2: object): Registration => {
  const registration = readShape(registrationShape, { name: 'Example', profile, cis2 });
  checkPolicy(registration);
  return registration;
};

describe('registrationShape: defaults at CIS2', () => {
  const rows = [
    ['nhs', 'client_secret_post', null, 'RS256', 'proof'],
    ['standard', 'client_secret_post', null, 'RS256', 'pin'],
    ['fapi2', 'private_key_jwt', null, 'PS256', 'pin'],
  ] as const;
  for (const [profile, ...expected] of rows)
    test(profile, () => {
      const { cis2 } = read(profile, {});
      assert.ok(cis2);
      const { tokenEndpointAuthMethod, pkce, idTokenSigningAlg, maxAge } = cis2;
      assert.deepEqual([tokenEndpointAuthMethod, pkce, idTokenSigningAlg, maxAge], expected);
      const { boundTokens, pushedRequests, signedRequests, requestObjectSigningAlg, certificateSubject } =
        cis2;
      assert.deepEqual(
        [boundTokens, pushedRequests, signedRequests, requestObjectSigningAlg, certificateSubject],
        [null, 'optional', 'optional', '', null],
      );
    });
});

describe('registrationShape: refusals at CIS2', () => {
  const subject = { tls_client_auth_subject_dn: 'CN=client' };
  // biome-ignore format: a table, one row a line
  const rows: [string, string, object, string][] = [
    ['a certificate in the nhs profile', 'nhs', { tokenEndpointAuthMethod: 'tls_client_auth', certificateSubject: subject }, 'cis2.tokenEndpointAuthMethod'],
    ['its own certificate in the nhs profile', 'nhs', { tokenEndpointAuthMethod: 'self_signed_tls_client_auth' }, 'cis2.tokenEndpointAuthMethod'],
    ['a certificate without subject', 'standard', { tokenEndpointAuthMethod: 'tls_client_auth' }, 'cis2.certificateSubject'],
    ['a subject without certificate', 'standard', { certificateSubject: subject }, 'cis2.certificateSubject'],
    ['two subjects', 'standard', { tokenEndpointAuthMethod: 'tls_client_auth', certificateSubject: { ...subject, tls_client_auth_san_dns: 'x' } }, 'cis2.certificateSubject'],
    ['a secret in fapi2', 'fapi2', { tokenEndpointAuthMethod: 'client_secret_basic' }, 'cis2.tokenEndpointAuthMethod'],
    ['RS256 assertions in fapi2', 'fapi2', { signingAlg: 'RS256' }, 'cis2.signingAlg'],
    ['RS256 ID tokens in fapi2', 'fapi2', { idTokenSigningAlg: 'RS256' }, 'cis2.idTokenSigningAlg'],
    ['RS256 userinfo in fapi2', 'fapi2', { userinfoSigningAlg: 'RS256' }, 'cis2.userinfoSigningAlg'],
    ['no proof key in fapi2', 'fapi2', { pkce: 'optional' }, 'cis2.pkce'],
    ['an algorithm that CIS2 does not sign with', 'standard', { idTokenSigningAlg: 'RS512' }, 'cis2.idTokenSigningAlg'],
    ['tokens bound to something else', 'standard', { boundTokens: 'cookie' }, 'cis2.boundTokens'],
  ];
  for (const [name, profile, half, field] of rows)
    test(`${name}: ${field}`, () => {
      assert.throws(
        () => read(profile, half),
        (thrown) => thrown instanceof Refusal && thrown.extra.field === field,
      );
    });
});

test('accepts a certificate with its subject in standard and fapi2', () => {
  const half = {
    tokenEndpointAuthMethod: 'tls_client_auth',
    certificateSubject: { tls_client_auth_san_dns: 'client.example.test' },
    boundTokens: 'certificate',
  };
  for (const profile of ['standard', 'fapi2'])
    assert.equal(read(profile, half).cis2?.boundTokens, 'certificate');
});
