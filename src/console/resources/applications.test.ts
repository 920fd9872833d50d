import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { secretFits } from '../../oauth/applications.ts';
import { type Answered, startConsole, type TestConsole } from '../console.fixture.ts';

type View = Record<string, unknown> & { platform: Record<string, unknown>; cis2: Record<string, unknown> };

const publicKey = (modulusLength: number, more: object = { kid: 'k-1' }) => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  ...more,
});

describe('/api/v1/applications', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
  });
  after(() => console_.close());

  const post = (body: unknown) => console_.send('/api/v1/applications', { method: 'POST', json: body });
  const patch = (id: string, body: unknown, headers = {}) =>
    console_.send(`/api/v1/applications/${id}`, { method: 'PATCH', json: body, headers });
  const get = async (id: string) => (await console_.send(`/api/v1/applications/${id}`)).body as View;
  const made = async (body: object = {}): Promise<string> => {
    const answer = await post({ name: 'an application', platform: {}, ...body });
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body.id);
  };
  const refused = (answer: Answered, field: string, problem: RegExp) => {
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.error, 'invalid_request');
    assert.equal(answer.body.field ?? '', field);
    assert.match(String(answer.body.problem), problem);
  };

  test('a new one is answered with its credentials, once', async () => {
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

  test('what it leaves out is as the nhs profile has it', async () => {
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
      ['nhs', 'optional', 'proof', false, null, 'RS256', null],
    );
  });

  test('the profile at the top is that of both halves, unless one names its own', async () => {
    const { platform, cis2 } = await get(
      await made({ profile: 'standard', platform: {}, cis2: { profile: 'nhs' } }),
    );
    assert.deepEqual([platform.profile, cis2.profile], ['standard', 'nhs']);
    const other = await get(await made({ profile: 'standard', cis2: {} }));
    assert.deepEqual([other.cis2.pkce, other.cis2.maxAge], ['required', 'pin']);
  });

  test('a public client is native and has no secret', async () => {
    const answer = await post({
      name: 'desktop',
      profile: 'standard',
      platform: { tokenEndpointAuthMethod: 'none', callbackUrls: ['http://127.0.0.1/cb'] },
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.body.platform as object), ['clientId']);
    assert.equal((await get(String(answer.body.id))).platform.applicationType, 'native');
  });

  const wrong: [what: string, body: object, field: string, problem: RegExp][] = [
    ['no name', { name: '' }, 'name', /empty/],
    ['no half', { platform: null }, '', /"platform", "cis2" or both/],
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
      'a scheme of its own on the web',
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
      'http far away in standard',
      { profile: 'standard', platform: { callbackUrls: ['http://a.test/cb'] } },
      'platform.callbackUrls.0',
      /must be https/,
    ],
    [
      'http far away in fapi2',
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
      'keys twice',
      { platform: { jwks: { keys: [] }, jwksUrl: 'https://a.test/jwks' } },
      'platform.jwks',
      /not both/,
    ],
    ['a bare host for keys', { platform: { jwksUrl: 'https://a.test' } }, 'platform.jwksUrl', /path/],
    [
      'keys that are none',
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
      'a product twice',
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
      'a public client on the web',
      { profile: 'standard', platform: { tokenEndpointAuthMethod: 'none', applicationType: 'web' } },
      'platform.applicationType',
      /native/,
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
    test(`${what} is refused`, async () =>
      refused(
        await post({ name: 'x', ...('platform' in body || 'cis2' in body ? {} : { platform: {} }), ...body }),
        field,
        problem,
      ));
  }

  test('a private key is refused and not quoted', async () => {
    const jwk = {
      ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
      kid: 'k',
    };
    const answer = await post({ name: 'x', platform: { jwks: { keys: [jwk] } } });
    refused(answer, 'platform.jwks.keys.0', /private key/);
    assert.ok(jwk.d && !answer.text.includes(jwk.d));
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
  for (const [what, body] of fine) test(`${what} is accepted`, async () => assert.ok(await made(body)));

  test('what will fail at use is said as warnings', async () => {
    const warningsOf = async (platform: object) => {
      const answer = await post({ name: 'x', platform });
      assert.equal(answer.status, 201, answer.text);
      return ((answer.body.warnings ?? []) as string[]).join(' ');
    };
    assert.match(await warningsOf({ jwksUrl: 'http://127.0.0.1:1/jwks' }), /cannot be read now/);
    assert.match(
      await warningsOf({ tokenEndpointAuthMethod: 'private_key_jwt' }),
      /no public key is registered/,
    );
    assert.match(await warningsOf({ jwks: { keys: [publicKey(2048, {})] } }), /no kid/);
    assert.match(await warningsOf({ jwks: { keys: [publicKey(1024)] } }), /fewer than 2048 bits/);
    const twice = publicKey(2048);
    assert.match(await warningsOf({ jwks: { keys: [twice, twice] } }), /there twice/);
    assert.equal(await warningsOf({ jwks: { keys: [publicKey(2048)] } }), '');
  });

  test('keys at an address on loopback are read in development', async () => {
    const set = { keys: [publicKey(2048)] };
    const there = createListener(
      [{ methods: ['GET'], path: '/jwks', endpoint: async () => json(200, set) }],
      { name: 'keys', log: silentLog },
    );
    const port = await there.listen(0);
    const answer = await post({ name: 'x', platform: { jwksUrl: `http://127.0.0.1:${port}/jwks` } });
    const missing = await post({ name: 'x', platform: { jwksUrl: `http://127.0.0.1:${port}/elsewhere` } });
    await there.close();
    assert.equal(answer.body.warnings, undefined);
    assert.match(String(missing.body.warnings), /answered 404/);
  });

  test('a merge patch replaces lists, merges attributes and removes with null', async () => {
    const id = await made({
      platform: {
        callbackUrls: ['https://a.test/1'],
        products: ['hello-world'],
        attributes: { asid: '1', other: '2' },
        jwksUrl: 'http://127.0.0.1:1/jwks',
      },
    });
    const answer = await patch(id, {
      platform: { callbackUrls: ['https://a.test/2'], attributes: { asid: null, more: '3' }, jwksUrl: null },
    });
    assert.equal(answer.status, 200, answer.text);
    const { platform } = answer.body as View;
    assert.deepEqual(platform.callbackUrls, ['https://a.test/2']);
    assert.deepEqual(platform.attributes, { other: '2', more: '3' });
    assert.equal(platform.jwksUrl, null);
    assert.deepEqual(platform.products, ['hello-world']);
    assert.deepEqual((await get(id)).platform, platform);
  });

  test('a patch may turn an address of keys into keys', async () => {
    const id = await made({ platform: { jwksUrl: 'http://127.0.0.1:1/jwks' } });
    refused(await patch(id, { platform: { jwks: { keys: [] } } }), 'platform.jwks', /not both/);
    assert.equal((await patch(id, { platform: { jwks: { keys: [] }, jwksUrl: null } })).status, 200);
  });

  test('a patch keeps client ids and secrets, and makes those of a new half', async () => {
    const id = await made();
    const before = await console_.applications.get(id);
    const answer = await patch(id, { name: 'renamed', cis2: { redirectUris: ['https://a.test/cis2'] } });
    const { platform, cis2 } = answer.body as View;
    assert.equal(platform.clientId, before?.platform?.clientId);
    assert.equal(platform.clientSecret, undefined);
    assert.match(String(cis2.clientSecret), /^[A-Za-z0-9_-]{32,}$/);
    const after_ = await console_.applications.get(id);
    assert.deepEqual(after_?.platform?.secrets, before?.platform?.secrets);
    assert.equal((await get(id)).cis2.clientSecret, undefined);
    const gone = await patch(id, { cis2: null });
    assert.equal((gone.body as View).cis2, null);
    assert.equal(await console_.applications.byCis2Client(String(cis2.clientId)), undefined);
  });

  test('a patch of the profile is one of both halves', async () => {
    const id = await made({ platform: {}, cis2: {} });
    const { platform, cis2 } = (await patch(id, { profile: 'standard' })).body as View;
    assert.deepEqual([platform.profile, cis2.profile], ['standard', 'standard']);
  });

  test('a patch that does not fit changes nothing', async () => {
    const id = await made();
    refused(await patch(id, { platform: { clientId: 'mine' } }), 'platform', /clientId/);
    refused(await patch(id, { status: 'revoked' }), '', /status/);
    refused(await patch(id, { platform: null }), '', /both/);
    refused(await patch(id, { name: null }), 'name', /./);
    assert.equal((await console_.applications.get(id))?.revision, 1);
  });

  test('a withdrawn product stays among the products', async () => {
    const id = await made({ platform: { products: ['hello-world', 'canary-api'] } });
    await patch(id, { platform: { revokedProducts: ['canary-api'] } });
    const { platform } = await get(id);
    assert.deepEqual(
      [platform.products, platform.revokedProducts],
      [['hello-world', 'canary-api'], ['canary-api']],
    );
    const stored = await console_.applications.get(id);
    assert.deepEqual(stored?.platform?.products[1], { name: 'canary-api', status: 'revoked' });
    refused(
      await patch(id, { platform: { revokedProducts: ['other'] } }),
      'platform.revokedProducts',
      /some of/,
    );
  });

  test('an old tag stops every change', async () => {
    const id = await made();
    const first = (await console_.send(`/api/v1/applications/${id}`)).headers.etag ?? '';
    assert.equal((await patch(id, { name: 'two' }, { 'if-match': first })).status, 200);
    assert.equal((await patch(id, { name: 'three' }, { 'if-match': first })).status, 412);
    for (const [method, path] of [
      ['POST', '/revoke'],
      ['POST', '/approve'],
      ['DELETE', ''],
    ] as const) {
      const answer = await console_.send(`/api/v1/applications/${id}${path}`, {
        method,
        headers: { 'if-match': first },
      });
      assert.equal(answer.status, 412);
      assert.equal(answer.body.error, 'precondition_failed');
    }
    const now = (await console_.send(`/api/v1/applications/${id}`)).headers.etag ?? '';
    assert.notEqual(now, first);
    assert.equal(
      (await console_.send(`/api/v1/applications/${id}`, { method: 'DELETE', headers: { 'if-match': now } }))
        .status,
      204,
    );
  });

  test('of two changes to one revision one wins', async () => {
    const id = await made();
    const etag = (await console_.send(`/api/v1/applications/${id}`)).headers.etag ?? '';
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => patch(id, { name }, { 'if-match': etag })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412]);
  });

  test('changes without a tag are all kept', async () => {
    const id = await made();
    await Promise.all(
      ['a', 'b', 'c'].map((name) => patch(id, { platform: { attributes: { [name]: 'x' } } })),
    );
    assert.deepEqual((await get(id)).platform.attributes, { a: 'x', b: 'x', c: 'x' });
  });

  test('it is revoked, approved and removed', async () => {
    const id = await made();
    assert.equal(
      (await console_.send(`/api/v1/applications/${id}/revoke`, { method: 'POST' })).body.status,
      'revoked',
    );
    assert.equal((await get(id)).status, 'revoked');
    assert.equal(
      (await console_.send(`/api/v1/applications/${id}/approve`, { method: 'POST' })).body.status,
      'approved',
    );
    assert.equal((await console_.send(`/api/v1/applications/${id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await console_.send(`/api/v1/applications/${id}`)).status, 404);
    assert.equal((await console_.send(`/api/v1/applications/${id}`, { method: 'DELETE' })).status, 404);
    assert.equal((await patch(id, {})).status, 404);
    const actions = (await console_.audit.list())
      .filter(({ target }) => target === id)
      .map(({ action }) => action);
    assert.deepEqual(actions, [
      'application.created',
      'application.revoked',
      'application.approved',
      'application.removed',
    ]);
  });

  test('the list shows the development secrets of the seed, while they are so', async () => {
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
