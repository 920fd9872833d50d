import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { choice, next } from '../testing/journey.ts';
import { otherProcess } from '../testing/other-process.ts';
import { gp, nurse, nurseRole } from '../testing/people.ts';

let cis2: Instance;
let client: Cis2Registration;
let standard: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
  standard = await cis2.register({ profile: 'standard' });
  await otherProcess(cis2).lookForGonePeople();
});
after(() => cis2.stop());
afterEach(() => {
  cis2.cis.people.set(nurse.uid, nurse);
});

/** Proves a user without a smartcard, and so without a session at CIS. Returns the page that the sign-in waits at. */
async function prove(
  browser: Browser,
  parameters: Record<string, string>,
  { uid = nurse.uid, party = client } = {},
): Promise<Reply> {
  cis2.agent.idle();
  return browser.post(`${await choice(cis2, browser, party, parameters)}/persona/answer`, { uid });
}

const endAll = (uid = nurse.uid): Promise<Reply> => {
  cis2.clock.advance(1);
  return send('DELETE', `${cis2.origin}/cis2/people/${uid}/sessions`, {
    authorization: `Bearer ${consoleSecret}`,
  });
};
const atRole = { scope: 'openid selectedrole', prompt: 'login' };
const atConfirm = { scope: 'openid', prompt: 'consent login' };
const chooseRole = (browser: Browser, page: Reply): Promise<Reply> =>
  browser.post(page.location, { role: nurseRole.roleId });
const hasCode = (reply: Reply): boolean => next(reply).location.includes('code=');

describe('the end of all sessions of a person', () => {
  test('refuses a sign-in that waits for a role or a confirmation, and accepts the next sign-in', async () => {
    const browser = new Browser();
    const page = await prove(browser, atRole);
    assert.match(page.location, /\/role$/);
    const other = new Browser();
    const confirm = await prove(other, atConfirm, { party: standard });
    assert.match(confirm.location, /\/confirm$/);
    assert.equal((await endAll()).status, 200);
    const refused = await chooseRole(browser, page);
    assert.deepEqual([refused.status, hasCode(refused)], [403, false]);
    assert.match(refused.body, /session_ended/);
    assert.equal((await other.post(confirm.location, { answer: 'yes' })).status, 403);
    assert.equal((await otherProcess(cis2).sessions.ofPerson(nurse.uid)).length, 0);
    // A proof after the end is a new sign-in, also in the same browser.
    assert.ok(hasCode(await chooseRole(browser, await prove(browser, atRole))));
  });
  test('leaves the waiting sign-ins of other people', async () => {
    const browser = new Browser();
    const page = await prove(browser, atRole);
    await endAll(gp.uid);
    assert.ok(hasCode(await chooseRole(browser, page)));
  });
  test('refuses a waiting sign-in also in a browser that signed in again since', async () => {
    const browser = new Browser();
    const page = await prove(browser, atRole);
    await endAll();
    await chooseRole(browser, await prove(browser, atRole));
    assert.equal((await chooseRole(browser, page)).status, 403);
  });
});

describe('a person who is disabled and enabled again', () => {
  const flash = () => {
    cis2.clock.advance(1);
    cis2.cis.changed.push(nurse.uid);
    cis2.cis.gone.push(nurse.uid);
  };
  test('has no session after the next round', async () => {
    const { sessions, lookForGonePeople } = otherProcess(cis2);
    await chooseRole(new Browser(), await prove(new Browser(), atRole));
    const browser = new Browser();
    await chooseRole(browser, await prove(browser, atRole));
    assert.ok((await sessions.ofPerson(nurse.uid)).length > 0);
    flash();
    await lookForGonePeople();
    assert.equal((await sessions.ofPerson(nurse.uid)).length, 0);
  });
  test('cannot finish a sign-in that was proved before', async () => {
    const browser = new Browser();
    const page = await prove(browser, atRole);
    flash();
    await otherProcess(cis2).lookForGonePeople();
    assert.equal((await chooseRole(browser, page)).status, 403);
  });
});
