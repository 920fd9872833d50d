import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rightPin, type TestDesk, testDesk } from '../testing/desk.ts';

/** Opens the card pages and returns the path of the visit. */
async function begin(desk: TestDesk, from = '/card'): Promise<string> {
  const answer = await desk.visit(from);
  assert.equal(answer.status, 302);
  const { pathname } = new URL(answer.location, desk.origin);
  assert.match(pathname, /^\/card\/[A-Za-z0-9_-]{43}(\/unlock-code)?$/);
  return pathname;
}

/** Submits the form of a page and returns the next page. */
async function fill(desk: TestDesk, path: string, fields: Record<string, string>) {
  const { body } = await desk.visit(path);
  const sent = await desk.post(path, { card: desk.cardField(body), ...fields });
  assert.equal(sent.status, 303, 'a reload of the page sends nothing again');
  return { to: sent.location, ...(await desk.visit(sent.location)) };
}

describe('the card pages', () => {
  test('wait for a card and show its state', async (t) => {
    const desk = await testDesk(t);
    const path = await begin(desk);
    assert.match((await desk.visit(path)).body, /Put your smartcard into the reader/);
    await desk.call('insertCard', { card: 'ada' });
    const { body } = await desk.visit(path);
    for (const words of ['Dr Ada Fictional', '3 attempts left', '1 January 2028', 'Change your PIN'])
      assert.ok(body.includes(words), words);
    assert.doesNotMatch(body, /Renew|Unblock/);
    const home = await desk.visit('/');
    assert.match(home.body, /href="\/card"/);
    assert.doesNotMatch(home.body, /Ada/, 'the address itself says nothing of who is there');
  });

  test('change the PIN', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const form = `${path}/change-pin`;
    const differ = await fill(desk, form, { pin: rightPin, newPin: '222222', again: '222223' });
    assert.match(differ.body, /not the same/);
    const typo = await fill(desk, form, { pin: '12', newPin: '222222', again: '222222' });
    assert.match(typo.body, /A PIN has 6 to 8 digits\. No attempt was used\./);
    const wrong = await fill(desk, form, { pin: '999999', newPin: '222222', again: '222222' });
    assert.match(wrong.body, /The PIN is wrong\. 2 attempts left\./);
    const short = await fill(desk, form, { pin: rightPin, newPin: '2222', again: '2222' });
    assert.match(short.body, /6 to 8 digits/);
    const done = await fill(desk, form, { pin: rightPin, newPin: '222222', again: '222222' });
    assert.equal(done.to, path);
    assert.match(done.body, /Your PIN was changed/);
    assert.doesNotMatch((await desk.visit(path)).body, /was changed/, 'it is shown once');
    assert.equal((await desk.call('answerPin', { pin: '222222' })).state, 'signedIn');
  });

  test('unblock with the mailed code, and return to the blocked sign-in', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const { location } = await desk.handOff((await desk.cis2.request()).jws);
    const interaction = new URL(location).pathname;
    for (let n = 0; n < 3; n += 1) await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    const blocked = await desk.visit(interaction);
    assert.match(blocked.body, new RegExp(`href="${interaction}/card"`));
    const first = await begin(desk, `${interaction}/card`);
    assert.match(first, /unlock-code$/);
    const { body: unblocking } = await desk.visit(first);
    const filledButtons = unblocking.match(/<button>|class="button"/g) ?? [];
    assert.equal(filledButtons.length, 1, 'one act comes first');
    assert.match(unblocking, /class="button secondary" href="[^"]+">Continue signing in/);
    const asked = await fill(desk, first, {});
    assert.match(asked.to, /\/unlock$/);
    assert.match(asked.body, /on its way/);
    const serial = desk.agent.card?.label.serial ?? '';
    const { code } = desk.cis.cards.mailed.get(serial) ?? { code: '' };
    const wrong = await fill(desk, asked.to, { code: '00000000', newPin: '222222', again: '222222' });
    assert.match(wrong.body, /The code is wrong\. 4 attempts left\./);
    const done = await fill(desk, asked.to, { code, newPin: '222222', again: '222222' });
    assert.match(done.body, /is unblocked/);
    assert.match(done.body, new RegExp(`href="${interaction}">Continue signing in`));
    const page = await desk.visit(interaction);
    const sent = await desk.post(`${interaction}/pin`, { pin: '222222', card: desk.cardField(page.body) });
    assert.equal(sent.status, 200);
    assert.equal(desk.cis2.proofs.length, 1);
  });

  test("unblock with the card's own code", async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'locked' });
    const path = await begin(desk);
    assert.match((await desk.visit(path)).body, /blocked after three wrong entries/);
    const form = `${path}/unblock`;
    const wrong = await fill(desk, form, { unblockingCode: '1', newPin: '222222', again: '222222' });
    assert.match(wrong.body, /unblocking code is wrong/);
    const done = await fill(desk, form, { unblockingCode: '87654321', newPin: '222222', again: '222222' });
    assert.match(done.body, /is unblocked/);
  });

  test('renew, with the PIN if no user is signed in', async (t) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    assert.match((await desk.visit(path)).body, /Renew your smartcard/);
    const wrong = await fill(desk, `${path}/renew`, { pin: '999999' });
    assert.match(wrong.body, /The PIN is wrong\. 2 attempts left\./);
    const done = await fill(desk, `${path}/renew`, { pin: rightPin });
    assert.match(done.body, /is renewed/);
    assert.equal(desk.cis.cards.renewed.length, 1);
    assert.match((await desk.visit(`${path}/renew`)).body, /nothing to renew/);
  });

  test('renew in the newer generation too', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.call('insertCard', { card: 'ada' });
    const done = await fill(desk, `${await begin(desk)}/renew`, { pin: rightPin });
    assert.match(done.body, /is renewed/);
  });
});

describe('the renewal offered at sign-in', () => {
  const ending = async (t: Parameters<typeof testDesk>[0]) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.call('insertCard', { card: 'ada' });
    const { location } = await desk.handOff((await desk.cis2.request()).jws);
    const path = new URL(location).pathname;
    const { body } = await desk.visit(path);
    const sent = await desk.post(`${path}/pin`, { pin: rightPin, card: desk.cardField(body) });
    assert.equal(sent.status, 303, 'it is asked about first');
    return { desk, path };
  };

  test('renews the card and continues the sign-in', async (t) => {
    const { desk, path } = await ending(t);
    assert.match((await desk.visit(path)).body, /ends on 24 December 2026/);
    const done = await desk.post(`${path}/renewal`, { how: 'now' });
    assert.equal(done.status, 200);
    assert.equal(desk.cis.cards.renewed.length, 1);
    assert.equal(desk.cis2.proofs.length, 1);
  });

  test('can be skipped, and is not offered again in this session', async (t) => {
    const { desk, path } = await ending(t);
    assert.equal((await desk.post(`${path}/renewal`, { how: 'later' })).status, 200);
    assert.equal(desk.cis.cards.renewed.length, 0);
    const again = await desk.handOff((await desk.cis2.request({ prompt_login: true })).jws);
    const second = new URL(again.location).pathname;
    const { body } = await desk.visit(second);
    const sent = await desk.post(`${second}/pin`, { pin: rightPin, card: desk.cardField(body) });
    assert.equal(sent.status, 200);
  });

  test('continues the sign-in after a failure', async (t) => {
    const { desk, path } = await ending(t);
    desk.cis.cards.refusesRenewal = { status: 403, error: 'certificate_revoked', sentence: 'Revoked.' };
    assert.equal((await desk.post(`${path}/renewal`, { how: 'now' })).status, 303);
    assert.match((await desk.visit(path)).body, /could not be renewed now/);
    assert.equal((await desk.post(`${path}/renewal`, { how: 'later' })).status, 200);
  });

  test('is not offered to a signed-in user, who sees only redirects', async (t) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.signIn();
    const { location } = await desk.handOff((await desk.cis2.request()).jws);
    assert.ok(location.startsWith(desk.cis2.origin));
  });
});

describe('other pages in the browser', () => {
  test('can neither change a card nor use an attempt', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const card = desk.cardField((await desk.visit(`${path}/change-pin`)).body);
    const fields = { card, pin: '999999', newPin: '222222', again: '222222' };
    const foreign: Record<string, string | undefined>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: undefined },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': undefined },
    ];
    for (const headers of foreign)
      for (const page of ['change-pin', 'unlock-code', 'unlock', 'unblock', 'renew'])
        assert.equal((await desk.post(`${path}/${page}`, fields, headers)).status, 403, page);
    assert.equal((await desk.post('/card/guessed/change-pin', fields)).status, 404);
    for (const dest of ['iframe', 'empty'])
      for (const each of ['/card', path, `${path}/change-pin`])
        assert.equal((await desk.visit(each, { headers: { 'sec-fetch-dest': dest } })).status, 403);
    assert.equal(
      (await desk.visit(`${path}?state`, { headers: { 'sec-fetch-site': 'cross-site' } })).status,
      403,
    );
    assert.equal((await desk.call('status')).attemptsLeft, 3);
    assert.equal(desk.cis.cards.mailed.size, 0);
  });

  test('cannot apply a form for a removed card to the next one', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = `${await begin(desk)}/change-pin`;
    const card = desk.cardField((await desk.visit(path)).body);
    await desk.call('insertCard', { card: 'ben' });
    await desk.post(path, { card, pin: '999999', newPin: '222222', again: '222222' });
    assert.match((await desk.visit(path)).body, /Another card is in the reader/);
    assert.equal((await desk.call('status')).attemptsLeft, 3);
  });

  test('lose access to a card visit after twenty minutes', async (t) => {
    const desk = await testDesk(t);
    const path = await begin(desk);
    desk.clock.advance(1_199);
    assert.equal((await desk.visit(path)).status, 200);
    desk.clock.advance(1);
    assert.equal((await desk.visit(path)).status, 404);
  });
});
