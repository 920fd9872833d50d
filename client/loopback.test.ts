import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import type { LoopbackPaths } from './loopback.ts';
import { listenOnLoopback } from './loopback.ts';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece) => {
        body += piece;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    call.on('error', reject);
    call.end();
  });
}

async function listen(t: { after(done: () => Promise<void>): void }, paths?: LoopbackPaths) {
  const loopback = await listenOnLoopback(paths);
  t.after(loopback.close);
  const start = loopback.begin('https://server.example.test/authorize?state=s', 's');
  return { ...loopback, start, origin: new URL(loopback.redirectUri).origin };
}

describe('listenOnLoopback', () => {
  test('listens on a free port of 127.0.0.1 and accepts one response', async (t) => {
    const { redirectUri, answer, origin, donePageSent } = await listen(t);
    assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const reply = await ask(`${redirectUri}?code=c&state=s`);
    assert.equal((await answer).get('code'), 'c');
    assert.equal(reply.status, 302);
    assert.equal(reply.headers.location, '/done', 'the code does not stay in the address bar');
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.equal(reply.headers['referrer-policy'], 'no-referrer');
    const done = await ask(`${origin}/done`);
    await donePageSent;
    assert.equal(done.status, 200);
    assert.match(done.body, /You can go back to the application/);
    assert.match(done.body, /window\.close\(\)/);
    assert.match(
      String(done.headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    assert.ok(!done.body.includes('code=c'));
  });

  test('ignores a second response', async (t) => {
    const { redirectUri, answer } = await listen(t);
    await ask(`${redirectUri}?code=first&state=s`);
    assert.equal((await ask(`${redirectUri}?code=second&state=s`)).status, 410);
    assert.equal((await answer).get('code'), 'first');
  });

  test('refuses other paths, methods, hosts and callers, which do not use up the response', async (t) => {
    const { redirectUri, answer, origin } = await listen(t);
    const refused: [string, Parameters<typeof ask>[1], number][] = [
      [`${origin}/`, {}, 404],
      [`${origin}/favicon.ico`, {}, 404],
      [`${origin}/callback/?code=x`, {}, 404],
      [`${origin}/CALLBACK?code=x`, {}, 404],
      [`${origin}/callbackx?code=x`, {}, 404],
      [`${origin}/done`, {}, 404],
      [`${redirectUri}?code=x`, { method: 'POST' }, 405],
      [`${redirectUri}?code=x`, { method: 'OPTIONS' }, 405],
      [`${redirectUri}?code=x`, { headers: { host: 'evil.example.test' } }, 421],
      [
        `${redirectUri}?code=x`,
        { headers: { host: new URL(origin).host.replace('127.0.0.1', 'localhost') } },
        421,
      ],
      [`${redirectUri}?code=x`, { headers: { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' } }, 403],
      [
        `${redirectUri}?code=x`,
        { headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' } },
        403,
      ],
      [`${redirectUri}?code=${'x'.repeat(17_000)}`, {}, 414],
    ];
    for (const [url, options, status] of refused) assert.equal((await ask(url, options)).status, status, url);
    await ask(`${redirectUri}?code=right&state=s`);
    assert.equal((await answer).get('code'), 'right');
  });

  test('shows that the sign-in did not finish', async (t) => {
    const { redirectUri, origin } = await listen(t);
    await ask(`${redirectUri}?error=access_denied&error_description=%3Cscript%3E&state=s`);
    const { body } = await ask(`${origin}/done`);
    assert.match(body, /did not finish/);
    assert.ok(!body.includes('access_denied'), 'nothing of the request is shown');
  });

  test('uses the configured paths and no others', async (t) => {
    const { redirectUri, origin } = await listen(t, { callback: '/a/b', done: '/a/c' });
    assert.ok(redirectUri.endsWith('/a/b'));
    assert.equal((await ask(`${redirectUri}?code=1&state=s`)).headers.location, '/a/c');
    assert.equal((await ask(`${origin}/callback`)).status, 404);
    for (const paths of [{ callback: 'x' }, { callback: '/x?y' }, { done: '/callback' }]) {
      await assert.rejects(listenOnLoopback(paths), { code: 'settings_invalid' });
    }
  });

  test('redirects to the sign-in once, from an address that shows nothing of it', async (t) => {
    const { start, origin } = await listen(t);
    assert.match(start, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
    assert.equal((await ask(start, { headers: { 'sec-fetch-dest': 'iframe' } })).status, 403);
    assert.equal((await ask(`${origin}/${'x'.repeat(43)}`)).status, 404);
    const reply = await ask(start);
    assert.equal(reply.status, 302);
    assert.equal(reply.headers.location, 'https://server.example.test/authorize?state=s');
    assert.equal(reply.headers['referrer-policy'], 'no-referrer');
    const again = await ask(start);
    assert.equal(again.status, 410);
    assert.match(again.body, /This address was used/);
  });

  test('refuses any number of responses with another state, and goes on waiting', async (t) => {
    const { redirectUri, answer, strangers } = await listen(t);
    const queries = ['code=x', 'code=x&state=other', 'code=x&state=s&state=s', 'error=access_denied'];
    for (let round = 0; round < 25; round += 1)
      for (const query of queries) {
        const reply = await ask(`${redirectUri}?${query}`);
        assert.equal(reply.status, 400, query);
        assert.match(reply.body, /does not belong to the sign-in/);
      }
    assert.equal(strangers(), 100);
    await ask(`${redirectUri}?code=right&state=s`);
    assert.equal((await answer).get('code'), 'right');
  });

  // Only root can act as another user; client/peer-user.test.ts covers the rest.
  if (process.getuid?.() === 0 && process.platform === 'linux')
    test('refuses another user of the machine, who uses up nothing', async (t) => {
      const { start, redirectUri, answer } = await listen(t);
      const script = `fetch(process.argv[1], { redirect: 'manual' }).then(({ status }) => console.log(status))`;
      for (const url of [start, `${redirectUri}?code=theirs&state=s`]) {
        const child = spawn('node', ['-e', script, url], { uid: 65_534, gid: 65_534, cwd: '/' });
        const [status] = await once(child.stdout, 'data');
        assert.equal(String(status).trim(), '403', url);
      }
      assert.equal((await ask(start)).status, 302);
      await ask(`${redirectUri}?code=ours&state=s`);
      assert.equal((await answer).get('code'), 'ours');
    });

  test('stops listening when closed', async () => {
    const { redirectUri, close } = await listenOnLoopback();
    await close();
    await assert.rejects(ask(redirectUri), { code: 'ECONNREFUSED' });
  });
});
