import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { createLocalJWKSet, SignJWT } from 'jose';
import { createApi } from './api.ts';
import { createApplicationRestricted } from './application-restricted.ts';
import { createCis2 } from './cis2.ts';
import { createCombined } from './combined.ts';
import { cis2At, platformAt } from './config.ts';
import { createExchange } from './exchange.ts';
import { keepFresh } from './fresh.ts';
import { verifyIdToken } from './id-token.ts';
import { AgentError, ClientError, FhirError, OAuthError, TokenError } from './index.ts';
import { publicKeySet } from './keys.ts';
import { createLogoutReceiver, memoryReplayStore } from './logout.ts';
import { createPds } from './pds.ts';
import { testClock } from './testing/clock.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';
import { bodyOf, serve } from './testing/server.ts';
import { TokenSet } from './tokens.ts';

const ISSUER = 'http://localhost:1/issuer';
const SECRET = 'the-client-secret';
const REDIRECT = 'http://localhost/callback';
const key = rsaKey('k');
const clock = testClock();

/** Every way in which a log may print a value. */
function printed(value: unknown): string {
  const { message = '', stack = '' } = value as { message?: string; stack?: string };
  return [
    message,
    stack,
    String(value),
    JSON.stringify(value),
    JSON.stringify({ nested: [value] }),
    inspect(value),
    inspect({ value }, { depth: 9, showHidden: true }),
  ].join('\n');
}

async function thrownBy(work: Promise<unknown> | (() => unknown)): Promise<ClientError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    assert.ok(error instanceof ClientError, String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** A server that refuses each request and quotes all of it. */
async function echo(t: TestContext) {
  const sent: string[] = [];
  const server = await serve(() => async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    const bearer = request.headers.authorization?.replace('Bearer ', '');
    sent.push(
      ...[...form].filter(([name]) => /secret|assertion$|code|token$/.test(name)).map(([, value]) => value),
    );
    if (bearer) sent.push(bearer);
    const error_description = `wrong: ${[...form].flat().join(' ')} ${bearer}\r\nforged log line`;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'invalid_client', error_description, message_id: 'rrt-7' }));
  });
  t.after(server.close);
  return { ...server, sent };
}

describe('errors', () => {
  test('hide a quote of the request by the server and keep its message id', async (t) => {
    const { origin, sent } = await echo(t);
    const secrets = { clientId: 'app', clientSecret: SECRET, redirectUri: REDIRECT };
    const combined = createCombined({ ...platformAt(origin), ...secrets, pkce: true });
    const cis2 = createCis2({
      issuer: origin,
      endpoints: cis2At(origin),
      clientId: 'app',
      redirectUri: REDIRECT,
      authentication: { method: 'private_key_jwt', key },
    });
    const tokenUrl = `${origin}/token`;
    const tokens = new TokenSet({
      accessToken: 'the-access-token',
      expiresAt: 0,
      refreshToken: 'the-refresh-token',
    });
    const begun = [combined.begin(), await cis2.begin()];
    const answers = begun.map(({ url }) => ({
      code: 'the-code',
      state: new URL(url).searchParams.get('state') ?? '',
    }));
    const [first = {}, second = {}] = answers;
    const errors = await Promise.all([
      thrownBy(combined.finish(first, begun[0]?.state ?? '')),
      thrownBy(cis2.finish(second, begun[1]?.state ?? '')),
      thrownBy(combined.refresh(tokens)),
      thrownBy(combined.userinfo(tokens)),
      thrownBy(keepFresh(tokens, combined.refresh).freshToken()),
      thrownBy(createExchange({ tokenUrl, clientId: 'app', key }).exchange('the-id-token')),
      thrownBy(createApplicationRestricted({ tokenUrl, clientId: 'app', key }).obtain()),
    ]);
    assert.ok(sent.length > 10);
    for (const error of errors) {
      const text = printed(error);
      for (const secret of sent) assert.ok(!text.includes(secret), `${secret} is shown by ${text}`);
      assert.ok(error instanceof OAuthError);
      assert.deepEqual([error.messageId, error.status, error.received], ['rrt-7', 400, 'status 400']);
      assert.match(error.advice, /registered ones.* Quote rrt-7 to support/);
      assert.doesNotMatch(error.message, /[\r\n]/, 'no second line in a log');
      const { message, messageId, code } = JSON.parse(JSON.stringify(error));
      assert.deepEqual([message, messageId, code], [error.message, 'rrt-7', 'oauth']);
    }
  });

  test('do not quote the token in an invalid header', async () => {
    const pds = createPds({ baseUrl: ISSUER, token: async () => 'the-access-token\n' });
    const error = await thrownBy(pds.patient('9000000009'));
    assert.equal(error.code, 'settings_invalid');
    assert.match(error.advice, /line ends/);
    assert.ok(!printed(error).includes('the-access-token'));
  });

  test('hide number and diagnostics of a patient by default', async (t) => {
    const outcome = { resourceType: 'OperationOutcome', issue: [{ diagnostics: 'no 9000000009 here' }] };
    const server = await serve(() => (_request, response) => {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(outcome));
    });
    const gone = await serve(() => (_request, response) => response.end());
    await gone.close();
    t.after(server.close);
    const read = (baseUrl: string) =>
      createPds({ baseUrl, token: async () => 'token' }).patient('9000000009');
    const [refused, unreachable] = await Promise.all([
      thrownBy(read(`${server.origin}/`)),
      thrownBy(read(gone.origin)),
    ]);
    assert.ok(refused instanceof FhirError);
    assert.equal(refused.diagnostics, 'no 9000000009 here');
    assert.match(refused.advice, new RegExp(`no such record.*${refused.requestId}`));
    assert.deepEqual([unreachable?.code, unreachable?.received], ['network', 'ECONNREFUSED']);
    for (const error of [refused, unreachable]) assert.doesNotMatch(printed(error), /9000000009/);
  });

  test('show expected and received values of a token, and no other claim', async () => {
    const now = Math.floor(clock.now() / 1000);
    const good = { iss: ISSUER, aud: 'app', sub: 'the-person', nonce: 'the-nonce', iat: now, exp: now + 60 };
    const expected = {
      issuer: ISSUER,
      clientId: 'app',
      alg: 'RS256',
      nonce: 'the-nonce',
      clock,
      toleranceSeconds: 30,
      keys: createLocalJWKSet(publicKeySet([{ ...key, alg: 'RS256' }])),
    };
    const cases: [object, object, RegExp, RegExp][] = [
      [
        { iss: `${ISSUER}/` },
        {},
        /^iss "http:\/\/localhost:1\/issuer"$/,
        /^iss "http:\/\/localhost:1\/issuer\/"$/,
      ],
      [{ aud: 'other' }, {}, /^aud "app"$/, /^aud "other"$/],
      [{ aud: ['app', 'x'] }, {}, /^aud "app" alone$/, /^aud \["app","x"\]$/],
      [{ exp: now - 60 }, {}, /this machine's clock, \d{4}-/, /^\d{4}-\d\d-\d\dT/],
      [{}, { alg: 'RS512' }, /^alg RS256$/, /^alg "RS512"$/],
      [{}, { kid: 'unknown' }, /one key of the issuer/, /^kid "unknown"$/],
    ];
    for (const [claims, header, wanted, came] of cases) {
      const token = await new SignJWT({ ...good, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'k', ...header })
        .sign(privateKeyOf(key));
      const error = await thrownBy(verifyIdToken(token, expected));
      assert.ok(error instanceof TokenError);
      assert.match(error.expected ?? '', wanted);
      assert.match(error.received ?? '', came);
      assert.match(error.advice, /^Do not sign the person in\. \S/);
      const text = printed(error);
      for (const hidden of [token, 'the-nonce', 'the-person']) assert.ok(!text.includes(hidden), text);
    }
  });

  test('show the received value of browser and session in one line', async () => {
    const combined = createCombined({
      ...platformAt(ISSUER),
      clientId: 'app',
      clientSecret: SECRET,
      redirectUri: REDIRECT,
      clock,
    });
    const { url, state } = combined.begin();
    const own = new URL(url).searchParams.get('state') ?? '';
    const known: [object, string, Partial<ClientError>][] = [
      [{ code: 'x' }, state, { code: 'state_mismatch', received: 'no state' }],
      [{ code: 'x', state: 'y' }, state, { code: 'state_mismatch', received: 'another state' }],
      [{ state: own }, state, { code: 'callback_invalid', received: 'state' }],
      [{ code: 'x', state: own }, '', { code: 'transaction_invalid', received: 'nothing' }],
    ];
    for (const [answer, kept, expected] of known) {
      const error = await thrownBy(combined.finish(answer as Record<string, string>, kept));
      assert.deepEqual({ ...expected, code: error.code, received: error.received }, expected);
      assert.ok(!printed(error).includes(own));
    }
    const forged = { error: 'access_denied', error_description: 'no\nINFO all is well', state: own };
    const error = await thrownBy(combined.finish(forged, state));
    assert.equal(error.message, 'access_denied: no INFO all is well');
    assert.match(error.advice, /refused/);
  });

  test('name the fix of frequent mistakes', async () => {
    const advised = (error: string, description: string, status = 400) =>
      new OAuthError({ error, description, status }).advice;
    const wrong = (what: string) => advised('invalid_request', `Invalid ${what} client_assertion JWT`);
    assert.match(wrong("'exp' claim in"), /clock/);
    assert.match(wrong("'kid' header in"), /^Set kid/);
    assert.match(wrong("'iss'/'sub' claims in"), /^Set clientId/);
    assert.match(advised('public_key error', 'JWT signature verification failed', 401), /publicKeySet/);
    assert.match(advised('invalid_request', 'redirect_uri is invalid'), /^Register exactly this redirectUri/);
    assert.match(advised('invalid_request', 'Not Found', 404), /address of the endpoint/);

    const answers =
      (status: number, body: object | string = '{}'): typeof fetch =>
      async () =>
        new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    const read = (fetcher: typeof fetch) =>
      thrownBy(
        createPds({ baseUrl: 'https://pds.test', token: async () => 'x', fetch: fetcher }).patient(
          '9000000009',
        ),
      );
    const conflict = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'structure' }] };
    assert.match((await read(answers(409, conflict))).advice, /new ETag/);
    assert.match((await read(answers(404))).advice, /^Set baseUrl/);

    const begin = (issuer: string, fetcher: typeof fetch) =>
      thrownBy(
        createCis2({
          issuer,
          clientId: 'a',
          redirectUri: REDIRECT,
          authentication: { method: 'client_secret_post', clientSecret: SECRET },
          fetch: fetcher,
        }).begin(),
      );
    const document = `${ISSUER}/.well-known/openid-configuration`;
    assert.match((await begin(document, answers(404))).advice, /without \/\.well-known/);
    const plain = async () => {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error(), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }),
      });
    };
    assert.match((await begin(ISSUER, plain)).advice, /http:\/\//);
  });

  test('are thrown for a value of the wrong kind from a form, a request or a session store', async () => {
    const combined = createCombined({
      ...platformAt('https://platform.test/oauth2'),
      clientId: 'a',
      clientSecret: SECRET,
      redirectUri: REDIRECT,
    });
    const { state } = combined.begin();
    const pds = createPds({ baseUrl: 'https://pds.test', token: async () => 'x' });
    const api = createApi({ baseUrl: 'https://api.test', token: async () => 'x' });
    const logout = createLogoutReceiver({ issuer: ISSUER, clientId: 'a', replay: memoryReplayStore() });
    for (const wrong of [undefined, null, 5, {}, ['a'], Buffer.from('a')]) {
      // As JavaScript, and values that were never checked, may pass it.
      const value = wrong as never;
      const codes = [
        () => combined.finish(value, state),
        () => pds.patient(value),
        () => api.fetch(value),
        () => combined.refresh(value),
        () => keepFresh(value, combined.refresh),
        () => logout.receive(value, () => undefined),
      ].map(async (call) => (await thrownBy(call)).code);
      const [finish, ...others] = await Promise.all(codes);
      assert.match(String(finish), /^(callback_invalid|state_mismatch)$/);
      assert.deepEqual(others, [
        'nhs_number_invalid',
        'settings_invalid',
        'settings_invalid',
        'settings_invalid',
        'settings_invalid',
      ]);
    }
    const restored = await thrownBy(() => keepFresh({} as never, combined.refresh));
    assert.match(restored.advice, /TokenSet\.restore/);
  });

  test('always have advice, also for the agent', () => {
    const agent = new AgentError({ code: 0x80200004, message: 'blocked', name: 'TCK_API_ERR_PIN_BLOCKED' });
    assert.equal(agent.received, 'TCK_API_ERR_PIN_BLOCKED');
    assert.match(agent.advice, /ticketError/);
    assert.match(new ClientError('cancelled', 'x').advice, /sign in again/);
  });
});

test("printing the library's objects shows no secret and does not change them", async () => {
  const settings = { clientId: 'app', clientSecret: SECRET, redirectUri: REDIRECT };
  const combined = createCombined({ ...platformAt(ISSUER), ...settings, pkce: true });
  const cis2 = createCis2({
    issuer: ISSUER,
    endpoints: cis2At(ISSUER),
    clientId: 'app',
    redirectUri: REDIRECT,
    pkce: true,
    authentication: { method: 'private_key_jwt', key },
  });
  for (const begun of [combined.begin(), await cis2.begin()]) {
    const { verifier } = JSON.parse(Buffer.from(begun.state, 'base64url').toString());
    assert.ok(verifier);
    for (const text of [inspect(begun), inspect({ begun }, { depth: 9 })]) {
      assert.ok(!text.includes(begun.state) && text.includes(`state: '[redacted]'`), text);
    }
    assert.deepEqual(JSON.parse(JSON.stringify(begun)), { url: begun.url, state: begun.state });
  }
  const tokens = new TokenSet({
    accessToken: 'the-access-token',
    expiresAt: 0,
    refreshToken: 'the-refresh-token',
  });
  const fresh = keepFresh(tokens, combined.refresh);
  const things = [combined, cis2, fresh, tokens, { session: { tokens, fresh } }];
  for (const thing of things) {
    assert.doesNotMatch(printed(thing), new RegExp(`${SECRET}|the-access|the-refresh|${key.privateKey.d}`));
  }
});
