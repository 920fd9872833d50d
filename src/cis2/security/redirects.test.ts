import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser, send } from '../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import { onward } from '../testing/webauthn-wire.ts';

// Published vulnerabilities of other providers: responses go only to registered addresses, byte for byte.
let cis2: Instance;
let web: Cis2Registration;
let native: Cis2Registration;
let standard: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  web = await cis2.register({
    redirectUris: ['https://app.example.test/callback'],
    postLogoutRedirectUris: ['https://app.example.test/out'],
  });
  native = await cis2.register({
    applicationType: 'native',
    redirectUris: ['http://127.0.0.1/done', 'com.example.app:/done'],
  });
  standard = await cis2.register({
    profile: 'standard',
    redirectUris: ['https://app.example.test/callback'],
  });
});
after(() => cis2.stop());

const addresses: [string, string][] = [
  [
    'CVE-2023-6291, a prefix of the registered one is not enough',
    'https://app.example.test/callback.evil.example',
  ],
  ['CVE-2023-6291, another path below it', 'https://app.example.test/callback/../../evil'],
  ['CVE-2023-6927, a wildcard', 'https://app.example.test/*'],
  ['CVE-2024-1132, an encoded step up', 'https://app.example.test/callback/..%2Fevil'],
  ['CVE-2024-8883, localhost as a user name', 'http://localhost@evil.example/callback'],
  ['CVE-2022-3782, encoded twice', 'https://app.example.test/callback/%252E%252E/evil'],
  ['CVE-2026-3872, a path parameter', 'https://app.example.test/callback/..;/evil'],
  ['CVE-2024-52289, a dot that is any character', 'https://appxexample.test/callback'],
  ['CVE-2020-15234, another case', 'https://app.example.test/Callback'],
  ['CVE-2022-23527, a tab that browsers drop', 'https://app.example.test/\t/evil.example'],
  ['CVE-2022-23527, without a scheme', '//evil.example'],
  ['CVE-2026-54072, an address of somebody else', 'https://evil.example/'],
  ['CVE-2026-67333, a script', 'javascript:alert(document.cookie)'],
  ['CVE-2024-21637, data', 'data:text/html,<script>alert(1)</script>'],
];

describe('authorization endpoint with a redirect_uri that is not registered', () => {
  for (const [name, uri] of addresses)
    test(name, async () => {
      for (const more of [
        {},
        { prompt: 'none' },
        { response_mode: 'form_post' },
        { response_mode: 'query.jwt' },
        { scope: 'x' },
      ]) {
        const reply = await new Browser().get(cis2.authorizeUrl(web, { redirect_uri: uri, ...more }));
        assert.deepEqual([reply.status, reply.location], [400, '']);
        assert.ok(!reply.body.includes(`action="${uri}"`) && !reply.body.includes(`href="${uri}"`));
      }
      const form = {
        client_id: standard.clientId,
        client_secret: secret,
        response_type: 'code',
        scope: 'openid',
        redirect_uri: uri,
      };
      assert.equal((await new Browser().post(`${cis2.issuer}/par`, form)).status, 400);
    });
  test('doorkeeper #61: returns the error of prompt=none to no unregistered address', async () => {
    const reply = await new Browser().get(
      cis2.authorizeUrl(web, { redirect_uri: 'https://evil.example/', prompt: 'none' }),
    );
    assert.deepEqual([reply.status, reply.location], [400, '']);
  });
});

describe('loopback address of a native application (CVE-2020-15233)', () => {
  const rows: [string, boolean][] = [
    ['http://127.0.0.1:5000/done', true],
    ['http://127.0.0.1:5000/evil', false],
    ['http://127.0.0.1:5000@evil.example/done', false],
    ['https://127.0.0.1:5000/done', false],
    ['http://127.0.0.1.nip.example:5000/done', false],
    ['http://0.0.0.0:5000/done', false],
    ['http://localhost:5000/done', false],
    ['com.example.app:/done', true],
    ['com.example.app:/done/more', false],
    ['com.example.app.evil:/done', false],
  ];
  for (const [uri, fits] of rows)
    test(`${fits ? 'accepts' : 'rejects'} ${uri}`, async () => {
      const reply = await new Browser().get(cis2.authorizeUrl(native, { redirect_uri: uri, prompt: 'none' }));
      assert.equal(reply.status, fits ? 302 : 400);
    });
});

describe('sign-out', () => {
  for (const [name, uri] of addresses)
    test(name, async () => {
      const query = new URLSearchParams({ client_id: web.clientId, post_logout_redirect_uri: uri });
      const reply = await send('GET', `${cis2.issuer}/connect/endSession?${query}`);
      assert.equal(reply.location, '');
      assert.ok(!reply.body.includes(`href="${uri}"`) && !reply.body.includes(`url=${uri}`));
    });
});

describe('script injection into a page', () => {
  const script = '"><script>alert(1)</script>';
  test('oidc-provider issue 489, dex pull request 2468: escapes state and other values in the error page', async () => {
    for (const name of ['client_id', 'redirect_uri', 'state', 'scope', 'nonce']) {
      const { body } = await new Browser().get(
        cis2.authorizeUrl(web, { redirect_uri: 'https://evil.example/', [name]: script }),
      );
      assert.ok(!body.includes('<script>alert'), name);
    }
  });
  test('CVE-2026-42849, CVE-2024-21637: escapes state in the form of form_post', async () => {
    const { body, headers } = await new Browser().get(
      cis2.authorizeUrl(web, { response_mode: 'form_post', prompt: 'none', state: script }),
    );
    assert.ok(!body.includes('<script>alert'));
    assert.match(String(headers['content-security-policy']), /script-src 'sha256-/);
  });
});

describe('CVE-2026-29191: page that posts a response', () => {
  const decoded = (text: string) =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
  for (const state of [
    '"><script>alert(1)</script>',
    "' onfocus='alert(1)' autofocus='",
    '"></form><form action="https://evil.example/"><input name="x',
    '"><base href="https://evil.example/">',
    '"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '&quot;&gt;&lt;script&gt;',
    '</title><script>alert(1)</script>\r\n<!--',
    '" formaction="javascript:alert(1)" type="submit',
  ])
    for (const [name, more] of [
      ['error', { scope: 'openid nothing' }],
      ['code', {}],
    ] as const)
      test(`posts the value as text to the registered address: ${name}, ${JSON.stringify(state)}`, async () => {
        const browser = new Browser();
        await cis2.agent.signIn(gp.uid);
        const { body, headers } = await cis2.signIn(browser, web, {
          response_mode: 'form_post',
          state,
          ...more,
        });
        // The parsed page has one form with one target, one script, and hidden fields with the state in one of them.
        assert.deepEqual(body.match(/<form[^>]*>/gi), [
          `<form method="post" action="${web.redirectUris[0]}">`,
        ]);
        assert.deepEqual(body.match(/<script[^>]*>[^<]*/gi), ['<script>document.forms[0].submit()']);
        assert.equal(body.match(/<(base|iframe|object|embed|svg|img)/gi), null);
        const fields = [...body.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
        assert.equal(fields.length, body.match(/<input/gi)?.length);
        const values = new Map(fields.map(([, key = '', value = '']) => [key, decoded(value)]));
        assert.equal(values.get('state'), state);
        assert.ok(values.has(name));
        const policy = String(headers['content-security-policy']);
        // https is allowed because an application may redirect on; http is not.
        assert.match(policy, /form-action 'self' https:\/\/app\.example\.test https:(;|$)/);
        assert.match(policy, /base-uri 'none'/);
        assert.ok(!/unsafe-inline/.test(policy.replace(/style-src[^;]*/, '')));
      });
});

describe('requests that a browser could trigger (CVE-2020-10770)', () => {
  test('does not fetch a request_uri', async () => {
    let fetched = 0;
    const server = createServer((_, response) => {
      fetched += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      for (const client of [web, standard])
        await new Browser().get(cis2.authorizeUrl(client, { request_uri: `http://127.0.0.1:${port}/` }));
      assert.equal(fetched, 0);
    } finally {
      server.close();
    }
  });
});

describe('an address that is removed from the registration', () => {
  const removeAddress = async ({ clientId }: Cis2Registration): Promise<void> => {
    const found = await cis2.applications.byCis2Client(clientId);
    assert.ok(found?.cis2);
    const redirectUris = ['https://app.example.test/new'];
    const changed = { ...found, cis2: { ...found.cis2, redirectUris } };
    assert.ok(await cis2.applications.replace(changed, found.revision));
  };

  test('gets neither the code nor the error of a sign-in in progress', async () => {
    for (const answer of ['cancel', 'card'] as const) {
      const rp = await cis2.register({ firstAuthenticator: 'choose' });
      cis2.agent.idle();
      const browser = new Browser();
      const { location } = await browser.get(cis2.authorizeUrl(rp));
      await cis2.agent.signIn(gp.uid);
      const hop = await browser.get(`${location}/smartcard`);
      await removeAddress(rp);
      const reply =
        answer === 'cancel'
          ? await browser.post(location, { cancel: '1' })
          : await browser.get(await cis2.agent.answer(hop.location));
      assert.deepEqual([reply.status, reply.location, onward(reply)], [400, '', ''], answer);
      assert.doesNotMatch(reply.body, /app\.example\.test\/callback\?/);
    }
  });
  test('redeems no code that was sent to it', async () => {
    const rp = await cis2.register();
    await cis2.agent.signIn(gp.uid);
    const code = codeOf(await cis2.signIn(new Browser(), rp));
    await removeAddress(rp);
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      client_id: rp.clientId,
      client_secret: secret,
      redirect_uri: rp.redirectUris[0] ?? '',
    });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await send('POST', `${cis2.issuer}/access_token`, type, String(body));
    assert.deepEqual([reply.status, JSON.parse(reply.body).error], [400, 'invalid_grant']);
  });
});
