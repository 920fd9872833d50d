import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoveryDocument } from './discovery.ts';
import { send } from './testing/browser.ts';
import { startInstance } from './testing/instance.ts';

test('the issuer is used byte for byte, also with an explicit default port', () => {
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

test('discovery and keys over HTTP: the ten scopes, public keys only, overrides', async () => {
  const cis2 = await startInstance({
    discovery: { claims_parameter_supported: undefined, service_documentation: 'x' },
  });
  try {
    const document = JSON.parse((await send('GET', `${cis2.issuer}/.well-known/openid-configuration`)).body);
    const scopes =
      'openid profile email nhsperson associatedorgs nationalrbacaccess professionalmemberships organisationalmemberships selectedrole changedrole';
    assert.deepEqual(document.scopes_supported.toSorted(), scopes.split(' ').sort());
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
