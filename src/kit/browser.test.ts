import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Browser } from './browser.ts';

interface Received {
  at: string;
  headers: IncomingHttpHeaders;
}

let received: Received[] = [];

/** An application with a session cookie: GET shows a page, or redirects to `to`. */
async function startApplication(): Promise<{ origin: string; server: Server }> {
  const server = createServer(({ method, url = '/', headers }, answer) => {
    received.push({ at: `${method} ${url}`, headers });
    const to = new URL(url, 'http://127.0.0.1').searchParams.get('to');
    answer.setHeader('set-cookie', 'session=1; Path=/; SameSite=Lax');
    if (to) answer.writeHead(303, { location: to });
    answer.end('<p>A page</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('a form in a browser without a window', () => {
  let own: Awaited<ReturnType<typeof startApplication>>;
  let other: Awaited<ReturnType<typeof startApplication>>;
  let browser: Browser;
  before(async () => {
    [own, other] = await Promise.all([startApplication(), startApplication()]);
  });
  after(() => {
    for (const one of [own, other]) one?.server.close().closeAllConnections();
  });
  beforeEach(async () => {
    browser = new Browser([]);
    await browser.go(own.origin);
    received = [];
  });

  const fields = new URLSearchParams({ a: '1' });
  /** Returns what the servers received: method and path, site, origin and cookie. */
  const seen = () =>
    received.map(({ at, headers }) => [
      at,
      headers['sec-fetch-site'],
      headers.origin,
      headers.cookie ?? 'no cookie',
    ]);

  test('of the same origin has its cookies and its origin', async () => {
    await browser.post(`${own.origin}/save`, fields, new URL(`${own.origin}/form`));
    assert.deepEqual(seen(), [['POST /save', 'same-origin', own.origin, 'session=1']]);
  });

  test('of another port is of the same site, as browsers define it', async () => {
    await browser.post(`${own.origin}/save`, fields, new URL(other.origin));
    assert.deepEqual(seen(), [['POST /save', 'same-site', other.origin, 'session=1']]);
  });

  test('of another host or scheme, or of no page, has no Lax cookie', async () => {
    const { port } = new URL(other.origin);
    for (const from of [`http://localhost:${port}`, `https://127.0.0.1:${port}`])
      await browser.post(`${own.origin}/save`, fields, new URL(from));
    await browser.post(`${own.origin}/save`, fields);
    for (const [, site, , cookie] of seen()) assert.deepEqual([site, cookie], ['cross-site', 'no cookie']);
    assert.equal(received.length, 3);
  });

  test('is of the same site again after a redirect to another port and back, never of the same origin', async () => {
    const back = `${other.origin}/?to=${own.origin}/done`;
    await browser.post(`${own.origin}/save?to=${encodeURIComponent(back)}`, fields, new URL(own.origin));
    assert.deepEqual(
      seen().map(([, site]) => site),
      ['same-origin', 'same-site', 'same-site'],
    );
  });
});
