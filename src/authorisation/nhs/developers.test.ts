import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Developer } from '../../oauth/developers.ts';
import { secretOf } from '../testing/applications.ts';
import { assertionOf, type ClientKey, newClientKey, withAssertion } from '../testing/assertions.ts';
import {
  assertError,
  authorizeRequest,
  codeOf,
  codeRequest,
  refreshRequest,
  tokensOf,
} from '../testing/journeys.ts';
import { api, type Platform, type Reply, startPlatform } from '../testing/platform.ts';

let platform: Platform;
let signer: ClientKey;
before(async () => {
  signer = await newClientKey('test-1');
  platform = await startPlatform({ keys: [signer.jwk] });
});
after(() => platform.close());

/** Every application of the tests is registered by this one. */
async function become(change: Partial<Developer>): Promise<void> {
  const developer: Developer = {
    id: 'tests',
    name: 'Tests',
    status: 'active',
    kind: 'developer',
    email: '',
    ...change,
  };
  const before = await platform.developers.get('tests');
  const done = before
    ? platform.developers.replace(developer, before.revision)
    : platform.developers.add(developer);
  assert.equal(await done, true);
}

const inactive = {
  developer:
    'The developer who created the developer app that has the API key you are using has an inactive status',
  company:
    'The company associated with the developer app that has the API key you are using has an inactive status',
} as const;

describe('an inactive developer or company gets 401 access_denied', () => {
  let code: string;
  let refresh: string;
  before(async () => {
    await become({});
    code = await codeOf(platform);
    refresh = (await tokensOf(platform)).refresh_token ?? '';
  });
  const signed = async () =>
    withAssertion(
      await assertionOf({ id: 'separate', audience: `${api}/oauth2/token`, clock: platform.clock, signer }),
    );
  // biome-ignore format: a table, one row a line
  const rows: [string, () => Promise<Reply>][] = [
    ['GET /authorize', () => platform.get('/oauth2/authorize', authorizeRequest())],
    ['authorization_code', () => platform.post('/oauth2/token', codeRequest(code))],
    ['refresh_token', () => platform.post('/oauth2/token', refreshRequest(refresh))],
    ['client_credentials', async () => platform.post('/oauth2/token', { grant_type: 'client_credentials', ...(await signed()) })],
  ];
  for (const kind of ['developer', 'company'] as const)
    for (const [name, ask] of rows)
      test(`${kind}: ${name}`, async () => {
        await become({ kind, status: 'inactive' });
        await assertError(platform, await ask(), 401, 'access_denied', inactive[kind]);
      });
  test('the standard profile returns unauthorized_client', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_id: 'key-of-web',
      client_secret: secretOf('web'),
    };
    const { status, body } = await platform.post('/oauth2.1/token', form);
    assert.deepEqual([status, body.error], [400, 'unauthorized_client']);
  });
  test('refuses userinfo', async () => {
    await become({});
    const { access_token: token = '' } = await tokensOf(platform);
    await become({ status: 'inactive' });
    const { status } = await platform.get('/oauth2/userinfo', {}, { authorization: `Bearer ${token}` });
    assert.equal(status, 401);
    await become({});
    assert.equal(
      (await platform.get('/oauth2/userinfo', {}, { authorization: `Bearer ${token}` })).status,
      200,
    );
  });
  test('accepts the applications again once active', async () => {
    await become({});
    assert.equal((await platform.post('/oauth2/token', codeRequest(code))).status, 200);
    assert.equal((await platform.post('/oauth2/token', refreshRequest(refresh))).status, 200);
  });
});

describe('Developers', () => {
  test('refuses a taken id and an old revision', async () => {
    const developer: Developer = {
      id: 'd-1',
      name: 'One',
      status: 'active',
      kind: 'company',
      email: 'a@example.test',
    };
    assert.equal(await platform.developers.add(developer), true);
    assert.equal(await platform.developers.add(developer), false);
    assert.deepEqual(await platform.developers.get('d-1'), { ...developer, revision: 1 });
    assert.equal(await platform.developers.replace({ ...developer, name: 'Two' }, 1), true);
    assert.equal(await platform.developers.replace({ ...developer, name: 'Three' }, 1), false);
    assert.deepEqual((await platform.developers.list()).map(({ id, name }) => [id, name]).at(0), [
      'd-1',
      'Two',
    ]);
    assert.equal(await platform.developers.remove('d-1'), true);
    assert.equal(await platform.developers.get('d-1'), undefined);
  });
});
