import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HandOffRequest } from '../protocol.ts';
import { roleOf } from '../testing/cis.ts';
import { ada, ben, rightPin, type TestDesk, testDesk } from '../testing/desk.ts';

/** Visits the agent from CIS2 and returns the path of the page. */
async function begin(desk: TestDesk, claims: Partial<HandOffRequest> = {}): Promise<string> {
  const answer = await desk.handOff((await desk.cis2.request(claims)).jws);
  assert.equal(answer.status, 302);
  assert.match(answer.location, new RegExp(`^${desk.origin}/interaction/[A-Za-z0-9_-]{43}$`));
  return new URL(answer.location).pathname;
}

async function pinPage(desk: TestDesk, path: string) {
  const page = await desk.visit(path);
  assert.equal(page.status, 200);
  assert.match(page.body, /<input [^>]*type="password" name="pin"/);
  return { ...page, card: desk.cardField(page.body) };
}

const stepOf = async (desk: TestDesk, path: string): Promise<string> => {
  const { body } = await desk.visit(`${path}/state`, {
    headers: { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' },
  });
  return (JSON.parse(body) as { step: string }).step;
};
const shownStep = (body: string): string => /data-step="([^"]*)"/.exec(body)?.[1] ?? '';

describe('the PIN page', () => {
  test("names the application and the card's holder, and continues after the right PIN", async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const page = await pinPage(desk, path);
    assert.equal(
      page.headers['referrer-policy'],
      'same-origin',
      'otherwise browsers send no Origin with our own forms',
    );
    for (const words of [
      'Sample clinic',
      desk.cis2.origin,
      'Dr Ada Fictional',
      'inputmode="numeric"',
      'Use another way to sign in',
    ])
      assert.ok(page.body.includes(words), words);
    const done = await desk.post(`${path}/pin`, { pin: rightPin, card: page.card });
    assert.equal(done.status, 200);
    assert.ok(
      done.body.includes(`content="0;url=${desk.cis2.origin}/agent/return?code=${desk.cis2.codes[0]}"`),
      done.body,
    );
    assert.equal(desk.cis2.proofs[0]?.sub, ada);
    assert.equal((await desk.visit(path)).status, 410);
    assert.equal((await desk.post(`${path}/pin`, { pin: rightPin, card: page.card })).status, 410);
    const told = desk.arrows
      .filter(({ name }) => name === 'agent.pin')
      .map(({ from, to, detail }) => [from, to, detail?.step, detail?.result]);
    assert.deepEqual(told.slice(1), [
      ['identity-agent', 'browser', 'asked', undefined],
      ['browser', 'identity-agent', 'answered', 'ok'],
    ]);
    const [inserted, atDesk] = ['agent.card-inserted', 'agent.desk-pin'].map((sought) =>
      desk.arrows.find(({ name }) => name === sought),
    );
    assert.deepEqual([atDesk?.keys, atDesk?.outcome], [inserted?.keys, 'ok']);
    assert.ok(!JSON.stringify([desk.arrows, desk.lines]).includes(rightPin), 'no PIN in events or log');
  });

  test('shows the remaining attempts, then that the card is blocked', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    for (const words of ['2 attempts left', '1 attempt left']) {
      // A slip that cannot be a PIN uses no attempt.
      for (const slip of ['12', '123456789', 'letters']) {
        assert.equal((await desk.post(`${path}/pin`, { pin: slip, card })).status, 303);
        assert.match((await desk.visit(path)).body, /A PIN has 6 to 8 digits\. No attempt was used\./);
      }
      const wrong = await desk.post(`${path}/pin`, { pin: '999999', card });
      assert.deepEqual(
        [wrong.status, wrong.location],
        [303, path],
        'a reload of the page sends no PIN again',
      );
      assert.ok((await pinPage(desk, path)).body.includes(words), words);
    }
    await desk.post(`${path}/pin`, { pin: '999999', card });
    const blocked = await desk.visit(path);
    assert.match(blocked.body, /blocked/);
    assert.match(blocked.body, /Registration Authority/);
    assert.doesNotMatch(blocked.body, /name="pin"/);
    await desk.post(`${path}/leave`, { how: 'cancel' });
    assert.deepEqual(desk.cis2.reasons, ['card_blocked']);
  });

  test('does not send a PIN for a removed card to the next one', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    await desk.call('insertCard', { card: 'ben' });
    await desk.post(`${path}/pin`, { pin: '999999', card });
    const after = await pinPage(desk, path);
    assert.match(after.body, /Mr Ben Invented/);
    assert.match(after.body, /Another card/);
    assert.equal((await desk.call('status')).attemptsLeft, 3);
  });

  test('continues if the prompt is completed elsewhere, and then does not use the PIN', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card, body } = await pinPage(desk, path);
    assert.equal(await stepOf(desk, path), shownStep(body));
    await desk.call('answerPin', { pin: rightPin });
    assert.equal(await stepOf(desk, path), 'onward');
    const late = await desk.post(`${path}/pin`, { pin: '999999', card });
    assert.equal(late.status, 200, 'the wrong PIN was not looked at');
    const second = await begin(desk, { prompt_login: true });
    assert.notEqual(await stepOf(desk, second), 'onward');
  });

  test('reports that CIS does not respond, and lets the user try again', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    desk.cis.down = true;
    await desk.post(`${path}/pin`, { pin: rightPin, card });
    assert.match((await pinPage(desk, path)).body, /does not answer/);
    desk.cis.down = false;
    assert.equal((await desk.post(`${path}/pin`, { pin: rightPin, card })).status, 200);
  });
});

describe('prompt=login and max_age', () => {
  test('asks for the PIN in the same session', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const [session] = desk.cis.live;
    const path = await begin(desk, { prompt_login: true });
    const { card } = await pinPage(desk, path);
    assert.equal((await desk.call('status')).question, 'pin');
    desk.clock.advance(30);
    assert.equal((await desk.post(`${path}/pin`, { pin: rightPin, card })).status, 200);
    assert.equal(session?.pins, 2);
    assert.equal(desk.cis2.proofs[0]?.cis_sid, session?.id);
    assert.equal(desk.cis2.proofs[0]?.pin_time, Math.floor(desk.clock.now() / 1000));
    assert.deepEqual(brief(await desk.call('status')), ['signedIn', null]);
    desk.clock.advance(20);
    assert.ok(
      (await desk.handOff((await desk.cis2.request({ max_age: 60 })).jws)).location.startsWith(
        desk.cis2.origin,
      ),
    );
    desk.clock.advance(41);
    const again = await begin(desk, { max_age: 60 });
    await pinPage(desk, again);
  });

  test('withdraws a prompt that nothing waits for', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const path = await begin(desk, { prompt_login: true });
    await pinPage(desk, path);
    assert.deepEqual(brief(await desk.call('status')), ['pinRequested', 'pin']);
    await desk.post(`${path}/leave`, { how: 'cancel' });
    assert.deepEqual(desk.cis2.reasons, ['cancelled']);
    assert.deepEqual(brief(await desk.call('status')), ['signedIn', null]);
    await pinPage(desk, await begin(desk, { prompt_login: true }));
    desk.clock.advance(301);
    await desk.tick();
    assert.deepEqual(brief(await desk.call('status')), ['signedIn', null]);
  });

  test("ends the former session for another user's card", async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    await desk.signIn('ada');
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ben' });
    const path = await begin(desk);
    const { card, body } = await pinPage(desk, path);
    assert.match(body, /Mr Ben Invented/);
    await desk.post(`${path}/pin`, { pin: rightPin, card });
    assert.equal(desk.cis2.proofs[0]?.sub, ben);
    assert.deepEqual(
      desk.cis.live.map(({ uid }) => uid),
      [ben],
    );
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['anotherPerson', null],
    );
  });
});

const brief = ({ state, question }: { state: string; question: string | null }) => [state, question];

describe('the other pages', () => {
  test('waits for a card and continues by itself', async (t) => {
    const desk = await testDesk(t);
    const path = await begin(desk);
    const empty = await desk.visit(path);
    assert.match(empty.body, /Put your smartcard into the reader/);
    assert.match(empty.body, /<noscript><meta http-equiv="refresh"/);
    const before = await stepOf(desk, path);
    assert.equal(before, shownStep(empty.body));
    await desk.call('insertCard', { card: 'ada' });
    assert.notEqual(await stepOf(desk, path), before);
    await pinPage(desk, path);
    await desk.call('takeCard');
    await desk.post(`${path}/leave`, { how: 'cancel' });
    assert.deepEqual(desk.cis2.reasons, ['no_card']);
  });

  test('asks for one of several roles after the PIN', async (t) => {
    const desk = await testDesk(t);
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2), roleOf(3)]);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    assert.equal((await desk.post(`${path}/pin`, { pin: rightPin, card })).status, 303);
    const page = await desk.visit(path);
    assert.equal(page.body.match(/type="radio"/g)?.length, 3);
    assert.match(page.body, /Role 2/);
    assert.equal((await desk.post(`${path}/role`, { roleId: '777' })).status, 400);
    const done = await desk.post(`${path}/role`, { roleId: roleOf(2).roleId });
    assert.equal(done.status, 200);
    assert.equal(desk.cis2.proofs[0]?.selected_roleid, roleOf(2).roleId);
  });

  test("shows CIS's sentence for a refused card, and another for a user without a role", async (t) => {
    const desk = await testDesk(t, { requireRole: true });
    desk.cis.refused.set(ada, { code: 'certificate_revoked', sentence: 'This card has been revoked.' });
    desk.cis.roles.set(ben, []);
    for (const [name, sentence] of [
      ['ada', /This card has been revoked\./],
      ['ben', /You have no role/],
    ] as const) {
      await desk.call('insertCard', { card: name });
      const path = await begin(desk);
      const { card } = await pinPage(desk, path);
      await desk.post(`${path}/pin`, { pin: rightPin, card });
      assert.match((await desk.visit(path)).body, sentence);
      await desk.post(`${path}/leave`, { how: 'cancel' });
    }
    assert.deepEqual(desk.cis2.reasons, ['card_rejected', 'no_role']);
  });

  test('returns to CIS2 with "Use another way to sign in"', async (t) => {
    const desk = await testDesk(t);
    const path = await begin(desk);
    const left = await desk.post(`${path}/leave`, { how: 'another_way' });
    assert.equal(left.status, 200);
    assert.ok(left.body.includes(`/agent/return?code=${desk.cis2.codes[0]}`));
    assert.deepEqual(desk.cis2.reasons, ['another_way']);
    assert.equal((await desk.visit(path)).status, 410);
  });

  test('expires an interaction after five minutes, and refuses an unknown path', async (t) => {
    const desk = await testDesk(t);
    const path = await begin(desk);
    desk.clock.advance(299);
    assert.equal((await desk.visit(path)).status, 200);
    desk.clock.advance(1);
    assert.equal((await desk.visit(path)).status, 404);
    assert.equal((await desk.visit('/interaction/whatever')).status, 404);
  });

  test('continues each of two tabs once with its own code', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const [first, second] = [await begin(desk), await begin(desk)];
    const { card } = await pinPage(desk, first);
    await desk.post(`${first}/pin`, { pin: rightPin, card });
    const answers = await Promise.all([desk.visit(second), desk.visit(second)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [302, 410]);
    assert.equal(new Set(desk.cis2.proofs.map(({ request_jti }) => request_jti)).size, 2);
  });
});

describe('an agent that asks before it signs a browser in', () => {
  test('shows the signed-in user, and continues after confirmation', async (t) => {
    const desk = await testDesk(t, { confirmSignIn: true });
    await desk.signIn();
    const path = await begin(desk);
    const page = await desk.visit(path);
    assert.match(page.body, /Continue as Person 656005750201/);
    assert.match(
      page.body,
      /<dt>Role<\/dt><dd><bdi>Role 1 at Surgery 1<\/bdi> <small class="hint">\(A00001\)/,
    );
    assert.equal(await stepOf(desk, path), shownStep(page.body), 'it does not go on by itself');
    assert.equal(desk.cis2.codes.length, 0);
    const foreign = await desk.post(`${path}/confirm`, { how: 'yes' }, { origin: 'https://evil.example' });
    assert.equal(foreign.status, 403);
    assert.equal((await desk.post(`${path}/confirm`, { how: 'yes' })).status, 200);
    assert.equal(desk.cis2.proofs.length, 1);
  });

  test('accepts a PIN as confirmation, a refusal, and does not ask if prompts are forbidden', async (t) => {
    const desk = await testDesk(t, { confirmSignIn: true });
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    assert.equal((await desk.post(`${path}/pin`, { pin: rightPin, card })).status, 200);
    const second = await begin(desk);
    await desk.post(`${second}/leave`, { how: 'cancel' });
    const { jws } = await desk.cis2.request({ interactive: false });
    await desk.handOff(jws);
    assert.deepEqual(desk.cis2.reasons, ['cancelled', 'login_required']);
    assert.equal(desk.cis2.proofs.length, 1);
  });
});

describe('other pages in the browser', () => {
  test('can neither use a PIN attempt nor leave the interaction', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const path = await begin(desk);
    const { card } = await pinPage(desk, path);
    const { port } = new URL(desk.origin);
    const foreign: Record<string, string | undefined>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: undefined },
      { origin: `http://localhost:${port}` },
      { origin: desk.cis2.origin },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': undefined },
    ];
    for (const headers of foreign) {
      assert.equal(
        (await desk.post(`${path}/pin`, { pin: '999999', card }, headers)).status,
        403,
        JSON.stringify(headers),
      );
      assert.equal(
        (await desk.post(`${path}/leave`, { how: 'cancel' }, headers)).status,
        403,
        JSON.stringify(headers),
      );
    }
    assert.equal((await desk.post('/interaction/guessed/pin', { pin: '999999', card })).status, 404);
    assert.equal(
      (await desk.post(`${path}/pin`, { pin: '999999', card }, { 'content-type': 'text/plain' })).status,
      400,
    );
    const twice = `pin=999999&pin=999998&card=${card}`;
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      origin: desk.origin,
      'sec-fetch-site': 'same-origin',
    };
    assert.equal((await desk.visit(`${path}/pin`, { method: 'POST', headers, body: twice })).status, 400);
    assert.equal((await desk.visit(path, { headers: { 'sec-fetch-dest': 'iframe' } })).status, 403);
    assert.equal(
      (await desk.visit(`${path}/state`, { headers: { 'sec-fetch-site': 'cross-site' } })).status,
      403,
    );
    assert.equal((await desk.call('status')).attemptsLeft, 3);
    assert.equal(desk.cis2.reasons.length, 0);
  });
});
