import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomToken } from '@alongside/kernel/ids';
import { ada, type TestDesk, testDesk } from '../testing/desk.ts';

/** Creates a session of an agent with this key that was killed. */
function leave({ cis, agent }: TestDesk): string {
  const id = randomToken();
  const had = { roleId: null, pins: 1, heartbeats: 0, ended: null };
  cis.sessions.set(id, { id, uid: ada, key: {}, agentId: agent.id, ...had });
  return id;
}

test('FreshStart ends the sessions of a killed agent when it starts again, and none after a sign-in', async (t) => {
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
  test(`FreshStart reports later if CIS did not respond at the start${signedIn ? ', but not after a sign-in' : ''}`, async (t) => {
    const desk = await testDesk(t);
    const lost = leave(desk);
    desk.cis.down = true;
    await desk.restart();
    assert.equal(desk.cis.sessions.get(lost)?.ended, null);
    desk.cis.down = false;
    if (signedIn) await desk.signIn();
    desk.clock.advance(60);
    await desk.tick();
    // A real CIS has ended the workstation's former session at the sign-in.
    assert.equal(desk.cis.sessions.get(lost)?.ended, signedIn ? null : 'agentStopped');
    assert.equal(desk.cis.live.length, signedIn ? 2 : 0);
  });
