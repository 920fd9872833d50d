import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { createCombined } from './combined.ts';
import { platformAt } from './config.ts';
import { keepFresh } from './fresh.ts';
import { createPds } from './pds.ts';
import { testClock } from './testing/clock.ts';
import { bodyOf, serve } from './testing/server.ts';
import { TokenSet } from './tokens.ts';

/** A platform with single-use refresh tokens, as published; `down` makes the token endpoint fail. */
async function strictPlatform(t: TestContext) {
  const state = { live: 'r0', refreshes: 0, patients: 0, down: 0, lifetime: 599 };
  const server = await serve(() => async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    const say = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url !== '/oauth2/token') {
      state.patients += 1;
      return say(200, { resourceType: 'Patient', id: '9000000009', token: request.headers.authorization });
    }
    state.refreshes += 1;
    if (state.down > 0) return say(503, { error: 'server_error', message_id: 'rrt-1' });
    if (form.get('refresh_token') !== state.live) {
      return say(401, { error: 'invalid_grant', error_description: 'refresh_token is invalid' });
    }
    state.live = `r${state.refreshes}`;
    const tokens = { access_token: `a${state.refreshes}`, refresh_token: state.live, token_type: 'Bearer' };
    say(200, { ...tokens, expires_in: String(state.lifetime), refresh_token_expires_in: '43199' });
  });
  t.after(server.close);
  const clock = testClock();
  const combined = createCombined({
    ...platformAt(`${server.origin}/oauth2`),
    clientId: 'key',
    clientSecret: 'secret',
    redirectUri: 'http://localhost/callback',
    clock,
  });
  const expired = () =>
    new TokenSet({ accessToken: 'a0', expiresAt: clock.now() - 1, refreshToken: 'r0' }).reveal();
  /** One request of a web application, which has read the tokens from the session store itself. */
  const request = (stored = expired()) => {
    const fresh = keepFresh(TokenSet.restore(stored), combined.refresh, { clock });
    return createPds({ baseUrl: server.origin, token: fresh.freshToken }).patient('9000000009');
  };
  return { state, clock, combined, request, expired };
}

const ten = <T>(make: () => Promise<T>) => Array.from({ length: 10 }, make);

describe('refreshing tokens', () => {
  test('spends the refresh token once for ten concurrent requests with their own copies of the expired set', async (t) => {
    const { state, request } = await strictPlatform(t);
    const records = await Promise.all(ten(() => request()));
    assert.deepEqual(new Set(records.map(({ patient }) => patient.token)), new Set(['Bearer a1']));
    assert.deepEqual([state.refreshes, state.patients], [1, 10]);
  });

  test('returns the new set to a request that read the old one just before the new one was stored', async (t) => {
    const { state, clock, request, expired } = await strictPlatform(t);
    const late = expired();
    await request();
    clock.advance(20);
    assert.equal((await request(late)).patient.token, 'Bearer a1');
    assert.equal(state.refreshes, 1);
    clock.advance(20);
    await assert.rejects(request(late), { code: 'sign_in_required' });
  });

  test('does not reuse a set that expires before that', async (t) => {
    const { state, clock, combined, expired } = await strictPlatform(t);
    state.lifetime = 5;
    const old = TokenSet.restore(expired());
    const first = await combined.refresh(old);
    assert.equal(await combined.refresh(old), first);
    clock.advance(6);
    await assert.rejects(combined.refresh(old), { error: 'invalid_grant' });
    assert.equal((await combined.refresh(first)).accessToken, 'a3');
  });

  test('gives concurrent callers the same error, and tries again at the next call', async (t) => {
    const { state, request } = await strictPlatform(t);
    state.down = 1;
    const outcomes = await Promise.allSettled(ten(() => request()));
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
    assert.equal(new Set(reasons).size, 1);
    assert.deepEqual([reasons[0].status, reasons[0].messageId], [503, 'rrt-1']);
    assert.deepEqual([state.refreshes, state.patients], [1, 0]);
    state.down = 0;
    assert.equal((await request()).patient.token, 'Bearer a2');
  });
});
