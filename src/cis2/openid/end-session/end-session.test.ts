import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration, StoredApplication } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Browser, type Reply, send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';

let cis2: Instance;
let client: Cis2Registration;
let other: Cis2Registration;
let browser: Browser;
let hint: string;
const back = 'https://app.example.test/signed-out';

before(async () => {
  cis2 = await startInstance();
  client = await cis2.register({ postLogoutRedirectUris: [back, `${back}?a=1`] });
  other = await cis2.register({ postLogoutRedirectUris: ['https://other.example.test/'] });
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  await cis2.agent.signIn(gp.uid);
  hint = (await redeem(cis2, client, await cis2.signIn(browser, client))).id_token;
});

const address = (parameters: Record<string, string>) =>
  `${cis2.issuer}/connect/endSession?${new URLSearchParams(parameters)}`;
const signOut = (parameters: Record<string, string> = {}): Promise<Reply> => browser.get(address(parameters));
const signedIn = async (): Promise<boolean> => {
  cis2.cis.agents = [];
  return (await browser.get(cis2.authorizeUrl(client, { prompt: 'none' }))).location.includes('code=');
};
const isQuestion = (reply: Reply) => assert.match(reply.body, /Do you want to sign out\?/);
const answerYes = (reply: Reply, by = browser): Promise<Reply> =>
  by.post(`${cis2.origin}/sign-out`, {
    question: /name="question" value="([^"]+)"/.exec(reply.body)?.[1] ?? '',
  });

describe('signing out with a hint of the live session', () => {
  test('redirects with state', async () => {
    const reply = await signOut({ id_token_hint: hint, post_logout_redirect_uri: back, state: 'a b&c' });
    assert.equal(reply.status, 302);
    assert.equal(reply.location, `${back}?state=a%20b%26c`);
    assert.equal(await signedIn(), false);
  });
  test('redirects without state, and shows a page without an address', async () => {
    assert.equal(
      (await signOut({ id_token_hint: hint, post_logout_redirect_uri: `${back}?a=1` })).location,
      `${back}?a=1`,
    );
    assert.match((await signOut({ id_token_hint: hint, state: 'x' })).body, /You are signed out/);
    assert.equal(await signedIn(), false);
  });
  test('accepts an expired hint, and one by a rotated key', async () => {
    cis2.clock.advance(3 * 3600);
    await cis2.keys.rotate('now');
    const reply = await signOut({ id_token_hint: hint, post_logout_redirect_uri: back });
    cis2.clock.advance(-3 * 3600);
    assert.equal(reply.location, back);
  });
  test('enters again by GET after a POST', async () => {
    const posted = await browser.post(`${cis2.issuer}/connect/endSession`, {
      id_token_hint: hint,
      post_logout_redirect_uri: back,
    });
    assert.equal(posted.status, 303);
    assert.equal((await browser.get(posted.location)).location, back);
  });
  test('revokes the tokens of the session', async () => {
    const { access_token } = await redeem(cis2, client, await cis2.signIn(browser, client));
    await signOut({ id_token_hint: hint });
    const reply = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
    assert.equal(reply.status, 401);
  });
});

describe('signing out with a hint from another browser', () => {
  const fromElsewhere = (at: Instance, parameters: Record<string, string>): Promise<Reply> =>
    send('GET', `${at.issuer}/connect/endSession?${new URLSearchParams(parameters)}`);

  test('ends nothing until the user confirms', async () => {
    const reply = await fromElsewhere(cis2, { id_token_hint: hint, post_logout_redirect_uri: back });
    isQuestion(reply);
    assert.match(reply.body, /in another browser or application/);
    assert.equal(await signedIn(), true);
    assert.match(
      (await answerYes(reply, new Browser())).body,
      /url=https:\/\/app\.example\.test\/signed-out/,
    );
    assert.equal(await signedIn(), false);
  });
  test('shows the name of the application without control and direction characters', async () => {
    const shown = await cis2.register({}, { name: 'Good\u202eliveE\nname' });
    const { body } = await browser.get(address({ client_id: shown.clientId }));
    assert.match(body, /Good liveE name/);
    assert.doesNotMatch(body, /\u202e/);
  });
  test('refuses the answer of a browser with another session', async () => {
    const reply = await fromElsewhere(cis2, { id_token_hint: hint });
    const other = new Browser();
    await cis2.signIn(other, client);
    assert.equal((await answerYes(reply, other)).status, 400);
    assert.equal(await signedIn(), true);
  });
  for (const signOutWithoutSession of ['ask', 'end'] as const)
    test(`only redirects for an expired hint with the setting ${signOutWithoutSession}`, async () => {
      const set = await startInstance({ signOutWithoutSession });
      const rp = await set.register({ postLogoutRedirectUris: [back] });
      await set.agent.signIn(gp.uid);
      const { id_token: token } = await redeem(set, rp, await set.signIn(new Browser(), rp));
      set.clock.advance(3 * 3600);
      const { location } = await fromElsewhere(set, {
        id_token_hint: token,
        post_logout_redirect_uri: back,
      });
      assert.equal(location, back);
      assert.notEqual(
        await set.database.get(sql('SELECT sid FROM cis2_session WHERE ended_at IS NULL')),
        undefined,
      );
      await set.stop();
    });
  test('ends the session without a question if the setting is end', async () => {
    const set = await startInstance({ signOutWithoutSession: 'end' });
    const rp = await set.register();
    await set.agent.signIn(gp.uid);
    const { id_token: token } = await redeem(set, rp, await set.signIn(new Browser(), rp));
    assert.match((await fromElsewhere(set, { id_token_hint: token })).body, /You are signed out/);
    assert.equal(
      await set.database.get(sql('SELECT sid FROM cis2_session WHERE ended_at IS NULL')),
      undefined,
    );
    await set.stop();
  });
});

describe('signing out without a hint of the live session', () => {
  test('asks without a hint', async () => {
    const reply = await signOut();
    isQuestion(reply);
    assert.equal(await signedIn(), true);
    assert.match((await answerYes(reply)).body, /You are signed out/);
    assert.equal(await signedIn(), false);
  });
  test('redirects to the client from a page after the answer', async () => {
    const reply = await signOut({ client_id: client.clientId, post_logout_redirect_uri: back, state: 's' });
    isQuestion(reply);
    const done = await answerYes(reply);
    assert.equal(done.status, 200);
    assert.match(done.body, /url=https:\/\/app\.example\.test\/signed-out\?state=s/);
  });
  test('stays at its page after an address or client that was removed during the question', async () => {
    for (const remove of [
      (of: StoredApplication) => ({ ...of, cis2: of.cis2 && { ...of.cis2, postLogoutRedirectUris: [] } }),
      (of: StoredApplication) => ({ ...of, status: 'revoked' as const }),
    ]) {
      const rp = await cis2.register({ postLogoutRedirectUris: [back] });
      await cis2.signIn(browser, client);
      const reply = await signOut({ client_id: rp.clientId, post_logout_redirect_uri: back, state: 's' });
      isQuestion(reply);
      const registered = await cis2.applications.byCis2Client(rp.clientId);
      assert.ok(registered && (await cis2.applications.replace(remove(registered), registered.revision)));
      const done = await answerYes(reply);
      assert.match(done.body, /You are signed out/);
      assert.ok(!done.body.includes('app.example.test'));
    }
  });
  test('ignores an address without a client', async () => {
    const reply = await signOut({ post_logout_redirect_uri: back });
    isQuestion(reply);
    const done = await answerYes(reply);
    assert.ok(!done.body.includes('app.example.test'));
  });
  for (const [name, forge] of [
    ['a changed hint', () => `${hint.slice(0, -5)}AAAAA`],
    ['a hint that is none', () => 'x'],
    [
      'a hint without signature',
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hint.split('.')[1]}.`,
    ],
  ] as const)
    test(name, async () => {
      const reply = await signOut({
        id_token_hint: forge(),
        client_id: client.clientId,
        post_logout_redirect_uri: back,
      });
      isQuestion(reply);
      assert.ok(!(await answerYes(reply)).body.includes('app.example.test'));
    });
  test('asks for a hint of an earlier session of this browser', async () => {
    await signOut({ id_token_hint: hint });
    const browserAgain = new Browser();
    browser = browserAgain;
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, client);
    isQuestion(await signOut({ id_token_hint: hint, post_logout_redirect_uri: back }));
    assert.equal(await signedIn(), true);
  });
  test('ignores a logout token as a hint', async () => {
    const claims = decodeJwt(hint)?.claims ?? {};
    const token = await cis2.keys.sign({ ...claims, events: {} }, { algorithm: 'RS256' });
    isQuestion(await signOut({ id_token_hint: token }));
  });
  test('accepts the confirmation only from the browser that showed the question', async () => {
    const reply = await signOut();
    const stranger = new Browser();
    assert.equal((await answerYes(reply, stranger)).status, 400);
    await cis2.signIn(stranger, client);
    assert.equal((await answerYes(reply, stranger)).status, 400);
    assert.equal((await browser.post(`${cis2.origin}/sign-out`, { question: 'x' })).status, 400);
    assert.equal(await signedIn(), true);
  });
});

describe('post_logout_redirect_uri', () => {
  for (const uri of [
    'https://evil.example/',
    `${back}/`,
    `${back}?b=1`,
    `${back}?a=1&b=2`,
    'https://other.example.test/',
    `${back}#x`,
  ])
    test(`refuses ${uri}`, async () => {
      const reply = await signOut({ id_token_hint: hint, post_logout_redirect_uri: uri });
      assert.equal(reply.status, 400);
      assert.equal(reply.location, '');
      assert.match(reply.body, /post_logout_redirect_uri is not registered/);
    });
  test('refuses a client_id that differs from the hint', async () => {
    assert.equal((await signOut({ id_token_hint: hint, client_id: other.clientId })).status, 400);
    assert.equal(await signedIn(), true);
  });
  test('refuses a repeated parameter', async () => {
    assert.equal((await browser.get(`${address({ state: 'x' })}&state=y`)).status, 400);
  });
});

test('shows the signed-out page without a session', async () => {
  browser = new Browser();
  assert.match((await signOut()).body, /You are signed out/);
});

describe('the next sign-in after a sign-out', () => {
  // The PIN of the agent's session is older than the next request.
  beforeEach(() => cis2.clock.advance(1));
  const page = async (): Promise<Reply> => {
    await signOut({ id_token_hint: hint });
    const reply = await cis2.signIn(browser, client);
    assert.match(reply.location, /\/confirm$/);
    return browser.get(reply.location).then((answer) => ({ ...answer, location: reply.location }));
  };
  test('asks the user to continue, once', async () => {
    const asked = await page();
    assert.match(asked.body, /Continue as TESTONE Caius Dr/);
    const done = await browser.post(asked.location, { answer: 'yes' });
    assert.equal(done.status, 200);
    assert.match(done.body, /url=https:\/\/app\.example\.test\/callback\?code=/);
    // Only once.
    assert.match((await browser.get(cis2.authorizeUrl(client))).location, /code=/);
  });
  test('leads to the choice for another authenticator, and to the client on cancel', async () => {
    const asked = await page();
    const another = await browser.post(asked.location, { answer: 'another' });
    assert.equal(another.status, 303);
    assert.match((await browser.get(another.location)).body, /How do you want to sign in/);
    assert.match((await browser.post(asked.location, { answer: 'cancel' })).body, /error=access_denied/);
  });
  test('ignores the confirmation after another authenticator was chosen', async () => {
    const asked = await page();
    await browser.post(asked.location, { answer: 'another' });
    assert.match(
      (await browser.post(asked.location, { answer: 'yes' })).location,
      /\/interaction\/[\w-]{43}$/,
    );
  });
  test('answers interaction_required to a silent request', async () => {
    await signOut({ id_token_hint: hint });
    assert.match(
      (await cis2.signIn(browser, client, { prompt: 'none' })).location,
      /error=interaction_required/,
    );
  });
  test('asks nothing after a new PIN or a chosen authenticator', async () => {
    await signOut({ id_token_hint: hint });
    const hop = await browser.get(cis2.authorizeUrl(client));
    const done = await browser.get(await cis2.agent.answer(hop.location, { pin: true }));
    assert.match(done.location, /code=/);
  });
  for (const afterSignOut of ['silent', 'pin'] as const)
    test(`follows the setting ${afterSignOut}`, async () => {
      const set = await startInstance({ afterSignOut });
      try {
        const rp = await set.register();
        const own = new Browser();
        await set.agent.signIn(gp.uid);
        const { id_token } = await redeem(set, rp, await set.signIn(own, rp));
        await own.get(`${set.issuer}/connect/endSession?id_token_hint=${id_token}`);
        const hop = await own.get(set.authorizeUrl(rp));
        const claims = decodeJwt(new URL(hop.location).searchParams.get('request') ?? '')?.claims;
        assert.equal(claims?.prompt_login, afterSignOut === 'pin');
        const reply = await own.get(await set.agent.answer(hop.location, { pin: afterSignOut === 'pin' }));
        assert.match(reply.location, /code=/);
      } finally {
        await set.stop();
      }
    });
});

test('prompt=consent asks in the standard profile, but not in the published one', async () => {
  assert.match((await cis2.signIn(browser, client, { prompt: 'consent' })).location, /code=/);
  const standard = await cis2.register({ profile: 'standard' });
  assert.match((await cis2.signIn(browser, standard, { prompt: 'consent' })).location, /\/confirm$/);
});
