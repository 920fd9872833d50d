import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { Application } from '../../oauth/applications.ts';
import { applicationOf } from '../testing/applications.ts';
import {
  type AssertionOptions,
  assertionOf,
  type ClientKey,
  newClientKey,
  withAssertion,
} from '../testing/assertions.ts';
import { api, changed, noon, type Platform, type Reply, startPlatform } from '../testing/platform.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

const tokenUrl = `${api}/oauth2/token`;
const now = Math.floor(noon / 1_000);
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
const used = "Non-unique 'jti' claim in client_assertion JWT";

/** A request that one check refuses. */
interface Case {
  name: string;
  /** Status and `error`. */
  refusal: readonly [number, string];
  options?: Partial<AssertionOptions>;
  form?: Record<string, string | undefined>;
  /** Changes the application between its first, successful request and this one. */
  change?: (application: Application) => Application;
}

const quotaOf = (limit: number) =>
  JSON.stringify({ oauth2: { quota: { enabled: true, limit, interval: 1, timeunit: 'minute' } } });
const withPlatform = (
  application: Application,
  change: Partial<NonNullable<Application['platform']>>,
): Application => ({
  ...application,
  platform: application.platform && { ...application.platform, ...change },
});

describe('the order of the checks of a client assertion', () => {
  let platform: Platform;
  let signer: ClientKey;
  let stranger: ClientKey;
  let count = 0;
  before(async () => {
    [signer, stranger] = await Promise.all([newClientKey('test-1'), newClientKey('test-1')]);
    platform = await startPlatform({ keys: [signer.jwk] });
    await platform.products.save({ name: 'people', apis: ['oauth2'], scopes: [], limits: null });
  });
  after(() => platform.close());

  const addClient = async (): Promise<string> => {
    const id = `ordered-${++count}`;
    await platform.applications.add(applicationOf(id, { jwks: { keys: [signer.jwk] } }));
    return id;
  };
  const changeClient = async (id: string, change: (application: Application) => Application) => {
    const stored = await platform.applications.get(id);
    assert.ok(stored);
    const { revision, ...application } = stored;
    assert.equal(await platform.applications.replace(change(application), revision), true);
  };
  const request = async (id: string, jti: string, { options, form, ...one }: Partial<Case> = {}) => {
    const usual = { id, audience: tokenUrl, clock: platform.clock, signer };
    const claims = { ...options?.claims, jti };
    const signing = one.name?.startsWith('another key') ? { signer: stranger } : {};
    const assertion = await assertionOf({ ...usual, ...options, ...signing, claims });
    const defaultForm = { grant_type: 'client_credentials', ...withAssertion(assertion) };
    return platform.post('/oauth2/token', changed(defaultForm, form ?? {}));
  };
  const assertUsed = ({ status, body }: Reply): void =>
    assert.deepEqual([status, body.error, body.error_description], [400, 'invalid_request', used]);
  const assertRefusal = ({ status, body }: Reply, refusal: Case['refusal']): void =>
    assert.deepEqual([status, body.error], refusal, JSON.stringify(body));

  const earlier: readonly Case[] = [
    { name: 'exp is missing', refusal: [400, 'invalid_request'], options: { claims: { exp: undefined } } },
    { name: 'kid is missing', refusal: [400, 'invalid_request'], options: { header: { kid: undefined } } },
    { name: 'alg is another', refusal: [400, 'invalid_request'], options: { header: { alg: 'RS256' } } },
    { name: 'grant_type is another', refusal: [400, 'unsupported_grant_type'], form: { grant_type: 'x' } },
  ];
  for (const one of earlier)
    test(`reports that ${one.name} before a used jti`, async () => {
      const id = await addClient();
      const jti = uuid();
      assert.equal((await request(id, jti)).status, 200);
      const reply = await request(id, jti, one);
      assertRefusal(reply, one.refusal);
      assert.notEqual(reply.body.error_description, used);
    });

  /** These refuse before the jti is claimed, and after it is compared with the used ones. */
  const between: readonly Case[] = [
    {
      name: 'exp is too far ahead',
      refusal: [400, 'invalid_request'],
      options: { claims: { exp: now + 999 } },
    },
    {
      name: 'the application was moved to another profile',
      refusal: [401, 'invalid_request'],
      change: (application) => withPlatform(application, { profile: 'standard' }),
    },
    {
      name: 'the application is revoked',
      refusal: [401, 'access_denied'],
      change: (application) => ({ ...application, status: 'revoked' }),
    },
    {
      name: 'the application has no product with the service',
      refusal: [401, 'access_denied'],
      change: (application) =>
        withPlatform(application, { products: [{ name: 'without-authorisation', status: 'approved' }] }),
    },
    {
      name: 'the application has used its quota',
      refusal: [429, 'ratelimit_exceeded'],
      change: (application) => withPlatform(application, { attributes: { ratelimiting: quotaOf(0) } }),
    },
    {
      name: 'no key is registered',
      refusal: [403, 'public_key error'],
      change: (application) => withPlatform(application, { jwks: null }),
    },
    { name: 'the kid is unknown', refusal: [401, 'invalid_request'], options: { kid: 'unknown' } },
    { name: 'another key signed it', refusal: [401, 'public_key error'] },
    { name: 'aud is another', refusal: [401, 'invalid_request'], options: { claims: { aud: 'x' } } },
    { name: 'nbf is ahead', refusal: [400, 'invalid_request'], options: { claims: { nbf: now + 60 } } },
  ];
  for (const one of between) {
    test(`reports a used jti before it reports that ${one.name}`, async () => {
      const id = await addClient();
      const jti = uuid();
      assert.equal((await request(id, jti)).status, 200);
      await changeClient(id, one.change ?? ((application) => application));
      assertUsed(await request(id, jti, one));
    });
    test(`uses up no jti when ${one.name}`, async () => {
      const id = await addClient();
      const jti = uuid();
      const stored = await platform.applications.get(id);
      assert.ok(stored);
      const { revision: _, ...application } = stored;
      await changeClient(id, one.change ?? ((same) => same));
      assertRefusal(await request(id, jti, one), one.refusal);
      await changeClient(id, () => application);
      assert.equal((await request(id, jti)).status, 200);
    });
  }

  /** These refuse a client that is authenticated. */
  const later: readonly Case[] = [
    {
      name: 'the products have no scope for applications',
      refusal: [401, 'unauthorized_client'],
      change: (application) =>
        withPlatform(application, { products: [{ name: 'people', status: 'approved' }] }),
    },
    {
      name: 'the subject token is missing',
      refusal: [400, 'invalid_request'],
      form: { grant_type: exchange, subject_token_type: idTokenType },
    },
    {
      name: 'the subject token is malformed',
      refusal: [400, 'invalid_request'],
      form: { grant_type: exchange, subject_token_type: idTokenType, subject_token: 'x' },
    },
  ];
  for (const one of later) {
    test(`reports a used jti before it reports that ${one.name}`, async () => {
      const id = await addClient();
      const jti = uuid();
      assert.equal((await request(id, jti)).status, 200);
      await changeClient(id, one.change ?? ((application) => application));
      assertUsed(await request(id, jti, one));
    });
    test(`uses up the jti, records the refusal and counts the request when ${one.name}`, async () => {
      const id = await addClient();
      const jti = uuid();
      await changeClient(id, (application) =>
        withPlatform((one.change ?? ((same) => same))(application), {
          attributes: { ratelimiting: quotaOf(1) },
        }),
      );
      assertRefusal(await request(id, jti, one), one.refusal);
      const [record] = await platform.audit.search({ application: id });
      assert.equal(record?.action, 'authorisation.tokens-refused');
      assertUsed(await request(id, jti, one));
      assertRefusal(await request(id, uuid(), one), [429, 'ratelimit_exceeded']);
    });
  }

  test('counts no quota for a used jti, and records no refusal of it', async () => {
    const id = await addClient();
    const jti = uuid();
    await changeClient(id, (application) =>
      withPlatform(application, { attributes: { ratelimiting: quotaOf(2) } }),
    );
    assert.equal((await request(id, jti)).status, 200);
    for (let n = 0; n < 3; n++) assertUsed(await request(id, jti));
    assert.equal((await request(id, uuid())).status, 200);
    assertRefusal(await request(id, uuid()), [429, 'ratelimit_exceeded']);
    const actions = (await platform.audit.search({ application: id })).map(({ action }) => action);
    assert.deepEqual(new Set(actions), new Set(['authorisation.tokens-issued']));
  });

  test('lets two of ten requests through a quota of two, and uses up the jti of each of them', async () => {
    const id = await addClient();
    await changeClient(id, (application) =>
      withPlatform(application, { attributes: { ratelimiting: quotaOf(2) } }),
    );
    const jtis = Array.from({ length: 10 }, uuid);
    const replies = await Promise.all(jtis.map((jti) => request(id, jti)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 2);
    assert.equal(replies.filter(({ status }) => status === 429).length, 8);
    platform.clock.advance(60);
    const again = await Promise.all(
      jtis.filter((_, n) => replies[n]?.status === 200).map((jti) => request(id, jti)),
    );
    for (const reply of again) assertUsed(reply);
    platform.clock.advance(-60);
  });

  test('issues no token for a jti that was used at the same time', async () => {
    const id = await addClient();
    const jti = uuid();
    const replies = await Promise.all(Array.from({ length: 5 }, () => request(id, jti)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    for (const reply of replies) if (reply.status !== 200) assertUsed(reply);
    const records = await platform.audit.search({ application: id });
    assert.deepEqual(
      records.map(({ action }) => action),
      ['authorisation.tokens-issued'],
    );
  });
});

describe('failed client authentication by assertion', () => {
  test('counts no failure of the network for a used jti', async () => {
    const signer = await newClientKey('test-1');
    const platform = await startPlatform({
      keys: [signer.jwk],
      more: { networkLimits: { requests: 3_000, failures: 1, rows: 6_000 } },
    });
    const jti = uuid();
    const request = async (kid: string) => {
      const usual = { id: 'separate', audience: tokenUrl, clock: platform.clock, signer };
      const assertion = await assertionOf({ ...usual, kid, claims: { jti } });
      return platform.post('/oauth2/token', {
        grant_type: 'client_credentials',
        ...withAssertion(assertion),
      });
    };
    assert.equal((await request('test-1')).status, 200);
    for (let n = 0; n < 3; n++)
      assert.equal((await request('unknown')).body.error_description, used, `failure ${n}`);
    await platform.close();
  });
});

describe('the jti of a client assertion at /oauth2.1', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  const request = (credentials: Record<string, string>, form: Record<string, string>) =>
    client.platform.post('/oauth2.1/token', { ...credentials, ...form });
  const auditedAfter = async (since: number) =>
    (await client.platform.audit.search({ since, application: 'signing' })).map(({ action }) => action);
  const lastRecord = async () => (await client.platform.audit.list()).at(-1)?.seq ?? 0;
  const assertUsed = ({ status, body }: Reply): void =>
    assert.deepEqual([status, body.error], [401, 'invalid_client']);
  const issued = { grant_type: 'client_credentials' };
  const refusedLater: Record<string, string>[] = [
    { ...issued, scope: 'unknown' },
    { grant_type: 'refresh_token', refresh_token: 'x' },
  ];

  test('is refused when it is repeated, without a record in the audit log', async () => {
    const credentials = await client.credentials('signing');
    assert.equal((await request(credentials, issued)).status, 200);
    const since = await lastRecord();
    assertUsed(await request(credentials, issued));
    assertUsed(await request(credentials, { grant_type: 'refresh_token', refresh_token: 'x' }));
    assertUsed(await request(credentials, {}));
    assert.deepEqual(await auditedAfter(since), []);
  });

  for (const form of refusedLater)
    test(`is used up by a request that is refused later: ${JSON.stringify(form)}`, async () => {
      const credentials = await client.credentials('signing');
      const since = await lastRecord();
      assert.equal((await request(credentials, form)).status, 400);
      assert.deepEqual(await auditedAfter(since), ['authorisation.tokens-refused']);
      assertUsed(await request(credentials, issued));
    });

  test('gets tokens for one of five requests at the same time', async () => {
    const credentials = await client.credentials('signing');
    const replies = await Promise.all(Array.from({ length: 5 }, () => request(credentials, issued)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    for (const reply of replies) if (reply.status !== 200) assertUsed(reply);
  });
});
