import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetchHeader, handOffPath } from '../protocol.ts';
import { type TestDesk, testDesk } from '../testing/desk.ts';

const on = { fetchTransport: true };
const call = (desk: TestDesk, jws: string, headers: Record<string, string | undefined> = {}, body?: string) =>
  desk.visit(handOffPath, {
    method: 'POST',
    headers: {
      origin: desk.cis2.origin,
      'content-type': 'application/json',
      [fetchHeader]: '1',
      'sec-fetch-dest': 'empty',
      'sec-fetch-mode': 'cors',
      ...headers,
    },
    body: body ?? JSON.stringify({ request: jws }),
  });
const preflight = (desk: TestDesk, headers: Record<string, string | undefined> = {}) =>
  desk.visit(handOffPath, {
    method: 'OPTIONS',
    headers: {
      origin: desk.cis2.origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': `content-type,${fetchHeader}`,
      ...headers,
    },
  });

describe('the hand-off by fetch, if enabled', () => {
  test("returns the next address to CIS2's own page: silently, or a page of the agent", async (t) => {
    const desk = await testDesk(t, on);
    const asked = await call(desk, (await desk.cis2.request()).jws);
    assert.equal(asked.status, 200);
    assert.match(
      (JSON.parse(asked.body) as { location: string }).location,
      new RegExp(`^${desk.origin}/interaction/`),
    );
    await desk.signIn();
    const silent = await call(desk, (await desk.cis2.request()).jws);
    assert.equal(silent.headers['access-control-allow-origin'], desk.cis2.origin);
    assert.equal(silent.headers.vary, 'Origin');
    assert.equal(silent.headers['access-control-allow-credentials'], undefined);
    const { location } = JSON.parse(silent.body) as { location: string };
    assert.ok(location.startsWith(`${desk.cis2.origin}/agent/return?code=`));
    assert.equal(desk.cis2.proofs.length, 1);
  });

  test('allows a preflight of that page, with the header for older browsers', async (t) => {
    const desk = await testDesk(t, on);
    const { status, headers } = await preflight(desk);
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], desk.cis2.origin);
    assert.equal(headers['access-control-allow-methods'], 'POST');
    assert.equal(headers['access-control-allow-headers'], `content-type, ${fetchHeader}`);
    assert.equal(headers['access-control-allow-private-network'], undefined);
    const old = await preflight(desk, { 'access-control-request-private-network': 'true' });
    assert.equal(old.headers['access-control-allow-private-network'], 'true');
  });

  test('serves no other origin, and hides the refusal from it', async (t) => {
    const desk = await testDesk(t, on);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    for (const origin of [
      'https://evil.example',
      'null',
      desk.origin,
      `${desk.cis2.origin}.evil.example`,
      undefined,
    ]) {
      for (const answer of [await call(desk, jws, { origin }), await preflight(desk, { origin })]) {
        assert.equal(answer.status, 403, String(origin));
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
    }
    assert.equal((await preflight(desk, { 'access-control-request-method': 'DELETE' })).status, 403);
    assert.equal(desk.cis2.proofs.length, 0);
  });

  test('refuses requests that need no preflight, and bodies other than one JWS', async (t) => {
    const desk = await testDesk(t, on);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    const cases: [string, number, Promise<{ status: number }>][] = [
      ['a simple media type', 400, call(desk, jws, { 'content-type': 'text/plain' })],
      ['without the header', 400, call(desk, jws, { [fetchHeader]: undefined })],
      ['no-cors', 403, call(desk, jws, { 'sec-fetch-mode': 'no-cors' })],
      ['no JSON', 400, call(desk, jws, {}, '{')],
      ['no request', 400, call(desk, jws, {}, '{}')],
      ['a list', 400, call(desk, jws, {}, JSON.stringify({ request: [jws] }))],
      ['null', 400, call(desk, jws, {}, 'null')],
      ['too long', 400, call(desk, jws, {}, JSON.stringify({ request: 'a'.repeat(20_000) }))],
    ];
    for (const [what, status, answer] of cases) assert.equal((await answer).status, status, what);
    assert.equal((await call(desk, jws)).status, 200, 'none of them used the request up');
    const replayed = await call(desk, jws);
    assert.equal(replayed.status, 409);
    assert.equal((JSON.parse(replayed.body) as { error: string }).error, 'request_reused');
    assert.equal(replayed.headers['access-control-allow-origin'], desk.cis2.origin, 'the page may read why');
  });

  test('works together with navigation, with the same single use', async (t) => {
    const desk = await testDesk(t, on);
    await desk.signIn();
    const { jws } = await desk.cis2.request();
    assert.equal((await desk.handOff(jws)).status, 302);
    assert.equal((await call(desk, jws)).status, 409);
  });
});
