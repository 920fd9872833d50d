import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomToken } from '@alongside/kernel/ids';
import { ada, type TestDesk, testDesk } from '../fixture/desk.ts';

/** A session that an agent of this key had when it was killed. */
function leave({ cis, agent }: TestDesk): string {
  const id = randomToken();
  const had = { roleId: null, pins: 1, heartbeats: 0, ended: null };
  cis.sessions.set(id, { id, uid: ada, key: {}, agentId: agent.id, ...had });
  return id;
}

test('what a killed agent left at CIS ends when it starts again, and nothing after a sign-in', async (t) => {
  const desk = await testDesk(t);
  const lost = leave(desk);
  await desk.restart();
  assert.equal(desk.cis.sessions.get(lost)?.ended, 'agentStopped');
  await desk.signIn();
  const { length } = desk.cis.starts;
  desk.clock.advance(60);
  await desk.tick();
  assert.equal(desk.cis.starts.length, length, 'it is said once');
  assert.equal(desk.cis.live.length, 1);
});

for (const signedIn of [false, true])
  test(`CIS did not answer at the start: it is said later${signedIn ? ', but not after a sign-in' : ''}`, async (t) => {
    const desk = await testDesk(t);
    const lost = leave(desk);
    desk.cis.down = true;
    await desk.restart();
    assert.equal(desk.cis.sessions.get(lost)?.ended, null);
    desk.cis.down = false;
    if (signedIn) await desk.signIn();
    desk.clock.advance(60);
    await desk.tick();
    // The real CIS has ended the former session of the desk with the sign-in.
    assert.equal(desk.cis.sessions.get(lost)?.ended, signedIn ? null : 'agentStopped');
    assert.equal(desk.cis.live.length, signedIn ? 2 : 0);
  });
