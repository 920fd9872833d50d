import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  authorizationServerMetadataUrl,
  checkMetadata,
  createMetadata,
  openidConfigurationUrl,
} from './metadata.ts';
import { testClock } from './testing/clock.ts';
import { serve } from './testing/server.ts';

const ISSUER = 'https://am.nhsidentity.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity';
const document = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/access_token`,
});

describe('createMetadata', () => {
  test('uses the addresses of both standards', () => {
    assert.equal(
      openidConfigurationUrl('http://localhost:8402/a'),
      'http://localhost:8402/a/.well-known/openid-configuration',
    );
    const well = 'http://localhost:8401/.well-known/oauth-authorization-server';
    assert.equal(authorizationServerMetadataUrl('http://localhost:8401/oauth2.1'), `${well}/oauth2.1`);
    assert.equal(authorizationServerMetadataUrl('http://localhost:8401'), well);
    assert.equal(authorizationServerMetadataUrl('http://localhost:8401/'), well);
    assert.throws(() => authorizationServerMetadataUrl('urn:x'), { code: 'settings_invalid' });
  });

  test('requires the issuer byte for byte', () => {
    assert.equal(checkMetadata(document(ISSUER), ISSUER).token_endpoint, `${ISSUER}/access_token`);
    assert.throws(() => checkMetadata(document(ISSUER.replace(':443', '')), ISSUER), {
      code: 'metadata_invalid',
    });
    assert.throws(() => checkMetadata(document(`${ISSUER}/`), ISSUER), { code: 'metadata_invalid' });
  });

  test('requires usable addresses', () => {
    const faults = [
      { token_endpoint: undefined },
      { token_endpoint: 'http://example.test/token' },
      { jwks_uri: 'file:///etc/passwd' },
      { code_challenge_methods_supported: 'S256' },
    ];
    for (const fault of faults) {
      assert.throws(() => checkMetadata({ ...document(ISSUER), ...fault }, ISSUER), {
        code: 'metadata_invalid',
      });
    }
  });

  test('caches for an hour at most, and fetches once for concurrent callers', async (t) => {
    let fetches = 0;
    const server = await serve((origin) => (_request, response) => {
      fetches += 1;
      response.end(JSON.stringify(document(origin)));
    });
    t.after(server.close);
    const clock = testClock();
    const source = { issuer: server.origin, url: `${server.origin}/x`, fetch, clock, maxAgeMs: 86_400_000 };
    const metadata = createMetadata(source);
    await Promise.all([metadata(), metadata()]);
    clock.advance(3599);
    await metadata();
    assert.equal(fetches, 1);
    clock.advance(2);
    await metadata();
    assert.equal(fetches, 2);
  });

  test('resolves for the other callers after one aborts', async (t) => {
    let answer: () => void = () => undefined;
    const server = await serve((origin) => (_request, response) => {
      answer = () => response.end(JSON.stringify(document(origin)));
      first.abort();
    });
    t.after(server.close);
    const first = new AbortController();
    const metadata = createMetadata({
      issuer: server.origin,
      url: `${server.origin}/x`,
      fetch,
      clock: testClock(),
    });
    const given = assert.rejects(metadata(first.signal), { code: 'aborted' });
    const other = metadata();
    await given;
    answer();
    assert.equal((await other).issuer, server.origin);
    await assert.rejects(createMetadata({ issuer: 'x', url: 'x', fetch, clock: testClock() })(first.signal), {
      code: 'aborted',
    });
  });
});
