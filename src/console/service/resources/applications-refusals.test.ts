import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { applicationCalls, assertRefused } from '../../testing/applications.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';

describe('validation of registrations', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
  });
  after(() => console_.close());

  const { post, made } = applicationCalls(() => console_);

  test('refuses chosen credentials in production', async () => {
    const token = 'operator-token';
    const production = await startConsole({ development: false, operatorHash: sha256(token) });
    const headers = { authorization: `Bearer ${token}` };
    const json = { name: 'x', platform: {}, credentials: { platform: { clientId: 'chosen' } } };
    const answer = await production.send('/api/v1/applications', { method: 'POST', headers, json });
    const { credentials: _, ...usual } = json;
    const fine = await production.send('/api/v1/applications', { method: 'POST', headers, json: usual });
    const found = await production.applications.byPlatformClient('chosen');
    await production.close();
    assertRefused(answer, 'credentials', /development only/);
    assert.equal(found, undefined);
    assert.equal(fine.status, 201);
  });

  const wrong: [what: string, body: object, field: string, problem: RegExp][] = [
    ['an empty name', { name: '' }, 'name', /empty/],
    ['a name of spaces', { name: '   ' }, 'name', /blank/],
    [
      'credentials of a missing half',
      { credentials: { cis2: { clientId: 'x' } } },
      'credentials.cis2',
      /needs the member/,
    ],
    [
      'a chosen id with a space',
      { credentials: { platform: { clientId: 'a b' } } },
      'credentials.platform.clientId',
      /letters/,
    ],
    ['a registration without halves', { platform: null }, '', /"platform", "cis2" or both/],
    ['an unknown member', { nmae: 'x' }, '', /nmae/],
    ['an unknown member of a half', { platform: { callbackUrl: 'x' } }, 'platform', /callbackUrl/],
    ['an unknown profile', { profile: 'mine' }, 'profile', /"nhs"/],
    [
      'a script',
      { platform: { callbackUrls: ['javascript:alert(1)'] } },
      'platform.callbackUrls.0',
      /http or https, not javascript:/,
    ],
    [
      'a script of a native application',
      { platform: { applicationType: 'native', callbackUrls: ['JavaScript:alert(1)'] } },
      'platform.callbackUrls.0',
      /domain name backwards/,
    ],
    ['data', { cis2: { redirectUris: ['data:text/html,x'] } }, 'cis2.redirectUris.0', /not data:/],
    [
      'a file',
      { platform: { applicationType: 'native', callbackUrls: ['file:///etc/passwd'] } },
      'platform.callbackUrls.0',
      /not file:/,
    ],
    [
      'a short scheme',
      { platform: { applicationType: 'native', callbackUrls: ['myapp://callback'] } },
      'platform.callbackUrls.0',
      /backwards/,
    ],
    [
      'a custom scheme for a web application',
      { platform: { callbackUrls: ['com.example.app:/callback'] } },
      'platform.callbackUrls.0',
      /http or https/,
    ],
    [
      'a fragment',
      { platform: { callbackUrls: ['https://a.test/#x'] } },
      'platform.callbackUrls.0',
      /fragment/,
    ],
    [
      'an address without slashes, which browsers read as a path',
      { platform: { callbackUrls: ['https:a.test/cb'] } },
      'platform.callbackUrls.0',
      /absolute/,
    ],
    ['a path alone', { platform: { callbackUrls: ['/callback'] } }, 'platform.callbackUrls.0', /absolute/],
    [
      'a backslash',
      { platform: { callbackUrls: ['https://a.test\\@b.test/'] } },
      'platform.callbackUrls.0',
      /backslash/,
    ],
    [
      'a user name',
      { platform: { callbackUrls: ['https://a@b.test/'] } },
      'platform.callbackUrls.0',
      /user name/,
    ],
    [
      'http to another machine in standard',
      { profile: 'standard', platform: { callbackUrls: ['http://a.test/cb'] } },
      'platform.callbackUrls.0',
      /must be https/,
    ],
    [
      'http to another machine in fapi2',
      { profile: 'fapi2', platform: { callbackUrls: ['http://a.test/cb'] } },
      'platform.callbackUrls.0',
      /must be https/,
    ],
    [
      'a script after sign-out',
      { cis2: { postLogoutRedirectUris: ['javascript:1'] } },
      'cis2.postLogoutRedirectUris.0',
      /javascript/,
    ],
    [
      'a script as logout address',
      { cis2: { backchannelLogoutUri: 'javascript:1' } },
      'cis2.backchannelLogoutUri',
      /javascript/,
    ],
    [
      'two sources of keys',
      { platform: { jwks: { keys: [] }, jwksUrl: 'https://a.test/jwks' } },
      'platform.jwks',
      /not both/,
    ],
    ['a file for keys', { platform: { jwksUrl: 'file:///jwks' } }, 'platform.jwksUrl', /http or https/],
    [
      'an invalid key',
      { platform: { jwks: { keys: [{ kty: 'RSA' }] } } },
      'platform.jwks.keys.0',
      /not a public key/,
    ],
    [
      'a symmetric key',
      { platform: { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } } },
      'platform.jwks.keys.0',
      /private key/,
    ],
    [
      'an unknown product',
      { platform: { products: ['nothing'] } },
      'platform.products',
      /no product "nothing"/,
    ],
    [
      'a repeated product',
      { platform: { products: ['hello-world', 'hello-world'] } },
      'platform.products',
      /twice/,
    ],
    [
      'a public client in nhs',
      { platform: { tokenEndpointAuthMethod: 'none' } },
      'platform.tokenEndpointAuthMethod',
      /standard profile only/,
    ],
    [
      'a public client of CIS2 in nhs',
      { cis2: { tokenEndpointAuthMethod: 'none', pkce: 'required' } },
      'cis2.tokenEndpointAuthMethod',
      /standard profile only/,
    ],
    [
      'a public client of CIS2 without PKCE',
      { profile: 'standard', cis2: { tokenEndpointAuthMethod: 'none', pkce: 'optional' } },
      'cis2.pkce',
      /required/,
    ],
    [
      'HTTP Basic in nhs',
      { platform: { tokenEndpointAuthMethod: 'client_secret_basic' } },
      'platform.tokenEndpointAuthMethod',
      /standard profile only/,
    ],
    [
      'a secret in fapi2',
      { profile: 'fapi2', platform: { tokenEndpointAuthMethod: 'client_secret_post' } },
      'platform.tokenEndpointAuthMethod',
      /fapi2/,
    ],
    [
      'an old algorithm in fapi2',
      { profile: 'fapi2', platform: { signingAlg: 'RS256' } },
      'platform.signingAlg',
      /fapi2/,
    ],
    ['an unknown algorithm', { platform: { signingAlg: 'HS256' } }, 'platform.signingAlg', /RS256/],
    ['a number as attribute', { platform: { attributes: { asid: 1 } } }, 'platform.attributes.asid', /text/],
  ];
  for (const [what, body, field, problem] of wrong) {
    test(`refuses ${what}`, async () =>
      assertRefused(
        await post({ name: 'x', ...('platform' in body || 'cis2' in body ? {} : { platform: {} }), ...body }),
        field,
        problem,
      ));
  }

  test('refuses a private key without quoting it', async () => {
    const jwk = {
      ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
      kid: 'k',
    };
    const answer = await post({ name: 'x', platform: { jwks: { keys: [jwk] } } });
    assertRefused(answer, 'platform.jwks.keys.0', /private key/);
    assert.ok(jwk.d && !answer.text.includes(jwk.d));
  });

  test('refuses an RSA key of fewer than 2048 bits, in a registration and added to one', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_047 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'short' };
    for (const half of ['platform', 'cis2'] as const) {
      const answer = await post({ name: 'x', [half]: { jwks: { keys: [jwk] } } });
      assertRefused(answer, `${half}.jwks.keys.0`, /fewer than 2048 bits/);
    }
    const id = await made({ platform: {} });
    const added = await console_.send(`/api/v1/applications/${id}/keys`, {
      method: 'POST',
      json: { half: 'platform', jwk },
    });
    assertRefused(added, 'jwk', /fewer than 2048 bits/);
  });

  const fine: [what: string, body: object][] = [
    ['http anywhere in nhs', { platform: { callbackUrls: ['http://a.test:8080/cb'] } }],
    [
      'http on loopback in standard',
      {
        profile: 'standard',
        platform: { callbackUrls: ['http://localhost:9/cb', 'http://127.0.0.1/cb', 'http://[::1]/cb'] },
      },
    ],
    [
      'a domain backwards in standard',
      { profile: 'standard', platform: { applicationType: 'native', callbackUrls: ['com.example.app:/cb'] } },
    ],
    [
      'the same callback as another',
      { platform: { callbackUrls: ['http://sample.test/combined/callback'] } },
    ],
    ['no products', { platform: { products: [] } }],
    ['an empty address of keys', { platform: { jwksUrl: '' } }],
  ];
  for (const [what, body] of fine) test(`accepts ${what}`, async () => assert.ok(await made(body)));
});
