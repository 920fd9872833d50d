import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { applicationOf } from '../testing/applications.ts';
import {
  assertionOf,
  type ClientKey,
  clientCredentialsAt,
  newClientKey,
  withAssertion,
} from '../testing/assertions.ts';
import { assertError } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';

const tokenUrl = `${api}/oauth2/token`;

async function serve(handler: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('keys of clients', () => {
  let platform: Platform;
  let signer: ClientKey;
  let request: ReturnType<typeof clientCredentialsAt>;
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({ keys: [signer.jwk] });
    request = clientCredentialsAt(platform, signer);
  });
  after(() => platform.close());

  test('accepts a key of 4096 bits', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'big' } as JsonWebKey;
    await platform.applications.add(applicationOf('big-key', { jwks: { keys: [jwk] } }));
    assert.equal((await request({ id: 'big-key', signer: { key: privateKey, jwk } })).status, 200);
  });

  test('refuses a key of 1024 bits', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'small' } as JsonWebKey;
    await platform.applications.add(applicationOf('small-key', { jwks: { keys: [jwk] } }));
    const answer = await request({ id: 'small-key', signer: { key: privateKey, jwk } });
    await assertError(platform, answer, 401, 'public_key error', 'JWT signature verification failed');
  });

  describe('keys at an address', () => {
    const unreachable = "The JWKS endpoint, for your client_assertion can't be reached";
    let keys: JsonWebKey[] = [];
    let fetched = 0;
    const servers: Server[] = [];
    let url = '';
    before(async () => {
      const served = await serve((incoming, response) => {
        fetched += 1;
        if (incoming.url === '/redirect') response.writeHead(302, { location: '/jwks' }).end();
        else if (incoming.url === '/text') response.end('text');
        else if (incoming.url === '/large') response.end(`{"keys":[],"x":"${'x'.repeat(1_100_000)}"}`);
        else if (incoming.url === '/hanging') response.write('{');
        else if (incoming.url === '/missing') response.writeHead(404).end();
        else response.end(JSON.stringify({ keys }));
      });
      url = served.url;
      servers.push(served.server);
    });
    after(() => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    });

    const register = (id: string, jwksUrl: string) =>
      platform.applications.add(applicationOf(id, { jwksUrl }));

    test('are fetched once, and again for an unknown kid', async () => {
      keys = [signer.jwk];
      await register('remote', `${url}/jwks`);
      fetched = 0;
      assert.equal((await request({ id: 'remote' })).status, 200);
      assert.equal((await request({ id: 'remote' })).status, 200);
      assert.equal(fetched, 1);
      const second = await newClientKey('test-2');
      keys = [signer.jwk, second.jwk];
      assert.equal((await request({ id: 'remote', signer: second })).status, 200);
      assert.equal(fetched, 2);
    });

    test('are fetched again for an invalid signature', async () => {
      keys = [signer.jwk];
      await register('replaced', `${url}/replaced`);
      assert.equal((await request({ id: 'replaced' })).status, 200);
      const newer = await newClientKey('test-1');
      keys = [newer.jwk];
      platform.clock.advance(2);
      fetched = 0;
      assert.equal((await request({ id: 'replaced', signer: newer })).status, 200);
      assert.equal(fetched, 1);
      // The former key is one of a stranger now.
      assert.equal((await request({ id: 'replaced' })).status, 401);
    });

    test('are fetched at most 20 times at once, then once in 3 s', async () => {
      keys = [signer.jwk];
      await register('flooded', `${url}/flooded`);
      assert.equal((await request({ id: 'flooded' })).status, 200);
      const stranger = await newClientKey('test-1');
      fetched = 0;
      const flood = async (rounds: number) => {
        for (let n = 0; n < rounds; n++) {
          assert.equal((await request({ id: 'flooded', signer: stranger })).status, 401);
          assert.equal((await request({ id: 'flooded', kid: `unknown-${n}` })).status, 401);
        }
      };
      await flood(25);
      assert.equal(fetched, 20);
      for (let n = 0; n < 5; n++) {
        platform.clock.advance(3);
        await flood(3);
      }
      assert.equal(fetched, 25);
      const newer = await newClientKey('test-2');
      keys = [signer.jwk, newer.jwk];
      assert.equal((await request({ id: 'flooded', signer: newer })).status, 401);
      platform.clock.advance(3);
      assert.equal((await request({ id: 'flooded', signer: newer })).status, 200);
    });

    test('are not fetched again for 3 s after a failure', async () => {
      await register('failing', `${url}/missing`);
      fetched = 0;
      for (let n = 0; n < 40; n++) assert.equal((await request({ id: 'failing' })).status, 403);
      assert.equal(fetched, 21);
      platform.clock.advance(3);
      assert.equal((await request({ id: 'failing' })).status, 403);
      assert.equal(fetched, 22);
    });

    test('are fetched from the address in the published attribute', async () => {
      keys = [signer.jwk];
      await platform.applications.add(
        applicationOf('by-attribute', { attributes: { 'jwks-resource-url': `${url}/attribute` } }),
      );
      assert.equal((await request({ id: 'by-attribute' })).status, 200);
    });

    const rows: [string, () => string][] = [
      ['not there', () => `${url}/missing`],
      ['a redirect', () => `${url}/redirect`],
      ['not JSON', () => `${url}/text`],
      ['too large', () => `${url}/large`],
      ['nobody listens', () => 'http://127.0.0.1:1/jwks'],
      ['a bare host', () => url],
      ['a file', () => 'file:///etc/passwd'],
      ['no address', () => 'jwks.test/jwks'],
      ['never answering in full', () => `${url}/hanging`],
    ];
    for (const [name, address] of rows)
      test(name, async () => {
        await register(`remote ${name}`, address());
        await assertError(
          platform,
          await request({ id: `remote ${name}` }),
          403,
          'public_key error',
          unreachable,
        );
      });

    test('are not fetched from private addresses outside development', async () => {
      const real = await startPlatform({ development: false });
      fetched = 0;
      for (const [id, address] of [
        ['loopback', `${url}/jwks`],
        ['localhost', `${url.replace('127.0.0.1', 'localhost')}/jwks`],
        ['mapped', `${url.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/jwks`],
        ['metadata', 'http://169.254.169.254/latest'],
      ] as const) {
        await real.applications.add(applicationOf(id, { jwksUrl: address }));
        const assertion = await assertionOf({ id, audience: tokenUrl, clock: real.clock, signer });
        const answer = await real.post('/oauth2/token', {
          grant_type: 'client_credentials',
          ...withAssertion(assertion),
        });
        await assertError(real, answer, 403, 'public_key error', unreachable);
      }
      assert.equal(fetched, 0);
      await real.close();
    });
  });
});
