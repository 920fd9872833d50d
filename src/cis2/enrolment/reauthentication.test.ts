import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { sql } from '../../storage/database.ts';
import { Credentials } from '../model/credentials.ts';
import { Browser, type Reply } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp, nurse } from '../testing/people.ts';
import { softAttestation } from '../testing/soft-authenticator.ts';
import { give, linkFor, optionsOf } from '../testing/webauthn-wire.ts';

const own = { 'sec-fetch-site': 'same-origin' };
let cis2: Instance;
let client: Cis2Registration;
let credentials: Credentials;
let browser: Browser;
let passkey: string;

const account = (path = '') => `${cis2.origin}/account${path}`;
/** Returns the address of the sign-in to which a reply leads: by a page after a form, because the agent has another origin. */
const signInAfter = ({ status, location, body }: Reply): string => {
  if (status === 302) return location;
  assert.equal(status, 200);
  const [, path = ''] = /content="0;url=([^"]+)"/.exec(body) ?? [];
  return new URL(path.replaceAll('&amp;', '&').replaceAll('&#38;', '&'), cis2.origin).href;
};
const again = (reply: Reply) => {
  const { pathname, searchParams } = new URL(signInAfter(reply));
  assert.equal(pathname, '/account/sign-in');
  return searchParams.get('again');
};
/** Signs in with the smartcard and advances the clock by minutes. */
async function signIn(minutes = 0): Promise<void> {
  await cis2.agent.signIn(gp.uid);
  assert.match((await cis2.signIn(browser, client)).location, /code=/);
  for (let spent = 0; spent < minutes; spent += 10) {
    cis2.clock.advance(Math.min(10, minutes - spent) * 60);
    assert.equal((await browser.get(account())).status, 200);
  }
}
const mails = async () => {
  await cis2.background.settled();
  return cis2.cis.mails.map(({ uid, mail }) => [uid, mail.subject]);
};
const begun = async (): Promise<number> => {
  const row = await cis2.database.get<{ total: number }>(
    sql("SELECT COUNT(*) AS total FROM single_use WHERE kind = 'cis2-enrolment' AND used_at IS NULL"),
  );
  return Number(row?.total);
};

before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  client = await cis2.register();
  credentials = new Credentials(cis2.database, cis2.clock, cis2.vault);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  passkey = (await give(cis2, 'passkey', gp.uid)).id;
  cis2.cis.mails.length = 0;
});
afterEach(async () => {
  for (const { id } of await credentials.of(gp.uid))
    await cis2.database.batch([credentials.revokeStatement(id)]);
});

describe('a session more than five minutes after the PIN', () => {
  const changes: [string, () => Promise<Reply>, string][] = [
    ['adds no passkey', () => browser.post(account('/add'), { kind: 'passkey' }, own), 'kind=passkey'],
    [
      'shows no form to change an authenticator',
      () => browser.get(account(`/authenticator/${passkey}`)),
      'id=',
    ],
    [
      'renames none',
      () => browser.post(account(`/authenticator/${passkey}/rename`), { label: 'x & y' }, own),
      'id=&label=x+%26+y',
    ],
    ['removes none', () => browser.post(account(`/authenticator/${passkey}/remove`), {}, own), 'id='],
    ['ends no other session', () => browser.post(account('/end-others'), {}, own), ''],
  ];
  for (const [name, change, back] of changes)
    test(`${name} and leads to a sign-in`, async () => {
      await signIn(120);
      const before = await begun();
      const reply = await change();
      assert.equal(again(reply), back.replace('id=', `id=${passkey}`));
      assert.equal(await begun(), before);
      assert.equal((await credentials.get(passkey))?.label, 'Passkey');
      assert.deepEqual(await mails(), []);
    });

  test('changes an authenticator after a new PIN at the agent', async () => {
    await signIn(120);
    const asked = await browser.get(account(`/authenticator/${passkey}`));
    const hop = await browser.get(asked.location);
    const claims = decodeJwt(new URL(hop.location).searchParams.get('request') ?? '')?.claims;
    assert.equal(claims?.prompt_login, true);
    const old = await browser.get(await cis2.agent.answer(hop.location));
    assert.match(old.location, /\/interaction\//, 'an old PIN does not do');
    const again = await browser.get(`${old.location}/smartcard`);
    const back = await browser.get(await cis2.agent.answer(again.location, { pin: true }));
    assert.equal((await browser.get(back.location)).location, account(`/authenticator/${passkey}`));
    assert.equal((await browser.get(account(`/authenticator/${passkey}`))).status, 200);
    assert.equal((await browser.post(account('/add'), { kind: 'passkey' }, own)).status, 303);
    assert.equal(await begun(), 1);
  });

  test('returns only to pages of the account, with what was begun', async () => {
    await signIn();
    const after = async (state: string) =>
      (await browser.get(account(`?${new URLSearchParams({ state })}`))).location;
    for (const foreign of [
      '',
      '//evil.example',
      'id=../../x',
      'kind=a/b',
      `id=${'x'.repeat(65)}`,
      '%',
      'id=%00',
    ])
      assert.equal(await after(foreign), account(), foreign);
    assert.equal(await after(`id=${passkey}`), account(`/authenticator/${passkey}`));
    const long = await after(`id=${passkey}&label=${'x'.repeat(9000)}`);
    assert.ok(long.length < 300, 'a label is cut');
    const begun = await browser.get(await after(`id=${passkey}&label="><script>`));
    assert.match(begun.body, /value="(&quot;|&#34;)(&gt;|&#62;)(&lt;|&#60;)script/);
    const chosen = await browser.get(await after('kind=passkey'));
    assert.match(chosen.body, /value="passkey"[^>]* checked/);
    assert.equal((await new Browser().get(account('/add?kind=passkey'))).status, 403);
    assert.deepEqual(await mails(), []);
  });

  test('does not become the session of another user', async () => {
    await signIn(120);
    const asked = await browser.post(account('/add'), { kind: 'passkey' }, own);
    const hop = await browser.get(signInAfter(asked));
    await cis2.agent.signIn(nurse.uid);
    const back = await browser.get(await cis2.agent.answer(hop.location, { pin: true }));
    assert.match(back.location, /error=login_required/);
  });

  test('adds no passkey for a thief of the session', async () => {
    await signIn(10);
    cis2.cis.agents = [];
    const thief = new Browser();
    for (const [name, value] of browser.jar) if (name.includes('session')) thief.jar.set(name, value);
    assert.equal((await thief.get(account())).status, 200, 'the session itself is stolen');
    const before = await begun();
    const asked = await thief.post(account('/add'), { kind: 'passkey' }, own);
    const choice = await thief.get(signInAfter(asked));
    assert.match(choice.location, /\/interaction\//);
    assert.equal((await thief.get(account('?code=guess&state='))).location, account());
    assert.equal(again(await thief.post(account('/add'), { kind: 'passkey' }, own)), 'kind=passkey');
    assert.equal(await begun(), before);
    assert.equal((await credentials.of(gp.uid)).length, 1);
  });
});

describe('a change of an authenticator', () => {
  test('is mailed to the holder once for each kind of change', async () => {
    await signIn();
    const { location } = await browser.post(account('/add'), { kind: 'passkey' }, own);
    const { challenge } = optionsOf(await browser.get(location));
    const made = softAttestation({ challenge, origin: cis2.origin, rpId: 'localhost', id: 'QUJDREVGR0g' });
    const done = await browser.post(
      `${location}/answer`,
      { response: JSON.stringify(made), label: 'Mine' },
      own,
    );
    assert.match(done.body, /is set up/);
    const [added] = await credentials.find('passkey', made.id);
    const path = `/authenticator/${added?.id}`;
    await browser.post(account(`${path}/rename`), { label: 'Ours' }, own);
    await browser.post(account(`${path}/remove`), {}, own);
    assert.deepEqual(await mails(), [
      [gp.uid, 'A way to sign in was added to your care identity'],
      [gp.uid, 'A way to sign in to your care identity was renamed'],
      [gp.uid, 'A way to sign in to your care identity was removed'],
    ]);
    assert.match(cis2.cis.mails[0]?.mail.text ?? '', /was set up on .*: Mine\.\n\nIf this was you/);
  });

  test('is mailed after an officer’s link too', async () => {
    const address = await linkFor(cis2, 'security-key', gp.uid);
    const { location } = await browser.post(address, {}, own);
    const { challenge } = optionsOf(await browser.get(location));
    const made = softAttestation({ challenge, origin: cis2.origin, rpId: 'localhost', id: 'SElKS0xNTk8' });
    await browser.post(`${location}/answer`, { response: JSON.stringify(made) }, own);
    assert.deepEqual(await mails(), [[gp.uid, 'A way to sign in was added to your care identity']]);
  });

  test('is mailed later if CIS is unreachable', async () => {
    await signIn();
    const other = (await give(cis2, 'passkey', gp.uid)).id;
    cis2.cis.refusesMail = true;
    await browser.post(account(`/authenticator/${passkey}/remove`), {}, own);
    assert.deepEqual(await mails(), []);
    cis2.cis.refusesMail = false;
    cis2.clock.advance(31);
    await browser.post(account(`/authenticator/${other}/rename`), { label: 'Other' }, own);
    assert.deepEqual(
      (await mails()).map(([, subject]) => subject),
      [
        'A way to sign in to your care identity was removed',
        'A way to sign in to your care identity was renamed',
      ],
    );
    assert.deepEqual(await cis2.database.all(sql("SELECT id FROM outbox WHERE topic = 'cis2.notice'")), []);
  });

  test('offers to end the sessions in other browsers, and keeps its own', async () => {
    await signIn();
    const other = new Browser();
    await cis2.signIn(other, client);
    const page = await browser.get(account());
    assert.match(page.body, /also signed in in \d+ other browsers/);
    assert.equal((await browser.post(account('/end-others'), {}, own)).location, account());
    assert.equal((await other.get(account())).status, 403);
    assert.ok(!(await browser.get(account())).body.includes('also signed in in'));
  });
});
