import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertError, authorizeRequest, codeOf, throughBrowser } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker, type ProviderState } from '../testing/provider.ts';

const noGrant =
  'you have tried to request authorization but your application is not configured to use this authorization grant type';

describe('GET /callback', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());
  afterEach(() => platform.provider.reset());

  const signIn = (change: Record<string, string | undefined> = {}, base = '/oauth2', id = 'combined') =>
    throughBrowser(platform, `${base}/authorize`, authorizeRequest(id, change));

  test('returns only code and state', async () => {
    const { status, location } = await signIn();
    assert.equal(status, 302);
    assert.equal(`${location?.origin}${location?.pathname}`, 'https://combined.test/callback');
    assert.deepEqual([...(location?.searchParams.keys() ?? [])], ['code', 'state']);
    assert.equal(location?.searchParams.get('state'), 'state-of-the-client');
    assert.match(location?.searchParams.get('code') ?? '', /^[\w-]{22,}$/);
  });

  describe('the state of the platform', () => {
    for (const [name, query] of [
      ['missing', { code: 'x' }],
      ['unknown', { code: 'x', state: 'unknown' }],
      ['empty', { code: 'x', state: '' }],
    ] as const)
      test(name, async () => {
        const answer = await platform.get('/oauth2/callback', query);
        await assertError(platform, answer, 400, 'invalid_request', 'Invalid state parameter.');
      });

    test('refuses a used state', async () => {
      const sent = await platform.get('/oauth2/authorize', authorizeRequest());
      const provided = await platform.call(sent.location ?? '');
      assert.equal((await platform.call(provided.location ?? '')).status, 302);
      await assertError(
        platform,
        await platform.call(provided.location ?? ''),
        400,
        'invalid_request',
        'Invalid state parameter.',
      );
    });

    test('refuses the state of another base path without using it up', async () => {
      const sent = await platform.get('/oauth2/authorize', authorizeRequest());
      const provided = await platform.call(sent.location ?? '');
      const elsewhere = new URL(String(provided.location).replace('/oauth2/', '/oauth2-mock/'));
      await assertError(
        platform,
        await platform.call(elsewhere),
        400,
        'invalid_request',
        'Invalid state parameter.',
      );
      assert.equal((await platform.call(provided.location ?? '')).status, 302);
    });

    test("refuses the client's state in place of the platform's", async () => {
      await platform.get('/oauth2/authorize', authorizeRequest());
      const answer = await platform.get('/oauth2/callback', { code: 'x', state: 'state-of-the-client' });
      await assertError(platform, answer, 400, 'invalid_request', 'Invalid state parameter.');
    });

    test('refuses the state after an hour', async () => {
      const sent = await platform.get('/oauth2/authorize', authorizeRequest());
      platform.clock.advance(3_600);
      const provided = await platform.call(sent.location ?? '');
      await assertError(
        platform,
        await platform.call(provided.location ?? ''),
        400,
        'invalid_request',
        'Invalid state parameter.',
      );
    });
  });

  describe('the ID token of the provider', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Partial<ProviderState>, number, string, string][] = [
      ['aud of another client, iss wrong too', { claims: { aud: 'other', iss: 'x' } }, 400, 'invalid_request', "Invalid 'aud' claim in external ID token JWT"],
      ['aud missing', { claims: { aud: undefined } }, 400, 'invalid_request', "Invalid 'aud' claim in external ID token JWT"],
      ['aud names two', { claims: { aud: ['platform.apps.test', 'other'] } }, 400, 'invalid_request', "Invalid 'aud' claim in external ID token JWT"],
      ['iss of another provider', { claims: { iss: 'https://other.test' } }, 400, 'invalid_request', 'Invalid iss claim in external ID token JWT'],
      ['kid unknown', { header: { kid: 'unknown' } }, 401, 'invalid_request', "Invalid 'kid' header in external ID token JWT - no matching public key"],
      ['kid missing', { header: { kid: undefined } }, 401, 'invalid_request', "Invalid 'kid' header in external ID token JWT - no matching public key"],
      ['signature forged', { forged: true }, 401, 'public_key error', 'JWT signature verification failed'],
      ['signed by PS256', { algorithm: 'PS256' }, 401, 'public_key error', 'JWT signature verification failed'],
      ['run out', { claims: { exp: 1_000_000_000 } }, 400, 'invalid_request', "Invalid 'exp' claim in external ID token JWT - JWT has expired"],
      ['another nonce', { claims: { nonce: 'another' } }, 400, 'invalid_request', "Invalid 'nonce' claim in external ID token JWT"],
      ['nonce missing', { claims: { nonce: undefined } }, 400, 'invalid_request', "Invalid 'nonce' claim in external ID token JWT"],
      ['iat missing', { claims: { iat: undefined } }, 400, 'invalid_request', 'Malformed JWT in External ID token'],
      ['iat is a text', { claims: { iat: '1' } }, 400, 'invalid_request', 'Malformed JWT in External ID token'],
      ['no JWT', { tokenAnswer: { status: 200, body: { id_token: 'a.b', access_token: 'x' } } }, 400, 'invalid_request', 'Malformed JWT in External ID token'],
      ['level 1, products have 2 and 3', { claims: { authentication_assurance_level: '1' } }, 401, 'unauthorized_client', noGrant],
      ['level 4', { claims: { authentication_assurance_level: '4' } }, 401, 'unauthorized_client', noGrant],
      ['level missing', { claims: { authentication_assurance_level: undefined } }, 401, 'unauthorized_client', noGrant],
      ['level is a pattern', { claims: { authentication_assurance_level: '.' } }, 401, 'unauthorized_client', noGrant],
      ['acr is not the level', { claims: { authentication_assurance_level: undefined, acr: 'AAL3_ANY' } }, 401, 'unauthorized_client', noGrant],
    ];
    for (const [name, state, status, error, description] of rows)
      test(name, async () => {
        Object.assign(platform.provider.state, state);
        const answer = await signIn();
        await assertError(platform, answer, status, error, description);
        assert.equal(answer.headers.get('location'), null);
      });

    test('accepts RS512, a numeric level, an issuer in other case and an audience list of one', async () => {
      const iss = platform.provider.issuer.toUpperCase();
      Object.assign(platform.provider.state, {
        algorithm: 'RS512',
        claims: { iss, authentication_assurance_level: 3, aud: ['platform.apps.test'] },
      });
      assert.ok((await signIn()).location?.searchParams.get('code'));
    });

    test('does not grant AAL2 scopes at AAL3', async () => {
      await assertError(platform, await signIn({}, '/oauth2', 'aal2'), 401, 'unauthorized_client', noGrant);
      platform.provider.state.claims = { authentication_assurance_level: '2' };
      assert.ok((await signIn({}, '/oauth2', 'aal2')).location?.searchParams.get('code'));
    });

    test('returns the catch-all if the keys cannot be fetched', async () => {
      const alone = await startPlatform();
      alone.provider.state.keysStatus = 503;
      const answer = await throughBrowser(alone, '/oauth2/authorize', authorizeRequest());
      assert.equal(answer.status, 500);
      assert.equal(answer.body.error, 'unknown_error');
      await alone.close();
    });
  });

  describe('failures of the provider redirect to the client with its state', () => {
    const rows: [string, Partial<ProviderState>, string][] = [
      ['the person gave up', { error: 'access_denied' }, 'access_denied'],
      ['login_required', { error: 'login_required' }, 'login_required'],
      ['an odd error', { error: 'Odd "error"' }, 'server_error'],
      ['code refused', { tokenAnswer: { status: 400, body: { error: 'invalid_grant' } } }, 'server_error'],
      ['no ID token', { tokenAnswer: { status: 200, body: { access_token: 'x' } } }, 'server_error'],
      ['answer is no JSON object', { tokenAnswer: { status: 200, body: 'text' } }, 'server_error'],
      ['userinfo refused', { userinfoAnswer: { status: 500, body: {} } }, 'server_error'],
      ['userinfo of somebody else', { userinfoAnswer: { status: 200, body: { sub: '1' } } }, 'server_error'],
    ];
    for (const [name, state, error] of rows)
      test(name, async () => {
        Object.assign(platform.provider.state, state);
        const { status, location } = await signIn();
        assert.equal(status, 302);
        assert.equal(`${location?.origin}${location?.pathname}`, 'https://combined.test/callback');
        const { error_description: description, ...rest } = Object.fromEntries(location?.searchParams ?? []);
        assert.deepEqual(rest, { error, state: 'state-of-the-client' });
        assert.equal(description, 'The identity provider did not complete the sign in');
      });

    test('return the published catch-all if switched off', async () => {
      const published = await startPlatform({ base: { options: { upstreamErrors: false } } });
      published.provider.state.error = 'access_denied';
      const answer = await throughBrowser(published, '/oauth2/authorize', authorizeRequest());
      assert.equal(answer.status, 500);
      assert.equal(answer.body.error, 'unknown_error');
      await published.close();
    });
  });

  test('checks application, callback URL and products again', async () => {
    const stored = await platform.applications.get('other');
    assert.ok(stored?.platform);
    const { revision, ...application } = stored;
    const registration = stored.platform;
    const changes = [
      { application: { ...application, status: 'revoked' as const }, error: 'access_denied' },
      {
        application: {
          ...application,
          platform: { ...registration, callbackUrls: ['https://other.test/new'] },
        },
        error: 'invalid_request',
      },
      {
        application: {
          ...application,
          platform: {
            ...registration,
            products: [{ name: 'without-authorisation', status: 'approved' as const }],
          },
        },
        error: 'access_denied',
      },
      {
        application: { ...application, platform: { ...registration, products: [] } },
        error: 'unauthorized_client',
      },
      { application: { ...application, platform: null }, error: 'invalid_request' },
    ];
    let at = revision;
    for (const { application: changed, error } of changes) {
      const sent = await platform.get('/oauth2/authorize', authorizeRequest('other'));
      const provided = await platform.call(sent.location ?? '');
      assert.ok(await platform.applications.replace(changed, at++));
      const answer = await platform.call(provided.location ?? '');
      assert.equal(answer.body.error, error, answer.text);
      assert.equal(answer.headers.get('location'), null);
      assert.ok(await platform.applications.replace(application, at++));
    }
  });

  test('accepts a browser-bound callback only from its browser', async () => {
    const bound = await startPlatform({ base: { options: { browserBoundCallback: true } } });
    const sent = await bound.get('/oauth2/authorize', authorizeRequest());
    const cookie = sent.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    assert.match(
      sent.headers.getSetCookie()[0] ?? '',
      /^__Host-authorisation-signin-.*; Path=\/; HttpOnly; SameSite=Lax; Secure/,
    );
    const provided = await bound.call(sent.location ?? '');
    await assertError(
      bound,
      await bound.call(provided.location ?? ''),
      400,
      'invalid_request',
      'Invalid state parameter.',
    );
    const wrong = { headers: { cookie: `${cookie}x` } };
    await assertError(
      bound,
      await bound.call(provided.location ?? '', wrong),
      400,
      'invalid_request',
      'Invalid state parameter.',
    );
    assert.equal((await bound.call(provided.location ?? '', { headers: { cookie } })).status, 302);
    await bound.close();
  });

  test('issues one code for ten simultaneous responses', async () => {
    const sent = await platform.get('/oauth2/authorize', authorizeRequest());
    const provided = await platform.call(sent.location ?? '');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => platform.call(provided.location ?? '')),
    );
    assert.equal(answers.filter(({ status }) => status === 302).length, 1);
    assert.equal(
      answers.filter(({ body }) => body.error_description === 'Invalid state parameter.').length,
      9,
    );
  });

  test('uses proofing level and NHS number of a citizen', async () => {
    platform.citizens.state.person = {
      ...careWorker,
      claims: { identity_proofing_level: 'P9', nhs_number: '9912003071' },
    };
    const back = await platform.get('/oauth2/authorize', { ...authorizeRequest(), scope: 'nhs-login' });
    const provided = await platform.call(back.location ?? '');
    const { location } = await platform.call(provided.location ?? '');
    assert.ok(location?.searchParams.get('code'));
    platform.citizens.reset();
  });

  test('records all events in one journey', async () => {
    await codeOf(platform, '/oauth2', 'combined', { state: 'state-of-one-journey' });
    const events = await platform.events.list();
    const journey = events.findLast(({ name }) => name === 'authorisation.code')?.journey;
    assert.deepEqual(
      events
        .filter((event) => event.journey === journey)
        .map(({ name, from, to }) => `${from} -> ${to}: ${name}`),
      [
        'application -> authorisation: authorisation.authorize',
        'authorisation -> cis2: authorisation.to-cis2',
        'cis2 -> authorisation: authorisation.callback',
        'authorisation -> application: authorisation.code',
      ],
    );
  });
});
