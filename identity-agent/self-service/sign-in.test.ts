import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentCallError, AgentConnection } from '../socket/client.ts';
import { roleOf } from '../testing/cis.ts';
import { ada, ben, rightPin, type TestDesk, testDesk } from '../testing/desk.ts';

/** Opens the page and returns its address. */
async function open(desk: TestDesk): Promise<string> {
  const { status, location } = await desk.visit('/sign-in');
  assert.equal(status, 302);
  const { pathname } = new URL(location, desk.origin);
  assert.match(pathname, /^\/card\/[A-Za-z0-9_-]{43}\/sign-in$/);
  return pathname;
}

/** Submits its form and returns the next page. */
async function fill(desk: TestDesk, path: string, fields: Record<string, string>): Promise<string> {
  const card = desk.cardField((await desk.visit(path)).body);
  const sent = await desk.post(path, { card, pin: '', roleId: '', ...fields });
  assert.equal(sent.status, 303);
  return (await desk.visit(sent.location)).body;
}

describe('the sign-in page', () => {
  test('gives a desktop application its ticket after PIN and role', async (t) => {
    const desk = await testDesk(t);
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    const path = await open(desk);
    assert.match((await desk.visit(path)).body, /Put your smartcard into the reader/);
    await desk.call('insertCard', { card: 'ada' });
    const ticket = desk.call<{ ticket: string }>('getTicket', { application: 'My <clinic>', timeout: 60 });
    while (desk.agent.askedFor.length === 0) await desk.call('status');
    assert.match((await desk.visit(path)).body, /signing in to <strong>My &lt;clinic&gt;<\/strong>/);
    assert.match(await fill(desk, path, { pin: '999999' }), /The PIN is wrong\. 2 attempts left\./);
    const asked = await fill(desk, path, { pin: rightPin });
    assert.match(asked, /Which role are you working in\?/);
    assert.match(await fill(desk, path, { roleId: '1' }), /cannot be chosen/);
    const done = await fill(desk, path, { roleId: roleOf(2).roleId });
    assert.match(done, /You can close this page/);
    assert.match(done, /Role 2 at Surgery 2<\/bdi> <small class="hint">\(A00002\)/);
    assert.ok((await ticket).ticket.length > 20);
    const { state, question, role } = await desk.call('status');
    assert.deepEqual([state, question, role?.roleId], ['signedIn', null, roleOf(2).roleId]);
  });

  test('unlocks a session with the PIN', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.signIn();
    const { ticket } = await desk.call<{ ticket: string }>('getTicket');
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ada' });
    assert.match(await fill(desk, await open(desk), { pin: rightPin }), /You can close this page/);
    assert.equal((await desk.call<{ ticket: string }>('getTicketNoAuth')).ticket, ticket);
    assert.equal(desk.cis.live.length, 1);
  });

  test('asks only on request in the newer generation, and stays so after a wrong PIN', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    await desk.call('insertCard', { card: 'ada' });
    const path = await open(desk);
    await fill(desk, path, { pin: '999999' });
    assert.equal((await desk.call('status')).question, null);
    await fill(desk, path, { pin: rightPin });
    assert.equal((await desk.call('status')).state, 'signedIn');
    await desk.call('takeCard');
    assert.match((await desk.visit(path)).body, /<dt>Signed in<\/dt>/, 'also while the card is away');
  });

  test('names the user of the session that will end, and explains why a card is refused or blocked', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    desk.cis.refused.set(ben, { code: 'certificate_expired', sentence: 'The certificate has expired.' });
    const ofAda = (await desk.signIn()).person?.displayName ?? '';
    await desk.call('insertCard', { card: 'ben' });
    const path = await open(desk);
    assert.ok((await desk.visit(path)).body.includes(`${ofAda} is signed in at this computer`));
    assert.match(await fill(desk, path, { pin: rightPin }), /The certificate has expired/);
    await desk.call('insertCard', { card: 'locked' });
    const { body } = await desk.visit(path);
    assert.match(body, /is blocked/);
    assert.match(body, /\/unlock-code"/);
  });

  test('does not use an attempt for another page, form or card', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await open(desk);
    const fields = { card: desk.cardField((await desk.visit(path)).body), pin: '999999', roleId: '' };
    for (const headers of [
      { origin: 'https://page.test' },
      { origin: 'null' },
      { origin: undefined },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      assert.equal((await desk.post(path, fields, headers)).status, 403);
    assert.equal((await desk.post('/sign-in', fields)).status, 404);
    const other = path.replace(/(?<=card\/)./, (first) => (first === 'A' ? 'B' : 'A'));
    assert.equal((await desk.post(other, fields)).status, 404);
    assert.equal((await desk.visit('/sign-in', { headers: { 'sec-fetch-dest': 'iframe' } })).status, 403);
    assert.equal((await desk.post(path, { ...fields, card: 'another' })).status, 303);
    assert.equal((await desk.call('status')).attemptsLeft, 3);
  });
});

describe('the event questionOpened', () => {
  async function listening(t: { after(end: () => void): void }, desk: TestDesk) {
    const heard: unknown[] = [];
    const line = await AgentConnection.open(desk.socketPath, (event, params) => {
      if (event === 'questionOpened') heard.push(params);
    });
    t.after(() => line.close());
    // Windows has events only for clients that have written.
    await line.call('status', {});
    /** Returns the events so far: they arrive before the response to a later call. */
    return async () => {
      await line.call('status', {});
      return heard.splice(0);
    };
  }

  test('names the page and the applications, once while the prompt is open', async (t) => {
    const desk = await testDesk(t);
    const heard = await listening(t, desk);
    await desk.call('insertCard', { card: 'ada' });
    const page = `${desk.origin}/sign-in`;
    assert.deepEqual(await heard(), [{ question: 'pin', applications: [], page }]);
    const late = (error: unknown) =>
      error instanceof AgentCallError && /The user did not respond/.test(error.message);
    const ask = { application: 'My clinic', timeout: 0 };
    await assert.rejects(desk.call('getTicket', ask), late);
    assert.deepEqual(await heard(), [], 'it was told a moment ago');
    desk.clock.advance(10);
    await assert.rejects(desk.call('getTicket', ask), late);
    assert.deepEqual(await heard(), [{ question: 'pin', applications: ['My clinic'], page }]);
  });

  test('is not sent while a page with the prompt is open', async (t) => {
    const desk = await testDesk(t);
    const heard = await listening(t, desk);
    const { location } = await desk.handOff((await desk.cis2.request()).jws);
    await desk.visit(location);
    await desk.call('insertCard', { card: 'ada' });
    assert.deepEqual(await heard(), [], 'a browser is on its way');
    await desk.call('takeCard');
    desk.clock.advance(11);
    await desk.call('insertCard', { card: 'ada' });
    assert.equal((await heard()).length, 1, 'that page was closed');
    await desk.call('takeCard');
    await desk.visit(await open(desk));
    await desk.call('insertCard', { card: 'ada' });
    assert.deepEqual(await heard(), []);
  });
});
