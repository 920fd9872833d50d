import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationCalls, assertRefused } from '../../testing/applications.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';

type View = Record<string, unknown> & { platform: Record<string, unknown>; cis2: Record<string, unknown> };

describe('changes of /applications', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
  });
  after(() => console_.close());

  const { get, made } = applicationCalls(() => console_);
  const patch = (id: string, body: unknown, headers = {}) =>
    console_.send(`/api/v1/applications/${id}`, { method: 'PATCH', json: body, headers });

  test('replaces lists, merges attributes and removes null members', async () => {
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

  test('signs JWT access tokens of new applications by ES256, and keeps the algorithm of others', async () => {
    const algorithmOf = async (id: string) =>
      ((await get(id)).platform as { accessToken: { signingAlg: string } }).accessToken.signingAlg;
    const profile = 'standard';
    assert.equal(
      await algorithmOf(await made({ platform: { profile, accessToken: { format: 'jwt' } } })),
      'ES256',
    );
    const earlier = await made({ platform: { profile, accessToken: { signingAlg: 'RS256' } } });
    const answer = await patch(earlier, { platform: { accessToken: { format: 'jwt' } } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await algorithmOf(earlier), 'RS256');
  });

  test('replaces the address of a key set with keys', async () => {
    const id = await made({ platform: { jwksUrl: 'http://127.0.0.1:1/jwks' } });
    assertRefused(await patch(id, { platform: { jwks: { keys: [] } } }), 'platform.jwks', /not both/);
    assert.equal((await patch(id, { platform: { jwks: { keys: [] }, jwksUrl: null } })).status, 200);
  });

  test('keeps client ids and secrets, and generates those of a new half', async () => {
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

  test('applies a top-level profile to both halves', async () => {
    const id = await made({ platform: {}, cis2: {} });
    const { platform, cis2 } = (await patch(id, { profile: 'standard' })).body as View;
    assert.deepEqual([platform.profile, cis2.profile], ['standard', 'standard']);
  });

  test('changes nothing for an invalid patch', async () => {
    const id = await made();
    assertRefused(await patch(id, { platform: { clientId: 'mine' } }), 'platform', /clientId/);
    assertRefused(await patch(id, { status: 'revoked' }), '', /status/);
    assertRefused(await patch(id, { platform: null }), '', /both/);
    assertRefused(await patch(id, { name: null }), 'name', /./);
    assert.equal((await console_.applications.get(id))?.revision, 1);
  });

  test('keeps a revoked product in the list', async () => {
    const id = await made({ platform: { products: ['hello-world', 'canary-api'] } });
    await patch(id, { platform: { revokedProducts: ['canary-api'] } });
    const { platform } = await get(id);
    assert.deepEqual(
      [platform.products, platform.revokedProducts],
      [['hello-world', 'canary-api'], ['canary-api']],
    );
    const stored = await console_.applications.get(id);
    assert.deepEqual(stored?.platform?.products[1], { name: 'canary-api', status: 'revoked' });
    assertRefused(
      await patch(id, { platform: { revokedProducts: ['other'] } }),
      'platform.revokedProducts',
      /some of/,
    );
  });

  test('refuses every change with an old ETag', async () => {
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

  test('accepts one of two changes to a revision', async () => {
    const id = await made();
    const etag = (await console_.send(`/api/v1/applications/${id}`)).headers.etag ?? '';
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => patch(id, { name }, { 'if-match': etag })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412]);
  });

  test('applies all concurrent changes without an ETag', async () => {
    const id = await made();
    await Promise.all(
      ['a', 'b', 'c'].map((name) => patch(id, { platform: { attributes: { [name]: 'x' } } })),
    );
    assert.deepEqual((await get(id)).platform.attributes, { a: 'x', b: 'x', c: 'x' });
  });

  test('revokes, approves and removes an application', async () => {
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
});
