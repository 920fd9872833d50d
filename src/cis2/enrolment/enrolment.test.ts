import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { randomToken } from '@alongside/kernel/ids';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Credentials } from '../model/credentials.ts';
import { Browser, type Reply } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type Said, softAttestation } from '../testing/soft-authenticator.ts';
import { linkFor, optionsOf } from '../testing/webauthn-wire.ts';

let cis2: Instance;
let client: Cis2Registration;
let credentials: Credentials;
let browser: Browser;
before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  client = await cis2.register();
  credentials = new Credentials(cis2.database, cis2.clock, cis2.vault);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  for (const { id } of await credentials.of(gp.uid))
    await cis2.database.batch([credentials.revokeStatement(id)]);
});

const own = { 'sec-fetch-site': 'same-origin' };
const link = () => linkFor(cis2, 'security-key', gp.uid);
const begin = async (address: string) => {
  const begun = await browser.post(address, {}, own);
  assert.equal(begun.status, 303);
  return begun.location;
};
const challengeOf = (page: Reply): string => optionsOf(page).challenge;
const open = async () => {
  const address = await begin(await link());
  return { address, challenge: challengeOf(await browser.get(address)) };
};
const registration = (challenge: string, said: Partial<Said> = {}) =>
  softAttestation({
    challenge,
    origin: cis2.origin,
    rpId: 'localhost',
    ...said,
    id: said.id ?? randomToken(),
  });
const post = (address: string, response: unknown, headers = own) =>
  browser.post(`${address}/answer`, { response: JSON.stringify(response), label: 'Mine' }, headers);
const isRefused = async (reply: Reply) => {
  assert.equal(reply.status, 400);
  assert.match(reply.body, /role="alert" data-says="problem"/);
  assert.deepEqual(await credentials.of(gp.uid), []);
};
const isGone = ({ status, body }: Reply) => {
  assert.equal(status, 400);
  assert.match(body, /has expired/);
};

describe('enrolment link', () => {
  test('can be opened repeatedly but begins one enrolment', async () => {
    const address = await link();
    for (const _ of [1, 2])
      assert.match((await browser.get(address)).body, /TESTONE Caius Dr.*Security key/s);
    const [one, two] = await Promise.all([
      browser.post(address, {}, own),
      new Browser().post(address, {}, own),
    ]);
    assert.deepEqual([one.status, two.status].sort(), [303, 400]);
    isGone(await browser.get(address));
  });
  test('expires after 15 minutes together with its enrolment', async () => {
    const [late, address] = [await link(), await begin(await link())];
    cis2.clock.advance(901);
    isGone(await browser.get(late));
    isGone(await browser.post(late, {}, own));
    isGone(await browser.get(address));
    cis2.clock.advance(-901);
  });
  test('is rejected if it was never issued', async () =>
    isGone(await browser.get(`${cis2.origin}/enrol/${randomToken()}`)));
  test('is rejected after the person was disabled', async () => {
    const address = await link();
    cis2.cis.people.set(gp.uid, { ...gp, disabled: true });
    isGone(await browser.get(address));
    cis2.cis.people.set(gp.uid, gp);
  });
  test('is not sent as a referrer', async () => {
    const { headers } = await browser.get(await link());
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
  });
});

describe('binding of an enrolment to its browser and origin', () => {
  test('rejects another browser', async () => {
    const { address, challenge } = await open();
    browser = new Browser();
    isGone(await browser.get(address));
    isGone(await post(address, registration(challenge)));
    assert.deepEqual(await credentials.of(gp.uid), []);
  });
  const foreign: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.test' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['an old browser on another site', { origin: 'https://evil.example.test' }],
    ['nowhere', {}],
    ['a sandbox', { origin: 'null' }],
  ];
  for (const [name, headers] of foreign)
    test(name, async () => {
      const { address, challenge } = await open();
      assert.equal((await post(address, registration(challenge), headers as never)).status, 403);
      assert.equal((await browser.post(await link(), {}, headers)).status, 403);
      assert.equal(
        (await browser.post(`${cis2.origin}/account/add`, { kind: 'passkey' }, headers)).status,
        403,
      );
      assert.deepEqual(await credentials.of(gp.uid), []);
    });
  test('accepts a browser without fetch metadata on our own page', async () => {
    const { address, challenge } = await open();
    const done = await post(address, registration(challenge), { origin: cis2.origin } as never);
    assert.match(done.body, /<strong>Mine<\/strong> is set up/);
  });
});

describe('forged registration', () => {
  const cases: [string, Partial<Said>][] = [
    ['of another origin', { origin: 'https://evil.example.test' }],
    ['from a page within another site', { crossOrigin: true }],
    ['for another relying party', { rpId: 'evil.example.test' }],
    ['of a sign-in', { type: 'webauthn.get' }],
    ['without the person verified', { flags: { uv: false } }],
    ['without the person present', { flags: { up: false } }],
    ['backed up, but not to be', { flags: { bs: true } }],
  ];
  for (const [name, said] of cases)
    test(name, async () => {
      const { address, challenge } = await open();
      await isRefused(await post(address, registration(challenge, said)));
      await isRefused(await post(address, registration(challenge)));
    });
  test('is rejected after the challenge has expired', async () => {
    const { address, challenge } = await open();
    cis2.clock.advance(301);
    await isRefused(await post(address, registration(challenge)));
    cis2.clock.advance(-301);
  });
  test('is rejected with the challenge of another enrolment', async () => {
    const [first, second] = [await open(), await open()];
    await isRefused(await post(second.address, registration(first.challenge)));
  });
  test('is rejected if it is not JSON, not of this page, or empty', async () => {
    const { address } = await open();
    for (const response of ['', '{', '[]', 'null', '{"id":1}'])
      await isRefused(await browser.post(`${address}/answer`, { response }, own));
  });
  test('is rejected beyond 64 KiB', async () => {
    const { address } = await open();
    const reply = await browser.post(`${address}/answer`, { response: 'x'.repeat(70_000) }, own);
    assert.equal(reply.status, 413);
  });
});

test('a key without attestation is level 2, and an enrolment adds one credential', async () => {
  const { address, challenge } = await open();
  const other = challengeOf(await browser.get(address));
  const replies = await Promise.all([
    post(address, registration(challenge)),
    post(address, registration(other)),
  ]);
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400]);
  assert.match(replies.map(({ body }) => body).join(), /at level 2/);
  assert.equal((await credentials.of(gp.uid)).length, 1);
});

test('a credential belongs to one person, also in simultaneous enrolments', async () => {
  const id = randomToken();
  const [one, two] = [await open(), await open()];
  const replies = await Promise.all([
    post(one.address, registration(one.challenge, { id })),
    post(two.address, registration(two.challenge, { id })),
  ]);
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  const third = await open();
  assert.equal((await post(third.address, registration(third.challenge, { id }))).status, 400);
  assert.equal((await credentials.find('security-key', id)).length, 1);
});

describe('own account', () => {
  const signIn = async (uid = gp.uid) => {
    await cis2.agent.signIn(uid);
    const reply = await cis2.signIn(browser, client);
    assert.match(reply.location, /code=/);
  };
  const account = (path = '') => `${cis2.origin}/account${path}`;
  test('requires a recent sign-in', async () => {
    assert.equal((await browser.get(account())).status, 403);
    await signIn();
    assert.match((await browser.get(account())).body, /TESTONE Caius Dr, level 3/);
    cis2.clock.advance(16 * 60);
    assert.match((await browser.get(account())).body, /You are not signed in/);
    cis2.clock.advance(-16 * 60);
  });
  test('is closed after the card is removed', async () => {
    await signIn();
    for (const [sid] of cis2.cis.sessions) cis2.cis.end(sid, 'cardRemoved');
    assert.equal((await browser.get(account())).status, 403);
    assert.equal((await browser.post(account('/add'), { kind: 'passkey' }, own)).status, 403);
  });
  test('ends an enrolment with its session', async () => {
    await signIn();
    const begun = await browser.post(account('/add'), { kind: 'security-key' }, own);
    const challenge = challengeOf(await browser.get(begun.location));
    await cis2.sessionEnded({
      sessionId: [...cis2.cis.sessions.keys()].at(-1) ?? '',
      agentId: cis2.agent.id,
      uid: gp.uid,
      cause: 'cardRemoved',
      generation: 'hscn',
    });
    assert.equal((await post(begun.location, registration(challenge))).status, 400);
    assert.deepEqual(await credentials.of(gp.uid), []);
  });
  test('does not show, rename or remove authenticators of other people', async () => {
    const { address, challenge } = await open();
    await post(address, registration(challenge));
    const [theirs] = await credentials.of(gp.uid);
    browser = new Browser();
    await signIn(nurse.uid);
    const path = `/authenticator/${theirs?.id}`;
    assert.equal((await browser.get(account(path))).status, 404);
    assert.equal((await browser.post(account(`${path}/rename`), { label: 'x' }, own)).status, 404);
    assert.equal((await browser.post(account(`${path}/remove`), {}, own)).status, 404);
    assert.equal((await credentials.of(gp.uid))[0]?.label, 'Mine');
  });
  test('can begin a sign-in with a code that cannot be redeemed', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.match((await browser.get(account())).body, /href="\/account\/sign-in"/);
    const hop = await browser.get(account('/sign-in'));
    const back = await browser.get(await cis2.agent.answer(hop.location));
    const code = new URL(back.location).searchParams.get('code') ?? '';
    assert.equal((await browser.get(back.location)).location, account());
    assert.match((await browser.get(account())).body, /TESTONE Caius Dr, level 3/);
    const half = { ...client, clientId: 'alongside-account', redirectUris: [account()] };
    const refused = await redeem(cis2, half, { ...back, location: back.location });
    assert.ok(code);
    assert.equal((refused as { error?: string }).error, 'invalid_client');
    const asked = await browser.get(cis2.authorizeUrl(half, { prompt: 'none' }));
    assert.equal(asked.status, 400);
  });
  test('redirects back for an unknown kind', async () => {
    await signIn();
    assert.equal((await browser.post(account('/add'), { kind: 'nothing' }, own)).location, account());
  });
});
