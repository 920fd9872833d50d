import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startPlatform } from '../../src/authorisation/testing/platform.ts';
import { examineInAllWindows } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance } from '../testing/instance.ts';
import { authorization, type Form, type Headers, type Server, startServers } from './servers.ts';

let servers: readonly Server[];
before(async () => {
  ({ servers } = await startServers());
});
after(() => Promise.all(servers.map((server) => server.stop())));

/** The headers of a navigation in Chromium, as far as they matter. */
const navigation: Headers = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
};
const { accept } = navigation as { accept: string };

/** Headers that protect a page. */
const protecting = [
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
  'cache-control',
  'cross-origin-opener-policy',
];
const protection = ({ headers }: { headers: Headers }) =>
  Object.fromEntries(protecting.map((name) => [name, headers[name]]));

const unused = 'urn:ietf:params:oauth:request_uri:unknown';
const requests: readonly [string, (id: string) => Form, RegExp][] = [
  ['no client', () => ({}), /no client/],
  ['an unknown client', () => authorization('<b>unknown</b>'), /client is (?:unknown|not known)/],
  [
    'an unregistered address',
    (id) => ({ ...authorization(id), redirect_uri: 'https://evil.test/' }),
    /redirect_uri is not registered/,
  ],
  ['an expired or unknown request_uri', (id) => ({ client_id: id, request_uri: unused }), /request_uri/],
];

const open = (server: Server, form: Form, headers: Headers) =>
  server.get(`${server.issuer}/authorize?${new URLSearchParams(form as Record<string, string>)}`, headers);

describe('errors of the authorization endpoint of CIS2 and /oauth2.1', () => {
  for (const [name, form, says] of requests)
    test(`are a page in a browser: ${name}`, async (t) => {
      const shown = new Map<string, object>();
      for (const server of servers)
        await t.test(server.name, async () => {
          const page = await open(server, form(await server.register()), navigation);
          assert.equal(page.status, 400, page.text);
          assert.match(page.headers['content-type'] ?? '', /^text\/html/);
          assert.match(page.text, says);
          assert.match(page.text, /quote this number: <code>[0-9a-f-]{36}<\/code>/);
          assert.match(page.text, /<dt>Fix<\/dt><dd>[A-Z]/);
          assert.doesNotMatch(page.text, /<b>unknown/);
          shown.set(server.name, protection(page));
        });
      assert.deepEqual(shown.get('/oauth2.1'), shown.get('CIS2'));
      assert.match(JSON.stringify(shown.get('CIS2')), /default-src 'none'.*frame-ancestors 'none'/);
    });
});

describe('errors of /oauth2.1/authorize', () => {
  const rows: readonly [string, Headers, boolean][] = [
    ['a navigation', navigation, true],
    ['a browser without fetch metadata', { accept }, true],
    ['a navigation that prefers JSON', { ...navigation, accept: 'application/json, text/html;q=0.5' }, false],
    ['a request that prefers JSON', { accept: 'text/html;q=0.5, application/json' }, false],
    ['a request that refuses HTML', { accept: 'text/html;q=0, */*' }, false],
    ['a script', { ...navigation, 'sec-fetch-dest': 'empty' }, false],
    ['a frame', { ...navigation, 'sec-fetch-dest': 'iframe' }, false],
    ['a program', { accept: '*/*' }, false],
    ['a program without Accept', {}, false],
  ];
  for (const [name, headers, isPage] of rows)
    test(`are ${isPage ? 'a page' : 'JSON'} for ${name}`, async () => {
      const server = servers.find((one) => one.name === '/oauth2.1') as Server;
      for (const path of ['authorize', 'callback']) {
        const reply = await server.get(`${server.issuer}/${path}?state=unknown`, headers);
        assert.equal(reply.status, 400);
        const type = isPage ? /^text\/html/ : /^application\/json/;
        assert.match(reply.headers['content-type'] ?? '', type, path);
        if (!isPage) assert.deepEqual(Object.keys(reply.body), ['error', 'error_description', 'message_id']);
      }
    });

  test('show no reason in production, and have their style sheet', async () => {
    const platform = await startPlatform({ development: false });
    try {
      const { text } = await platform.call('/oauth2.1/authorize', { headers: navigation });
      assert.match(text, /The request names no client.*Go back to your application/s);
      assert.doesNotMatch(text, /For developers|client_id is missing/);
      const sheet = /<link rel="stylesheet" href="([^"]+)">/.exec(text)?.[1] ?? '';
      const { status, headers } = await platform.call(sheet);
      assert.deepEqual([status, headers.get('content-type')], [200, 'text/css; charset=utf-8']);
    } finally {
      await platform.close();
    }
  });
});

test('errors of /oauth2/authorize stay JSON in a browser, as published', async () => {
  const platform = await startPlatform();
  try {
    for (const path of ['/oauth2/authorize', '/oauth2/callback']) {
      const [shown, plain] = [
        await platform.call(path, { headers: navigation }),
        await platform.call(path, { headers: { accept: '*/*' } }),
      ];
      const withoutId = (text: string) => text.replace(/"message_id":"[^"]+"/, '');
      assert.match(shown.headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(withoutId(shown.text), withoutId(plain.text));
    }
  } finally {
    await platform.close();
  }
});

test('the error page of each server is accessible in Chromium', async () => {
  const [instance, chromium] = await Promise.all([startInstance(), launchBrowser()]);
  try {
    const page = await (await chromium.newContext()).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
    const { cis2Issuer } = instance.state.urls;
    for (const [name, issuer] of [
      ['cis2', cis2Issuer],
      ['oauth2.1', `${instance.urls.api}/oauth2.1`],
    ] as const) {
      await page.goto(`${issuer}/authorize?client_id=${'unknown-'.repeat(12)}`);
      await page.getByRole('heading', { name: 'There is a problem' }).waitFor();
      assert.ok(await page.evaluate('document.styleSheets[0]?.cssRules.length > 50'), 'it has its style');
      await examineInAllWindows(page, `error-of-${name}`);
    }
    assert.deepEqual(complaints, []);
  } finally {
    await chromium.close();
    await instance.stop();
  }
});
