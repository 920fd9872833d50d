import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../../oauth/applications.ts';
import { proofAlgorithmsOf } from '../../oauth/dpop.ts';
import { profileRules } from '../model/profiles.ts';
import { send } from '../testing/browser.ts';
import { startInstance } from '../testing/instance.ts';
import { discoveryDocument } from './discovery.ts';

test('uses the issuer byte for byte, also with an explicit default port', () => {
  const issuer = 'https://am.example.test:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
  const document = discoveryDocument({ issuer });
  assert.equal(document.issuer, issuer);
  for (const [member, path] of [
    ['authorization_endpoint', '/authorize'],
    ['token_endpoint', '/access_token'],
    ['userinfo_endpoint', '/userinfo'],
    ['jwks_uri', '/connect/jwk_uri'],
    ['end_session_endpoint', '/connect/endSession'],
  ] as const)
    assert.equal(document[member], `${issuer}${path}`);
});

test('serves the ten scopes, only public keys, and overridden members', async () => {
  const cis2 = await startInstance({
    discovery: { claims_parameter_supported: undefined, service_documentation: 'x' },
  });
  try {
    const document = JSON.parse((await send('GET', `${cis2.issuer}/.well-known/openid-configuration`)).body);
    const scopes =
      'openid profile email nhsperson associatedorgs nationalrbacaccess professionalmemberships organisationalmemberships selectedrole changedrole';
    assert.deepEqual(document.scopes_supported.toSorted(), `${scopes} offline_access`.split(' ').sort());
    assert.equal(document.service_documentation, 'x');
    assert.ok(!('claims_parameter_supported' in document));
    assert.deepEqual(document.code_challenge_methods_supported, ['S256']);
    assert.equal(document.request_uri_parameter_supported, false);
    const { keys } = JSON.parse((await send('GET', document.jwks_uri)).body);
    assert.deepEqual(keys.map(({ alg }: { alg: string }) => alg).sort(), ['ES256', 'RS256']);
    for (const key of keys) assert.ok(!('d' in key) && key.kid && key.use === 'sig');
  } finally {
    await cis2.stop();
  }
});

test('names mutual TLS only if there is an address for it (RFC 8705 section 5)', () => {
  const issuer = 'https://cis2.example.test/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
  const plain = discoveryDocument({ issuer });
  assert.ok(!('mtls_endpoint_aliases' in plain) && !('tls_client_certificate_bound_access_tokens' in plain));
  const methods = (document: Record<string, unknown>) => document.token_endpoint_auth_methods_supported;
  const secrets = ['client_secret_post', 'client_secret_basic', 'private_key_jwt'];
  assert.deepEqual(methods(plain), [...secrets, 'none'], 'some libraries only try the first method');
  const mutualTlsUrl = 'https://mtls.cis2.example.test';
  const withAddress = discoveryDocument({ issuer, mutualTlsUrl });
  assert.deepEqual(methods(withAddress), [...secrets, 'self_signed_tls_client_auth', 'none']);
  const whole = discoveryDocument({ issuer, mutualTlsUrl, clientAuthorities: [{}] });
  assert.deepEqual(methods(whole), [...secrets, 'tls_client_auth', 'self_signed_tls_client_auth', 'none']);
  assert.equal(whole.tls_client_certificate_bound_access_tokens, true);
  const aliases = whole.mtls_endpoint_aliases as Record<string, string>;
  const path = new URL(issuer).pathname;
  assert.equal(aliases.token_endpoint, `${mutualTlsUrl}${path}/access_token`);
  for (const [name, address] of Object.entries(aliases))
    assert.equal(address, String(whole[name]).replace('https://cis2.example.test', mutualTlsUrl));
});

test('names every endpoint, and nothing that is not offered', async () => {
  const cis2 = await startInstance();
  try {
    const document = JSON.parse((await send('GET', `${cis2.issuer}/.well-known/openid-configuration`)).body);
    for (const [name, address] of Object.entries(document)) {
      if (!name.endsWith('_endpoint') && name !== 'jwks_uri') continue;
      const replies = [await send('GET', String(address)), await send('POST', String(address))];
      assert.ok(
        replies.some(({ status }) => status !== 404),
        `${name} ${address}`,
      );
    }
    assert.ok(!('registration_endpoint' in document) && !('check_session_iframe' in document));
    assert.deepEqual(document.response_types_supported, ['code']);
    assert.ok(!document.request_object_signing_alg_values_supported.includes('none'));
    assert.deepEqual(
      document.token_endpoint_auth_signing_alg_values_supported,
      document.request_object_signing_alg_values_supported,
    );
  } finally {
    await cis2.stop();
  }
});

test('names the proof algorithms of every profile, and no method without a client', () => {
  const document = discoveryDocument({ issuer: 'https://cis2.example.test' });
  const listed = (name: string) => document[name] as string[];
  const profiles = Object.keys(profileRules) as Profile[];
  for (const algorithm of listed('dpop_signing_alg_values_supported'))
    for (const profile of profiles)
      assert.ok(
        proofAlgorithmsOf(profile).some((allowed) => allowed === algorithm),
        `${algorithm} ${profile}`,
      );
  const usable = new Set(profiles.flatMap((profile) => profileRules[profile].authenticationMethods));
  for (const endpoint of ['token', 'revocation', 'introspection'])
    for (const method of listed(`${endpoint}_endpoint_auth_methods_supported`)) assert.ok(usable.has(method));
  assert.ok(!listed('introspection_endpoint_auth_methods_supported').includes('none'));
  assert.deepEqual(listed('code_challenge_methods_supported'), ['S256']);
});
