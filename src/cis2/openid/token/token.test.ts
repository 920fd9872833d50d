import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser, form, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';

let cis2: Instance;
let client: Cis2Registration;
let basic: Cis2Registration;
const browser = new Browser();
const formType = { 'content-type': 'application/x-www-form-urlencoded' };
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
  basic = await cis2.register({ tokenEndpointAuthMethod: 'client_secret_basic', clientId: 'a basic:client' });
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const freshCode = async (of = client, parameters: Record<string, string> = {}): Promise<string> =>
  codeOf(await cis2.signIn(browser, of, parameters));

const post = (body: string, headers: Record<string, string> = formType): Promise<Reply> =>
  send('POST', `${cis2.issuer}/access_token`, headers, body);

type Values = Record<string, string | undefined>;
const values = (code: string, of: Cis2Registration, more: Values = {}): Record<string, string> => {
  const all: Values = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: of.redirectUris[0],
    client_id: of.clientId,
    client_secret: secret,
    ...more,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
};
const redeem = (code: string, more: Values = {}, of = client): Promise<Reply> =>
  post(form(values(code, of, more)));

test('the token response has exactly the published members', async () => {
  const reply = await redeem(await freshCode(client, { scope: 'openid profile' }));
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['cache-control'], 'no-store');
  assert.equal(reply.headers.pragma, 'no-cache');
  assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
  const answer = JSON.parse(reply.body);
  assert.deepEqual(Object.keys(answer), ['access_token', 'id_token', 'expires_in', 'scope', 'token_type']);
  assert.equal(answer.expires_in, 3599);
  assert.equal(answer.token_type, 'Bearer');
  assert.equal(answer.scope, 'openid profile');
});

describe('token errors', () => {
  type Case = [string, Values, number, string];
  const cases: Case[] = [
    ['no grant_type', { grant_type: undefined }, 400, 'invalid_request'],
    ['an unknown grant_type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [
      'a grant_type named like a member of objects',
      { grant_type: 'constructor' },
      400,
      'unsupported_grant_type',
    ],
    ['no code', { code: undefined }, 400, 'invalid_request'],
    ['no redirect_uri', { redirect_uri: undefined }, 400, 'invalid_request'],
    ['an unknown code', { code: 'x'.repeat(43) }, 400, 'invalid_grant'],
    ['another redirect_uri', { redirect_uri: 'https://app.example.test/callback/' }, 400, 'invalid_grant'],
    ['a verifier without a challenge', { code_verifier: verifier }, 400, 'invalid_grant'],
    ['no client authentication', { client_secret: undefined }, 401, 'invalid_client'],
    ['a wrong secret', { client_secret: `${secret}x` }, 401, 'invalid_client'],
    ['an empty secret', { client_secret: '' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['no client_id', { client_id: undefined }, 401, 'invalid_client'],
  ];
  for (const [name, more, status, error] of cases)
    test(`are ${status} ${error} for ${name}`, async () => {
      const code = await freshCode();
      const reply = await redeem(code, more);
      assert.equal(reply.status, status);
      const body = JSON.parse(reply.body);
      assert.equal(body.error, error);
      assert.deepEqual(Object.keys(body), ['error_description', 'error']);
      assert.equal(reply.headers['cache-control'], 'no-store');
      // The refusal did not spend the code.
      assert.equal((await redeem(code)).status, 200);
    });

  test('refuse GET', async () => {
    assert.equal((await send('GET', `${cis2.issuer}/access_token`)).status, 405);
  });
  test('have their reason in the log and, in development, in a header', async () => {
    const reply = await redeem('x'.repeat(43));
    assert.equal(reply.headers['x-error-detail'], 'the code is unknown');
    const logged = cis2.logged.find(({ id }) => id === reply.headers['x-request-id']);
    assert.equal(logged?.error, 'cis2.codeInvalid');
    assert.ok(!reply.body.includes('unknown'));
  });

  test('do not contain a typographic apostrophe in the header', async () => {
    const reply = await redeem('x'.repeat(43), { client_secret: 'wrong' });
    assert.match(String(reply.headers['x-error-detail']), /^the secret is not the client's, /);
  });
});

describe('client_secret_basic', () => {
  const header = (pair: string, scheme = 'Basic') => ({
    ...formType,
    authorization: `${scheme} ${Buffer.from(pair).toString('base64')}`,
  });
  const body = (code: string) =>
    form(values(code, basic, { client_id: undefined, client_secret: undefined }));
  const good = `a+basic%3Aclient:${secret}`;

  test('accepts form-encoded parts (RFC 6749 section 2.3.1)', async () => {
    assert.equal((await post(body(await freshCode(basic)), header(good))).status, 200);
    assert.equal((await post(body(await freshCode(basic)), header(good, 'basic'))).status, 200);
  });
  for (const [name, headers] of [
    ['parts that are not form-encoded', header(`a basic:client:${secret}`)],
    ['a wrong secret', header(`${good}x`)],
    ['no colon', header('a+basic%3Aclient')],
    ['broken percent-encoding', header(`a%zz:${secret}`)],
    [
      'base64 that is not canonical',
      { ...formType, authorization: `Basic ${Buffer.from(good).toString('base64')}====` },
    ],
    ['base64url', { ...formType, authorization: `Basic ${Buffer.from(`${good}??>`).toString('base64url')}` }],
    ['another scheme', header(good, 'Bearer')],
  ] as const)
    test(`answers 401 with a challenge for ${name}`, async () => {
      const reply = await post(body(await freshCode(basic)), headers);
      assert.equal(reply.status, 401);
      assert.equal(JSON.parse(reply.body).error, 'invalid_client');
      if (/^basic/i.test(headers.authorization))
        assert.match(String(reply.headers['www-authenticate']), /^Basic /);
    });
});

describe('an authorization code', () => {
  test('is refused after its session has ended', async () => {
    const code = await freshCode();
    const session = await cis2.database.get<{ sid: string }>({
      text: 'SELECT sid FROM cis2_session WHERE ended_at IS NULL',
      values: [],
    });
    const end = {
      text: 'UPDATE cis2_session SET ended_at = ? WHERE sid = ?',
      values: [1, session?.sid ?? ''],
    };
    await cis2.database.run(end);
    assert.equal(JSON.parse((await redeem(code)).body).error, 'invalid_grant');
  });
});
