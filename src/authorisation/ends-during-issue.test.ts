import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createGate, type Gate } from '../../test/testing/gate.ts';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { assertError, codeOf, codeRequest, tokensOf } from './testing/journeys.ts';
import { type Platform, startPlatform } from './testing/platform.ts';
import { careWorker } from './testing/provider.ts';

// On PostgreSQL two transactions run at once. A lock holds the tokens where their batch has looked for ended sessions.
let postgres: TestDatabases;
let platform: Platform;
let gate: Gate;
before(async () => {
  postgres = await sharePostgres();
  const database = await postgres.create('ends_during_issue');
  platform = await startPlatform({ database });
  gate = await createGate(database, 'BEFORE INSERT ON token_grant');
});
after(async () => {
  await gate.remove();
  await platform.close();
  await postgres.stop();
});

async function logout(sid: string) {
  const form = { logout_token: await platform.provider.logoutToken({ sid }) };
  return () => platform.post('/oauth2/backchannel_logout', form);
}

test('the end of a session includes the tokens that are being stored', async () => {
  platform.provider.state.person = { ...careWorker, sid: 'ends-later' };
  const end = await logout('ends-later');
  const code = await codeOf(platform);
  await gate.close();
  const redeemed = platform.post('/oauth2/token', codeRequest(code));
  await gate.untilWaiting(1, redeemed);
  const ended = end();
  await gate.untilWaiting(2, redeemed, ended);
  await gate.open();
  const { status, body } = await redeemed;
  assert.equal(status, 200);
  assert.equal((await ended).status, 200);
  for (const token of [body.access_token, body.refresh_token]) {
    const record = await platform.tokens.find(String(token));
    assert.ok(record && !platform.tokens.isLive(record));
  }
});

test('a session that has ended gets no tokens for its code', async () => {
  platform.provider.state.person = { ...careWorker, sid: 'ends-first' };
  await tokensOf(platform);
  const code = await codeOf(platform);
  assert.equal((await (await logout('ends-first'))()).status, 200);
  const refused = await platform.post('/oauth2/token', codeRequest(code));
  await assertError(platform, refused, 400, 'invalid_grant', 'authorization_code is invalid');
});
