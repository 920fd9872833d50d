import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createGate, type Gate } from '../../../test/testing/gate.ts';
import { sharePostgres, type TestDatabases } from '../../../test/testing/postgres.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { choice, next } from '../testing/journey.ts';
import { otherProcess } from '../testing/other-process.ts';
import { gp, nurse, nurseRole } from '../testing/people.ts';

// On PostgreSQL two transactions run at once. A lock holds each where it has read what the other is about to write.
let postgres: TestDatabases;
let cis2: Instance;
let gate: Gate;
before(async () => {
  postgres = await sharePostgres();
  const setting = await postgres.create('ends');
  cis2 = await startInstance({}, setting);
  // A sign-in spends its values after it looked for notes; a second note updates the first.
  gate = await createGate(setting, 'BEFORE UPDATE ON single_use');
});
after(async () => {
  await gate.remove();
  await cis2.stop();
  await postgres.stop();
});

const endAll = (): Promise<Reply> =>
  send('DELETE', `${cis2.origin}/cis2/people/${nurse.uid}/sessions`, {
    authorization: `Bearer ${consoleSecret}`,
  });

/** Proves a user without a smartcard. Returns the answer that completes the sign-in. */
async function provedSignIn(): Promise<() => Promise<Reply>> {
  const browser = new Browser();
  const client = await cis2.register();
  cis2.agent.idle();
  const asked = { scope: 'openid selectedrole', prompt: 'login' };
  const page = await browser.post(`${await choice(cis2, browser, client, asked)}/persona/answer`, {
    uid: nurse.uid,
  });
  return () => browser.post(page.location, { role: nurseRole.roleId });
}

test('the end of all sessions of a person includes the one of a sign-in that is being stored', async () => {
  const complete = await provedSignIn();
  cis2.clock.advance(1);
  await gate.close();
  const signIn = complete();
  await gate.untilWaiting(1, signIn);
  const ending = endAll();
  await gate.untilWaiting(2, signIn, ending);
  await gate.open();
  assert.ok(next(await signIn).location.includes('code='));
  assert.equal((await ending).status, 200);
  assert.deepEqual(await otherProcess(cis2).sessions.ofPerson(nurse.uid), []);
});

test('the end of a CIS session includes the one of a sign-in that is being stored', async () => {
  const client = await cis2.register();
  const browser = new Browser();
  const sessionId = await cis2.agent.signIn(gp.uid);
  const hop = await browser.get(cis2.authorizeUrl(client));
  const back = await cis2.agent.answer(hop.location);
  await gate.close();
  const signIn = browser.get(back);
  await gate.untilWaiting(1, signIn);
  const ended = { sessionId, agentId: cis2.agent.id, uid: gp.uid, cause: 'cardRemoved' } as const;
  const ending = cis2.sessionEnded({ ...ended, generation: 'hscn' });
  await gate.untilWaiting(2, signIn, ending);
  await gate.open();
  assert.ok((await signIn).location.includes('code='));
  assert.equal((await ending).status, 200);
  assert.deepEqual(await otherProcess(cis2).sessions.ofCisSession(sessionId), []);
});

test('a sign-in that was proved before is refused while the end of all sessions is being stored', async () => {
  await endAll();
  cis2.clock.advance(1);
  const complete = await provedSignIn();
  cis2.clock.advance(1);
  await gate.close();
  const ending = endAll();
  await gate.untilWaiting(1, ending);
  const signIn = complete();
  await gate.untilWaiting(2, signIn, ending);
  await gate.open();
  assert.equal((await ending).status, 200);
  assert.equal((await signIn).status, 403);
});
