import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkedUrl, cis2At, platformAt, withQuery } from './config.ts';

describe('addresses in settings', () => {
  test('keep their spelling, including an explicit default port', () => {
    const issuer = 'https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root';
    assert.equal(cis2At(issuer).tokenUrl, `${issuer}/access_token`);
    assert.equal(cis2At(issuer).jwksUrl, `${issuer}/connect/jwk_uri`);
    assert.equal(
      platformAt('http://localhost:8401/oauth2/').authorizeUrl,
      'http://localhost:8401/oauth2/authorize',
    );
  });

  test('are returned byte for byte or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), (text) => {
        try {
          assert.equal(checkedUrl('x', text), text);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'settings_invalid');
        }
      }),
    );
  });

  test('may use plain http on this machine only', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'cis2.localhost']) {
      assert.ok(checkedUrl('x', `http://${host}:8401/a`));
    }
    for (const host of ['127.0.0.1.example.test', 'example.test', 'localhost.example.test', '10.0.0.1']) {
      assert.throws(() => checkedUrl('x', `http://${host}/a`), { code: 'settings_invalid' });
    }
  });

  test('append parameters to existing ones', () => {
    assert.equal(withQuery('https://a.test/x', { b: 'c d&', e: undefined }), 'https://a.test/x?b=c%20d%26');
    assert.equal(withQuery('https://a.test/x?y=1', { b: 'c' }), 'https://a.test/x?y=1&b=c');
    assert.equal(withQuery('https://a.test/x', {}), 'https://a.test/x');
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (parameters) => {
        const read = Object.fromEntries(new URL(withQuery('https://a.test/x', parameters)).searchParams);
        assert.deepEqual(Object.entries(read).sort(), Object.entries(parameters).sort());
      }),
    );
  });
});
