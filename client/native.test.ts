import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, manualBrowser } from './browser/browser.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import type { ServerMetadata } from './metadata.ts';
import type { NativeSettings } from './native.ts';
import { createNative, signInAtCis2, signInNative } from './native.ts';
import { redirectBrowser } from './testing/browsers.ts';
import type { TestProvider } from './testing/openid-provider.ts';
import { startProvider } from './testing/openid-provider.ts';
import { userAgent } from './testing/user-agent.ts';

const metadataOf = ({ issuer }: TestProvider): ServerMetadata => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  code_challenge_methods_supported: ['S256'],
});

describe('createNative at a third-party server', () => {
  let provider: TestProvider;
  let settings: NativeSettings;

  before(async () => {
    provider = await startProvider({
      clients: [
        {
          client_id: 'demo-native',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
    });
    settings = { issuer: provider.issuer, clientId: 'demo-native', scope: 'openid offline_access' };
  });
  after(() => provider.close());

  test('returns tokens and closes the browser', async () => {
    const browser = redirectBrowser();
    const tokens = await signInNative({ ...settings, browser });
    assert.ok(tokens.secondsLeft() > 500);
    assert.ok(tokens.refreshToken);
    assert.equal(browser.closed, true);
  });

  test('refreshes and revokes without a secret', async () => {
    const native = createNative(settings);
    const tokens = await native.signIn({ browser: redirectBrowser() });
    const renewed = await native.refresh(tokens);
    assert.notEqual(renewed.accessToken, tokens.accessToken);
    assert.equal(await native.revoke(renewed), true);
    await assert.rejects(native.refresh(renewed), { name: 'OAuthError', error: 'invalid_grant' });
  });

  test('repeats a refresh once if its response was lost', async () => {
    let lost = 0;
    const losing: Fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (String(init.body).includes('grant_type=refresh_token')) {
        lost += 1;
        throw new TypeError('connection reset');
      }
      return answer;
    };
    const native = createNative({ ...settings, fetch: losing });
    const tokens = await native.signIn({ browser: redirectBrowser() });
    await assert.rejects(native.refresh(tokens), { code: 'network' });
    assert.equal(lost, 2);
  });

  test('sends exactly the parameters of a public client', async () => {
    let url = '';
    let sent = '';
    const controller = new AbortController();
    const show = async (address: string) => {
      url = address;
      sent = (await fetch(address, { redirect: 'manual' })).headers.get('location') ?? '';
      controller.abort();
    };
    const options = {
      ...settings,
      acrValues: 'AAL3_ANY',
      browser: manualBrowser(show),
      signal: controller.signal,
    };
    await assert.rejects(signInNative(options), { code: 'aborted' });
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/, 'the address shows nothing of the sign-in');
    const query = Object.fromEntries(new URL(sent).searchParams);
    assert.match(query.redirect_uri ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    assert.match(query.code_challenge ?? '', /^[\w-]{43}$/);
    assert.match(query.state ?? '', /^[\w-]{43}$/);
    assert.deepEqual(
      { ...query, redirect_uri: '', code_challenge: '', state: '' },
      {
        response_type: 'code',
        client_id: 'demo-native',
        redirect_uri: '',
        scope: 'openid offline_access',
        state: '',
        acr_values: 'AAL3_ANY',
        code_challenge: '',
        code_challenge_method: 'S256',
      },
    );
  });

  const refused: [string, (callback: URL) => void, object][] = [
    [
      'another issuer',
      (url) => url.searchParams.set('iss', 'https://evil.example.test'),
      { code: 'issuer_mismatch' },
    ],
    [
      'no issuer, where one is promised',
      (url) => url.searchParams.delete('iss'),
      { code: 'issuer_mismatch' },
    ],
    ['two codes', (url) => url.searchParams.append('code', 'x'), { code: 'callback_invalid' }],
    [
      'another code',
      (url) => url.searchParams.set('code', 'x'),
      { name: 'OAuthError', error: 'invalid_grant' },
    ],
  ];
  for (const [what, change, error] of refused) {
    test(`refuses a response with ${what} and closes the browser`, async () => {
      const browser = redirectBrowser(change);
      await assert.rejects(signInNative({ ...settings, browser }), error);
      assert.equal(browser.closed, true);
    });
  }

  test('ignores a response with another state or none, and goes on waiting', async () => {
    for (const change of [
      (url: URL) => url.searchParams.set('state', 'other'),
      (url: URL) => url.searchParams.delete('state'),
    ]) {
      const browser: Browser = {
        async open(url) {
          const callback = new URL(await userAgent().follow(url, 'http://127.0.0.1:'));
          const forged = new URL(callback);
          change(forged);
          assert.equal((await fetch(forged)).status, 400);
          await fetch(callback);
          return { closed: new Promise(() => undefined), close: async () => undefined };
        },
      };
      assert.ok((await signInNative({ ...settings, browser })).accessToken);
    }
    const browser = redirectBrowser((url) => url.searchParams.delete('state'));
    const failed = (timeoutMs: number) =>
      signInNative({ ...settings, browser, timeoutMs }).then(
        () => assert.fail(),
        ({ code, received }: ClientError) => ({ code, received }),
      );
    let failure = await failed(500);
    // On a busy machine the response may arrive later.
    if (failure.received === undefined) failure = await failed(10_000);
    assert.deepEqual(failure, { code: 'timeout', received: '1 with another state or none' });
  });

  test('ignores a response on another path', async () => {
    const browser = redirectBrowser((url) => {
      url.pathname = '/other';
    });
    await assert.rejects(signInNative({ ...settings, browser, timeoutMs: 300 }), { code: 'timeout' });
  });

  test('does not wait for a browser that never opens after the sign-in was aborted', async () => {
    const controller = new AbortController();
    const stuck = {
      open() {
        controller.abort();
        return new Promise<never>(() => undefined);
      },
    };
    const given = signInNative({ ...settings, browser: stuck, signal: controller.signal });
    await assert.rejects(given, { code: 'aborted' });
  });

  test("throws the server's error for an error response", async () => {
    const browser = redirectBrowser();
    await assert.rejects(signInNative({ ...settings, scope: 'unknown', browser }), {
      error: 'access_denied',
    });
    assert.equal(browser.closed, true);
  });

  test('reports a window that the user closed as a cancelled sign-in', async () => {
    const close = async () => undefined;
    const browser: Browser = { open: async () => ({ closed: Promise.resolve(), close }) };
    await assert.rejects(signInNative({ ...settings, browser }), (error) => {
      return error instanceof ClientError && error.code === 'cancelled';
    });
  });

  test('times out, and closes a browser that opens too late', async () => {
    let opened: (() => void) | undefined;
    let closed = false;
    const opening = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const browser: Browser = {
      open: async () => {
        await opening;
        const close = async () => {
          closed = true;
        };
        return { closed: new Promise(() => undefined), close };
      },
    };
    // Without a server, so that the window is opening before the time is over.
    const offline = { ...settings, metadata: metadataOf(provider), fetch: async () => new Response() };
    const outcome = assert.rejects(signInNative({ ...offline, browser, timeoutMs: 200 }), {
      code: 'timeout',
      message: 'The sign-in was not finished within 1 seconds.',
      advice: /^See the page in the browser: if the server refused the request/,
    });
    setTimeout(() => opened?.(), 250);
    await outcome;
    assert.equal(closed, true);
  });

  test('tries the sign-in by HEAD alone, and by GET where the server refuses HEAD', async () => {
    for (const [refusesHead, expected] of [
      [false, ['HEAD']],
      [true, ['HEAD', 'GET']],
    ] as const) {
      const methods: (string | undefined)[] = [];
      const noting: Fetch = async (url, init) => {
        if (!url.startsWith(`${provider.issuer}/auth?`)) return fetch(url, init);
        methods.push(init.method);
        return refusesHead && init.method === 'HEAD' ? new Response(null, { status: 405 }) : fetch(url, init);
      };
      await signInNative({ ...settings, fetch: noting, browser: redirectBrowser() });
      assert.deepEqual(methods, expected);
    }
  });

  test('reports a client that the server does not know before a browser opens', async () => {
    const shown: string[] = [];
    const browser = manualBrowser((url) => void shown.push(url));
    const unknown = { issuer: provider.issuer, clientId: 'nobody', scope: 'openid', browser };
    await assert.rejects(signInNative(unknown), { code: 'oauth' });
    const authentication = { method: 'none' } as const;
    await assert.rejects(signInAtCis2({ ...unknown, authentication }), { code: 'oauth' });
    assert.deepEqual(shown, []);
  });

  test('opens no browser if the signal has already fired', async () => {
    let opens = 0;
    const browser = manualBrowser(() => {
      opens += 1;
    });
    await assert.rejects(signInNative({ ...settings, browser, signal: AbortSignal.abort() }), {
      code: 'aborted',
    });
    assert.equal(opens, 0);
  });

  test('refuses a server with another issuer or without PKCE', async () => {
    const browser = redirectBrowser();
    const elsewhere = { ...settings, issuer: provider.issuer.replace('localhost', '127.0.0.1'), browser };
    await assert.rejects(signInNative(elsewhere), { code: 'metadata_invalid' });
    const { code_challenge_methods_supported: _, ...metadata } = metadataOf(provider);
    const plain = { clientId: 'demo-native', metadata, browser };
    await assert.rejects(signInNative(plain), { code: 'metadata_invalid', message: /S256/ });
    const given = { clientId: 'demo-native', scope: 'openid', metadata: metadataOf(provider), browser };
    const tokens = await signInNative(given);
    assert.ok(tokens.accessToken);
  });
});
