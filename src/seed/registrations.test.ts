import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { Applications, secretFits } from '../oauth/applications.ts';
import { Products } from '../oauth/products.ts';
import { redirectFits } from '../oauth/registered-addresses.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import {
  demoCredentials,
  demoPrivateKeyPem,
  platformClient,
  resetRegistrations,
  seededSecrets,
  seedRegistrations,
} from './registrations.ts';

const urlsAt = (base: number) => ({
  api: `http://localhost:${base + 1}`,
  sample: `http://localhost:${base + 5}`,
});

describe('seedRegistrations', () => {
  let database: Database;
  let applications: Applications;
  let products: Products;
  const seed = (base = 8400) => seedRegistrations({ applications, products, urls: urlsAt(base) });
  const everything = async () => ({
    applications: await applications.list(),
    products: await products.list(),
  });
  beforeEach(async () => {
    database = await openDatabase(':memory:', '');
    applications = new Applications(database, systemClock);
    products = new Products(database);
    await seed();
  });
  afterEach(() => database.close());

  test('adds the documented applications', async () => {
    const ids = (await applications.list()).map(({ id }) => id);
    assert.deepEqual(ids, [
      'demo-app-restricted',
      'demo-citizen',
      'demo-combined',
      'demo-native',
      'demo-privileged',
      'demo-separate',
      'platform',
    ]);
    const native = await applications.byPlatformClient('demo-native');
    assert.deepEqual(
      [native?.platform?.profile, native?.platform?.tokenEndpointAuthMethod, native?.platform?.secrets],
      ['standard', 'none', []],
    );
    assert.ok(redirectFits(native?.platform?.callbackUrls ?? [], true, 'http://127.0.0.1:54321/callback'));
    const platform = await applications.byCis2Client(platformClient.clientId);
    assert.deepEqual(platform?.cis2?.redirectUris, [
      'http://localhost:8401/oauth2/callback',
      'http://localhost:8401/oauth2.1/callback',
    ]);
    assert.equal(platform?.cis2?.firstAuthenticator, 'smartcard');
  });

  test('accepts the secrets that are shown', async () => {
    const { combined, separate } = demoCredentials(urlsAt(8400));
    const now = systemClock.now();
    const halves = [
      [(await applications.byPlatformClient(combined.clientId))?.platform, combined.clientSecret],
      [
        (await applications.byPlatformClient(separate.platform.clientId))?.platform,
        separate.platform.clientSecret,
      ],
      [(await applications.byCis2Client(separate.cis2.clientId))?.cis2, separate.cis2.clientSecret],
      [(await applications.byCis2Client(platformClient.clientId))?.cis2, platformClient.clientSecret],
    ] as const;
    for (const [registration, secret] of halves) {
      assert.ok(registration && secretFits(registration, secret, now));
      assert.ok(registration.clientId.length >= 18 && /^[A-Za-z0-9_-]{32,}$/.test(secret));
      assert.equal(seededSecrets.get(registration.clientId), secret);
    }
    assert.ok(combined.clientId.length >= 20 && separate.platform.clientId.length >= 20);
  });

  test('registers the public key of the demo key', async () => {
    const { n, e } = createPublicKey(createPrivateKey(demoPrivateKeyPem)).export({ format: 'jwk' });
    for (const id of ['demo-separate', 'demo-app-restricted']) {
      const [key] = (await applications.get(id))?.platform?.jwks?.keys ?? [];
      assert.deepEqual([key?.kid, key?.n, key?.e], ['demo-1', n, e]);
      assert.ok(key && !('d' in key));
    }
    assert.equal(demoCredentials(urlsAt(8400)).separate.key.kid, 'demo-1');
  });

  test('changes nothing when called again', async () => {
    const before_ = await everything();
    await seed();
    await Promise.all([seed(), seed()]);
    assert.deepEqual(await everything(), before_);
  });

  test('adds each application once when called concurrently', async () => {
    for (const { id } of await applications.list()) await applications.remove(id);
    await Promise.all([seed(), seed(), seed()]);
    assert.equal((await applications.list()).length, 7);
  });

  test('updates addresses for other ports, and keeps other changes', async () => {
    const combined = await applications.get('demo-combined');
    assert.ok(combined?.platform);
    const callbackUrls = [
      ...combined.platform.callbackUrls,
      'http://localhost:8080/mine',
      'https://example.org/combined/callback',
    ];
    const { revision, ...changed } = { ...combined, platform: { ...combined.platform, callbackUrls } };
    await applications.replace(changed, revision);
    await seed(9400);
    assert.deepEqual((await applications.get('demo-combined'))?.platform?.callbackUrls, [
      'http://localhost:9405/combined/callback',
      'http://localhost:8080/mine',
      'https://example.org/combined/callback',
    ]);
    assert.deepEqual((await applications.get('platform'))?.cis2?.redirectUris, [
      'http://localhost:9401/oauth2/callback',
      'http://localhost:9401/oauth2.1/callback',
    ]);
    const separate = (await applications.get('demo-separate'))?.cis2;
    assert.deepEqual(
      [separate?.redirectUris, separate?.postLogoutRedirectUris, separate?.backchannelLogoutUri],
      [
        ['http://localhost:9405/separate/callback'],
        ['http://localhost:9405/'],
        'http://localhost:9405/backchannel-logout',
      ],
    );
    assert.deepEqual((await applications.get('demo-native'))?.platform?.callbackUrls, [
      'http://127.0.0.1/callback',
    ]);
  });

  test('restores exactly the seed at a reset', async () => {
    const before_ = await everything();
    await products.save({ name: 'mine', apis: [], scopes: [], limits: null });
    await applications.remove('demo-native');
    const separate = await applications.get('demo-separate');
    assert.ok(separate);
    await applications.replace({ ...separate, name: 'renamed', status: 'revoked' }, separate.revision);
    await resetRegistrations({ applications, products, urls: urlsAt(8400) });
    assert.deepEqual(await everything(), before_);
  });
});
