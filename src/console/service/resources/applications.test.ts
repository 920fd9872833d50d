import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { secretFits } from '../../../oauth/applications.ts';
import { applicationCalls } from '../../testing/applications.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';

type View = Record<string, unknown> & { platform: Record<string, unknown>; cis2: Record<string, unknown> };

const publicKey = (modulusLength: number, more: object = { kid: 'k-1' }) => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  ...more,
});

describe('/applications', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
  });
  after(() => console_.close());

  const { post, get, made } = applicationCalls(() => console_);
  test('returns the credentials of a new application once', async () => {
    const answer = await post({
      name: 'clinic',
      platform: { callbackUrls: ['https://clinic.test/callback'], products: ['hello-world'] },
      cis2: { redirectUris: ['https://clinic.test/cis2'] },
    });
    assert.equal(answer.status, 201);
    const { id, platform, cis2 } = answer.body as {
      id: string;
      platform: Record<string, string>;
      cis2: Record<string, string>;
    };
    assert.deepEqual(Object.keys(answer.body), ['id', 'platform', 'cis2']);
    assert.equal(answer.headers.location, `/api/v1/applications/${id}`);
    for (const half of [platform, cis2]) {
      assert.deepEqual(Object.keys(half), ['clientId', 'clientSecret']);
      assert.match(half.clientId ?? '', /^[A-Za-z0-9]{32}$/);
      assert.match(half.clientSecret ?? '', /^[A-Za-z0-9_-]{32,}$/);
    }
    const shown = await console_.send(`/api/v1/applications/${id}`);
    assert.equal(shown.body.status, 'approved');
    for (const secret of [platform.clientSecret, cis2.clientSecret])
      assert.doesNotMatch(shown.text, new RegExp(secret ?? ''));
    assert.doesNotMatch(shown.text, /hash/);
    const stored = await console_.applications.byPlatformClient(platform.clientId ?? '');
    assert.ok(
      stored?.platform && secretFits(stored.platform, platform.clientSecret ?? '', console_.clock.now()),
    );
    assert.deepEqual(stored.platform.products, [{ name: 'hello-world', status: 'approved' }]);
  });

  test('uses the defaults of the nhs profile', async () => {
    const { platform, cis2, profile } = await get(await made({ platform: {}, cis2: {} }));
    assert.equal(profile, 'nhs');
    assert.deepEqual(
      [
        platform.profile,
        platform.tokenEndpointAuthMethod,
        platform.applicationType,
        platform.accessToken,
        platform.products,
        platform.jwksUrl,
      ],
      ['nhs', 'client_secret_post', 'web', { format: 'opaque', signingAlg: 'RS256' }, [], null],
    );
    assert.deepEqual(
      [
        cis2.profile,
        cis2.pkce,
        cis2.maxAge,
        cis2.refreshTokens,
        cis2.firstAuthenticator,
        cis2.idTokenSigningAlg,
        cis2.userinfoSigningAlg,
      ],
      ['nhs', null, 'proof', false, null, 'RS256', null],
    );
  });

  test('applies a top-level profile to halves without their own', async () => {
    const { platform, cis2 } = await get(
      await made({ profile: 'standard', platform: {}, cis2: { profile: 'nhs' } }),
    );
    assert.deepEqual([platform.profile, cis2.profile], ['standard', 'nhs']);
    const other = await get(await made({ profile: 'standard', cis2: {} }));
    assert.deepEqual([other.cis2.pkce, other.cis2.maxAge], [null, 'pin']);
  });

  test('registers a public client as native and without a secret', async () => {
    const answer = await post({
      name: 'desktop',
      profile: 'standard',
      platform: { tokenEndpointAuthMethod: 'none', callbackUrls: ['http://127.0.0.1/cb'] },
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.body.platform as object), ['clientId']);
    assert.equal((await get(String(answer.body.id))).platform.applicationType, 'native');
  });

  test('warns about what will fail at use', async () => {
    const warningsOf = async (platform: { profile?: string; [member: string]: unknown }) => {
      const subscribed = {
        products: ['hello-world'],
        ...platform,
      };
      const answer = await post({ name: 'x', platform: subscribed });
      assert.equal(answer.status, 201, answer.text);
      return ((answer.body.warnings ?? []) as { message: string }[]).map(({ message }) => message).join(' ');
    };
    assert.match(await warningsOf({ jwksUrl: 'http://127.0.0.1:1/jwks' }), /cannot be read now/);
    assert.match(
      await warningsOf({ tokenEndpointAuthMethod: 'private_key_jwt' }),
      /no public key is registered/,
    );
    assert.match(await warningsOf({ jwks: { keys: [publicKey(2048, {})] } }), /no kid/);
    const twice = publicKey(2048);
    assert.match(await warningsOf({ jwks: { keys: [twice, twice] } }), /there twice/);
    assert.match(await warningsOf({ jwks: { keys: [] } }), /there is no key in the set/);
    const { publicKey: ofCurve } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const elliptic = { ...ofCurve.export({ format: 'jwk' }), kid: 'ec' };
    const other = { ...publicKey(2048), alg: 'RS256' };
    for (const [keys, profile, warning] of [
      [elliptic, 'nhs', /is for EC; assertions are signed by RS512\./],
      [other, 'nhs', /is for RS256; assertions are signed by RS512\./],
      [other, 'fapi2', /is for RS256; assertions are signed by PS256, ES256, EdDSA\./],
      [elliptic, 'fapi2', undefined],
      [elliptic, 'standard', undefined],
      [other, 'standard', undefined],
    ] as const) {
      const tokenEndpointAuthMethod = profile === 'nhs' ? 'client_secret_post' : 'private_key_jwt';
      const found = await warningsOf({ profile, tokenEndpointAuthMethod, jwks: { keys: [keys] } });
      if (warning) assert.match(found, warning);
      else assert.equal(found, '');
    }
    assert.equal(await warningsOf({ jwks: { keys: [publicKey(2048)] } }), '');
  });

  test('fetches keys from loopback in development', async () => {
    const products = ['hello-world'];
    const set = { keys: [publicKey(2048)] };
    const there = createListener(
      [{ methods: ['GET'], path: '/jwks', endpoint: async () => json(200, set) }],
      { name: 'keys', log: silentLog },
    );
    const port = await there.listen(0);
    const answer = await post({
      name: 'x',
      platform: { products, jwksUrl: `http://127.0.0.1:${port}/jwks` },
    });
    const missing = await post({
      name: 'x',
      platform: { products, jwksUrl: `http://127.0.0.1:${port}/elsewhere` },
    });
    const published = async (address: string) => {
      const attributes = { 'jwks-resource-url': address };
      const { body } = await post({ name: 'x', platform: { products, attributes } });
      return (body.warnings as { message: string }[] | undefined)?.[0]?.message;
    };
    const byAttribute = await published(`http://127.0.0.1:${port}/jwks`);
    const wrongAttribute = await published(`http://127.0.0.1:${port}/elsewhere`);
    const bareHost = await published(`http://127.0.0.1:${port}`);
    const ownBareHost = await post({
      name: 'x',
      platform: { products, jwksUrl: `http://127.0.0.1:${port}` },
    });
    await there.close();
    assert.equal(answer.body.warnings, undefined);
    assert.match(JSON.stringify(missing.body.warnings), /answered 404/);
    assert.equal(byAttribute, undefined);
    assert.match(
      String(wrongAttribute),
      /^platform\.attributes\.jwks-resource-url: the address answered 404; calls/,
    );
    assert.equal(ownBareHost.status, 201);
    assert.match(
      JSON.stringify(ownBareHost.body.warnings),
      /"platform\.jwksUrl: the address must have a path/,
    );
    assert.match(String(bareHost), /^platform\.attributes\.jwks-resource-url: the address must have a path/);
  });

  test('checks a registration without storing it, and finds applications by a part of a name or id', async () => {
    const check = (body: object) =>
      console_.send('/api/v1/applications/check', { method: 'POST', json: body });
    const good = await check({ name: 'never stored', platform: {} });
    assert.equal(good.status, 200);
    assert.deepEqual(
      (good.body.warnings as { code: string }[]).map(({ code }) => code),
      ['no_product'],
    );
    const bad = await check({ name: 'never stored', platform: { callbackUrls: ['https://a.test/#b'] } });
    assert.deepEqual([bad.status, bad.body.field], [400, 'platform.callbackUrls.0']);
    const find = async (q: string) =>
      ((await console_.send(`/api/v1/applications?q=${q}`)).body.applications as View[]).map(({ id }) => id);
    assert.deepEqual(await find('never'), []);
    assert.deepEqual(await find('MO-COMBINED'), ['demo-combined']);
    assert.deepEqual(await find('demo-separate.apps'), ['demo-separate']);
  });

  test('lists the development secrets of the seed until they are replaced', async () => {
    const list = async () => (await console_.send('/api/v1/applications')).body.applications as View[];
    const seeded = (await list()).find(({ id }) => id === 'demo-separate');
    assert.match(String(seeded?.platform.clientSecret), /development-secret/);
    assert.match(String(seeded?.cis2.clientSecret), /development-secret/);
    assert.equal((await get('demo-separate')).platform.clientSecret, undefined);
    const stored = await console_.applications.get('demo-separate');
    assert.ok(stored?.platform);
    await console_.applications.replace(
      { ...stored, platform: { ...stored.platform, secrets: [] } },
      stored.revision,
    );
    assert.equal((await list()).find(({ id }) => id === 'demo-separate')?.platform.clientSecret, undefined);
  });
});
