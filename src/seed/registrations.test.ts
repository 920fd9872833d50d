import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { Applications, secretFits } from '../oauth/applications.ts';
import { Products } from '../oauth/products.ts';
import { redirectFits } from '../oauth/registered-addresses.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { Settings } from '../storage/settings.ts';
import {
  demoCredentials,
  demoPrivateKeyPem,
  platformClient,
  registerPlatform,
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
  const seed = (base = 8400) =>
    seedRegistrations({ applications, products, settings: new Settings(database), urls: urlsAt(base) });
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
      'demo-prescriber',
      'demo-privileged',
      'demo-separate',
      'platform',
      'signing',
    ]);
    const prescriber = (await applications.get('demo-prescriber'))?.platform;
    const [key] = prescriber?.jwks?.keys ?? [];
    assert.equal(Buffer.from(String(key?.n), 'base64url').length * 8, 4_096);
    const signing = (await applications.get('signing'))?.cis2;
    assert.deepEqual(
      [signing?.redirectUris, signing?.maxAge],
      [['http://localhost:8401/signing-service/callback'], 'pin'],
    );
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
    assert.equal((await applications.list()).length, 9);
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
    await resetRegistrations({
      applications,
      products,
      settings: new Settings(database),
      urls: urlsAt(8400),
    });
    assert.deepEqual(await everything(), before_);
  });
});

describe('registerPlatform', () => {
  const first = { api: 'https://api.example.test', sample: 'https://sample.example.test' };
  const second = { ...first, api: 'https://identity.example.test:8443' };
  const secret = 'a-secret-of-this-installation-0123456789';
  let database: Database;
  let applications: Applications;
  let settings: Settings;
  const register = (urls: typeof first) =>
    registerPlatform({ applications, settings, urls }, { platform: secret, signing: `${secret}-of-signing` });
  const stored = async () => (await applications.byCis2Client(platformClient.clientId))?.cis2;
  const ours = ({ api }: typeof first) => [`${api}/oauth2/callback`, `${api}/oauth2.1/callback`];
  /** Edits the registration, as an administrator does. */
  async function edit(redirectUris: string[], backchannelLogoutUri: string): Promise<void> {
    const platform = await applications.get('platform');
    assert.ok(platform?.cis2);
    const { revision, ...changed } = platform;
    await applications.replace(
      { ...changed, cis2: { ...platform.cis2, redirectUris, backchannelLogoutUri } },
      revision,
    );
  }
  beforeEach(async () => {
    database = await openDatabase(':memory:', '');
    applications = new Applications(database, systemClock);
    settings = new Settings(database);
    await register(first);
  });
  afterEach(() => database.close());

  test('follows the public address, there and back', async () => {
    assert.deepEqual((await stored())?.redirectUris, ours(first));
    for (const urls of [second, second, first]) {
      await register(urls);
      const { redirectUris, backchannelLogoutUri } = (await stored()) ?? {};
      assert.deepEqual(redirectUris, ours(urls));
      assert.equal(backchannelLogoutUri, `${urls.api}/oauth2/backchannel_logout`);
    }
  });

  test('registers the signing service with a secret of its own, which replaces another', async () => {
    const signing = async () => (await applications.get('signing'))?.cis2;
    assert.deepEqual((await signing())?.redirectUris, [`${first.api}/signing-service/callback`]);
    const holds = async (text: string) => {
      const registration = await signing();
      return registration !== undefined && registration !== null && secretFits(registration, text, 0);
    };
    assert.equal(await holds(`${secret}-of-signing`), true);
    await registerPlatform(
      { applications, settings, urls: second },
      { platform: secret, signing: 'another' },
    );
    assert.deepEqual([await holds(`${secret}-of-signing`), await holds('another')], [false, true]);
    assert.deepEqual((await signing())?.redirectUris, [`${second.api}/signing-service/callback`]);
  });

  test('is the same for processes that start at once', async () => {
    await Promise.all([register(second), register(second), register(second)]);
    await register(second);
    assert.deepEqual((await stored())?.redirectUris, ours(second));
  });

  test('keeps the changes of an administrator', async () => {
    const own = 'https://other.example.test/oauth2/callback';
    await edit([own, ours(first)[0] ?? ''], 'https://other.example.test/logout');
    await register(second);
    const { redirectUris, backchannelLogoutUri } = (await stored()) ?? {};
    assert.deepEqual(redirectUris, [own, ours(second)[0]], 'and adds no address that was removed');
    assert.equal(backchannelLogoutUri, 'https://other.example.test/logout');
  });

  test('adds the address after a sign-out to data of a version without one', async () => {
    const platform = await applications.get('platform');
    assert.ok(platform?.cis2);
    const { revision, ...changed } = platform;
    await applications.replace(
      { ...changed, cis2: { ...platform.cis2, postLogoutRedirectUris: [] } },
      revision,
    );
    for (const urls of [first, second]) {
      await register(urls);
      assert.deepEqual((await stored())?.postLogoutRedirectUris, [`${urls.api}/oauth2.1/signed_out`]);
    }
  });

  test('adds the addresses of this start to data of a version that did not note them', async () => {
    await settings.set('registrations.urls', '');
    await register(second);
    const { redirectUris, backchannelLogoutUri } = (await stored()) ?? {};
    assert.deepEqual(redirectUris, [...ours(first), ...ours(second)]);
    assert.equal(backchannelLogoutUri, `${second.api}/oauth2/backchannel_logout`);
  });
});
