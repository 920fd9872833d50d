import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { authorizeRequest, throughBrowser } from '../testing/journeys.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

// The regression list: addresses that other servers took for the registered one.
let client: StandardClient;
before(async () => {
  client = await startStandardClient();
  const callbackUrls = ['https://client.test/app/callback?tenant=1'];
  await client.platform.applications.add(applicationOf('registered', { callbackUrls }));
  await client.platform.applications.add(
    applicationOf('registered-web', { profile: 'standard', callbackUrls }),
  );
});
after(() => client.platform.close());

const own = 'https://client.test/app/callback?tenant=1';
// biome-ignore format: a table, one row a line
const rows: [string, string][] = [
  ['CVE-2023-6291: the registered one as a prefix', `${own}.evil.test`],
  ['CVE-2023-6291: user info before another host', 'https://client.test@evil.test/app/callback?tenant=1'],
  ['CVE-2023-6927: a wildcard', 'https://client.test/*'],
  ['CVE-2024-1132: ..%2F climbs out', 'https://client.test/app/callback%2F..%2F..%2Fevil?tenant=1'],
  ['CVE-2024-1132: an encoded dot', 'https://client.test/app/%2e%2e/app/callback?tenant=1'],
  ['CVE-2024-8883: localhost@evil', 'http://localhost@evil.test/app/callback?tenant=1'],
  ['CVE-2022-3782: encoded twice', 'https://client.test/app%252Fcallback?tenant=1'],
  ['CVE-2026-3872: ..;/ is a path of some servers', 'https://client.test/app/..;/app/callback?tenant=1'],
  ['CVE-2024-52289: a dot is no pattern', 'https://clientXtest/app/callback?tenant=1'],
  ['CVE-2020-15233: a loopback address in its place', 'http://127.0.0.1/app/callback?tenant=1'],
  ['CVE-2020-15234: another case of its path', 'https://client.test/App/Callback?tenant=1'],
  ['CVE-2020-15234: another case of its host', 'https://CLIENT.test/app/callback?tenant=1'],
  ['CVE-2022-23527: a tab', 'https://client.test/app/callback?tenant=1\t'],
  ['CVE-2022-23527: a backslash for a slash', 'https://client.test\\@evil.test/app/callback?tenant=1'],
  ['CVE-2026-54072: no address of any client', 'https://evil.test/app/callback?tenant=1'],
  ['CVE-2026-67333: javascript:', 'javascript:alert(1)'],
  ['data:', 'data:text/html,x'],
  ['oidcc-redirect-uri-query-mismatch', 'https://client.test/app/callback?tenant=2'],
  ['oidcc-redirect-uri-query-added', `${own}&more=1`],
  ['its query left out', 'https://client.test/app/callback'],
  ['oidcc-redirect-uri-regfrag: a fragment', `${own}#x`],
  ['a port', 'https://client.test:443/app/callback?tenant=1'],
  ['plain http', 'http://client.test/app/callback?tenant=1'],
  ['a slash at its end', 'https://client.test/app/callback/?tenant=1'],
  ['a space before it', ` ${own}`],
  ['a line break in it', 'https://client.test/app/callback?tenant=1\r\nlocation: https://evil.test'],
];
for (const [path, id] of [
  ['/oauth2', 'registered'],
  ['/oauth2.1', 'registered-web'],
] as const)
  describe(`redirect_uri at ${path}: never redirected to`, () => {
    const request = (redirectUri: string): Record<string, string> => ({
      ...(id === 'registered' ? authorizeRequest(id) : client.requestOf(id, { state: 's' })),
      redirect_uri: redirectUri,
    });
    test('redirects to the registered one, with its query', async () => {
      const { location } = await throughBrowser(client.platform, `${path}/authorize`, request(own));
      assert.ok(location?.href.startsWith(`${own}&code=`), String(location));
    });
    for (const [name, redirectUri] of rows)
      test(name, async () => {
        const answer = await client.platform.get(`${path}/authorize`, request(redirectUri));
        assert.deepEqual([answer.status, answer.headers.get('location')], [400, null]);
        assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
        assert.ok(!answer.text.includes('evil'), answer.text);
      });
    test('doorkeeper 61: renders the error of prompt=none instead of redirecting', async () => {
      const answer = await client.platform.get(`${path}/authorize`, {
        ...request('https://evil.test/'),
        prompt: 'none',
        response_type: 'odd',
      });
      assert.equal(answer.headers.get('location'), null);
    });
  });
