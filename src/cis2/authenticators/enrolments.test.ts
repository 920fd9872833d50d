import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Credentials } from '../model/credentials.ts';
import { type AuthenticatorAnswer, consolePaths } from '../protocol.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { alertOf, choice, claimsOf, give } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { SoftTablet } from '../testing/soft-tablet.ts';
import { seedCredentials } from './seed.ts';
import { accountText } from './shared/text.ts';
import { kidOf, tabletTypes } from './tablet/protocol.ts';
import { demoTablet } from './tablet/seed.ts';
import { tabletText } from './tablet/text.ts';
import { codeAt } from './totp/codes.ts';
import type { TotpBody } from './totp/sign-in.ts';
import { totpText } from './totp/text.ts';

const good = 'green lamp sofa';

let cis2: Instance;
let credentials: Credentials;
let browser: Browser;
before(async () => {
  cis2 = await startInstance();
  credentials = new Credentials(cis2.database, cis2.clock, cis2.vault);
});
after(() => cis2.stop());
beforeEach(() => {
  browser = new Browser();
});

const console = async (path: string, body: object): Promise<Reply> => {
  const headers = { authorization: `Bearer ${consoleSecret}`, 'content-type': 'application/json' };
  return send('POST', `${cis2.origin}${path}`, headers, JSON.stringify(body));
};
const own = { 'sec-fetch-site': 'same-origin' };
/** Opens a link. Returns the address of the enrolment. */
const begin = async (kind: string, uid = gp.uid, of = browser): Promise<string> => {
  const { url } = JSON.parse((await console(consolePaths.enrolments(uid), { kind })).body) as { url: string };
  return (await of.post(url, {}, own)).location;
};
const secretIn = ({ body }: Reply) => (/data-secret>([A-Z2-7 ]+)</.exec(body)?.[1] ?? '').replaceAll(' ', '');
const problemsIn = ({ body }: Reply) => [...body.matchAll(/-problem">([^<]+)</g)].map(([, text]) => text);

describe('enrolment of an authenticator app', () => {
  const fill = async (at: string, more: Record<string, string> = {}, offset = 0) => {
    const secret = secretIn(await browser.get(at));
    const code = codeAt(secret, cis2.clock.now() + offset * 30_000);
    return browser.post(`${at}/answer`, { password: good, repeat: good, code, ...more }, own);
  };
  const cases: [string, Record<string, string>, string[]][] = [
    ['a short password', { password: 'short', repeat: 'short' }, [accountText.problems.tooShort]],
    [
      'a common password',
      { password: 'password-1234', repeat: 'password-1234' },
      [accountText.problems.known],
    ],
    [
      'the name of the user',
      { password: 'testone@example', repeat: 'testone@example' },
      [accountText.problems.own],
    ],
    ['different passwords', { repeat: 'green lamp soda' }, [accountText.problems.unequal]],
    ['a wrong code', { code: '000000' }, [totpText.enrolment.wrongCode]],
    ['no code', { code: '' }, [totpText.enrolment.wrongCode]],
    [
      'two wrong fields',
      { password: 'short', repeat: 'short', code: '1' },
      [accountText.problems.tooShort, totpText.enrolment.wrongCode],
    ],
  ];
  for (const [name, more, problems] of cases)
    test(`refuses ${name}`, async () => {
      const reply = await fill(await begin('totp'), more);
      assert.equal(reply.status, 400);
      assert.deepEqual(problemsIn(reply), problems);
      assert.equal((await credentials.of(gp.uid, 'totp')).length, 0);
    });
  test('refuses an expired code', async () => {
    assert.deepEqual(problemsIn(await fill(await begin('totp'), {}, -2)), [totpText.enrolment.wrongCode]);
  });
  test('replaces the previous app, uses up the code of the set-up, and stores the secret sealed', async () => {
    const at = await begin('totp');
    const secret = secretIn(await browser.get(at));
    assert.equal((await fill(at)).status, 200);
    const [first] = await credentials.of<TotpBody>(gp.uid, 'totp');
    assert.equal(first?.lookup, gp.email);
    assert.ok(first?.body.lastStep);
    assert.match(first?.body.hash ?? '', /^\$scrypt\$/);
    const rows = JSON.stringify(await cis2.database.all({ text: 'SELECT * FROM credential', values: [] }));
    assert.ok(!rows.includes(secret) && !rows.includes(good));
    const again = await begin('totp');
    assert.ok((await browser.get(again)).body.includes(totpText.enrolment.replaces));
    assert.equal((await fill(again)).status, 200);
    const after = await credentials.of(gp.uid, 'totp');
    assert.equal(after.length, 1);
    assert.notEqual(after[0]?.id, first?.id);
    assert.equal((await fill(again)).status, 400);
  });
  test('refuses a user without an e-mail address, or with that of another user', async () => {
    cis2.cis.people.set(nurse.uid, { ...nurse, email: '' });
    assert.equal(alertOf(await browser.get(await begin('totp', nurse.uid))), accountText.noEmail);
    cis2.cis.people.set(nurse.uid, { ...nurse, email: gp.email.toUpperCase() });
    assert.equal(alertOf(await browser.get(await begin('totp', nurse.uid))), accountText.taken);
    cis2.cis.people.set(nurse.uid, nurse);
  });
});

describe('enrolment of a tablet', () => {
  const codeIn = ({ body }: Reply) => /data-code="([^"]+)"/.exec(body)?.[1] ?? '';
  const refused = tabletText.enrolment.refused;
  test('accepts a key that signed itself', async () => {
    const tablet = await SoftTablet.create(cis2);
    const at = await begin('tablet');
    const token = await tablet.sign(tabletTypes.key, { code: codeIn(await browser.get(at)) });
    assert.equal((await browser.post(`${at}/here`, { token, label: 'Ward <3>' }, own)).status, 200);
    const [found] = await credentials.find<{ ceiling: number }>('tablet', kidOf(tablet.jwk));
    assert.deepEqual([found?.uid, found?.label, found?.body.ceiling], [gp.uid, 'Ward <3>', 3]);
  });
  test('attack: refuses a missing key, another code, another key in the header, and another type of token', async () => {
    const tablet = await SoftTablet.create(cis2);
    const other = await SoftTablet.create(cis2);
    const at = await begin('tablet');
    const post = (token: string) => browser.post(`${at}/here`, { token }, own);
    assert.equal(alertOf(await post('')), refused);
    assert.equal(alertOf(await post(await tablet.sign(tabletTypes.key, { code: 'x' }))), refused);
    const code = codeIn(await browser.get(at));
    assert.equal(
      alertOf(await post(await tablet.sign(tabletTypes.key, { code }, { jwk: other.jwk }))),
      refused,
    );
    const fresh = codeIn(await browser.get(at));
    assert.equal((await post(await tablet.sign(tabletTypes.open, { code: fresh }))).status, 400);
    assert.equal((await credentials.find('tablet', kidOf(tablet.jwk))).length, 0);
  });
  test('attack: refuses a key that another user has', async () => {
    const tablet = await SoftTablet.create(cis2);
    for (const [uid, status] of [
      [gp.uid, 200],
      [nurse.uid, 400],
    ] as const) {
      const at = await begin('tablet', uid);
      const token = await tablet.sign(tabletTypes.key, { code: codeIn(await browser.get(at)) });
      assert.equal((await browser.post(`${at}/here`, { token }, own)).status, status);
    }
  });
  test('attack: refuses a confirmation before a tablet has joined', async () => {
    const at = await begin('tablet');
    await browser.get(at);
    const reply = await browser.post(`${at}/compared`, { answer: 'yes' }, own);
    assert.equal(reply.location, at);
  });
});

describe('credentials that a tester imports', () => {
  const bring = (uid: string, body: object) => console(consolePaths.authenticators(uid), body);
  test('signs in at once with an imported authenticator app', async () => {
    const { status, body } = await bring(nurse.uid, { kind: 'totp', email: 'brought@example.test' });
    assert.equal(status, 201);
    const { development } = JSON.parse(body) as AuthenticatorAnswer;
    const { email, password, secret } = development as Record<string, string>;
    const client = await cis2.register();
    const at = await choice(cis2, browser, client, { acr_values: 'AAL2_TOTP' });
    const first = await browser.post(`${at}/totp/password`, { email: email ?? '', password: password ?? '' });
    const step = /name="step" value="([^"]+)"/.exec(first.body)?.[1] ?? '';
    const reply = await browser.post(`${at}/totp/code`, {
      step,
      code: codeAt(secret ?? '', cis2.clock.now()),
    });
    assert.equal((await claimsOf(cis2, client, reply)).sub, nurse.uid);
  });
  const wrong: [string, object, string][] = [
    ['a missing address', { kind: 'totp' }, 'email'],
    ['an invalid address', { kind: 'password', email: 'x' }, 'email'],
    ['a secret that is not base32', { kind: 'totp', email: 'a@b.test', secret: 'x' }, 'secret'],
    ['a private key', { kind: 'tablet', jwk: demoTablet.jwk }, 'jwk'],
    ['an invalid key', { kind: 'tablet', jwk: { kty: 'EC' } }, 'jwk'],
    ['a missing key', { kind: 'tablet' }, 'jwk'],
  ];
  for (const [name, body, field] of wrong)
    test(`refuses ${name} and names the field`, async () => {
      const reply = await bring(nurse.uid, body);
      assert.equal(reply.status, 400);
      assert.ok(reply.body.includes(field), reply.body);
    });
  test('imports a tablet and a password', async () => {
    const { jwk } = await SoftTablet.create(cis2);
    assert.equal((await bring(nurse.uid, { kind: 'tablet', jwk })).status, 201);
    assert.equal((await bring(nurse.uid, { kind: 'password', email: 'p@example.test' })).status, 201);
    assert.equal((await bring(gp.uid, { kind: 'password', email: 'P@example.test' })).status, 400);
  });
});

test('seeds the authenticators of each persona', async () => {
  const seeded = await startInstance();
  try {
    await seedCredentials(seeded);
    const all = new Credentials(seeded.database, seeded.clock, seeded.vault);
    const kinds = async (uid: string) => (await all.of(uid)).map(({ kind }) => kind).sort();
    assert.deepEqual(await kinds('656005750109'), ['totp']);
    assert.deepEqual(await kinds('656005750111'), ['passkey', 'totp']);
    assert.deepEqual(await kinds('656005750112'), ['totp']);
    assert.deepEqual(await kinds('656005750106'), ['tablet']);
    assert.deepEqual(await kinds('656005750110'), ['password']);
  } finally {
    await seeded.stop();
  }
});

test('finds a federated account by issuer and subject only', async () => {
  await give(cis2, { uid: gp.uid, kind: 'federated', label: '', lookup: 'https://a.test|x', body: {} });
  assert.equal((await credentials.find('federated', 'x')).length, 0);
  assert.equal((await credentials.find('federated', 'https://b.test|x')).length, 0);
});
