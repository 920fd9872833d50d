import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Browser, type Reply } from '../../testing/browser.ts';
import { cheapHash } from '../../testing/cheap-hash.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { alertOf, choice, claimsOf, give, next } from '../../testing/journey.ts';
import { gp, nurse } from '../../testing/people.ts';
import { codeAt, newSecret } from './codes.ts';
import { totpText } from './text.ts';

const { wrong, locked, tooLate } = totpText;
const password = 'green lamp sofa';
const acr_values = 'AAL2_TOTP';

let cis2: Instance;
let client: Cis2Registration;
let browser: Browser;
let hash: string;
let serial = 0;
/** Each test has its own user, so locks stay apart. */
let email: string;
let secret: string;

before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
  hash = cheapHash(password);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  serial += 1;
  email = `gp${serial}@example.test`;
  secret = newSecret();
  await give(cis2, {
    uid: gp.uid,
    kind: 'totp',
    label: 'App',
    lookup: email,
    body: { email, hash, lastStep: null },
    secret,
  });
});

const stepIn = ({ body }: Reply) => /name="step" value="([^"]+)"/.exec(body)?.[1] ?? '';
const code = (offset = 0) => codeAt(secret, cis2.clock.now() + offset * 30_000);
/** Returns a code of no accepted step. */
const none = () => {
  const taken = [-1, 0, 1].map(code);
  return ['000000', '111111', '222222', '333333'].find((one) => !taken.includes(one)) ?? '';
};

class Journey {
  readonly browser: Browser;
  readonly at: string;
  constructor(browser: Browser, at: string) {
    this.browser = browser;
    this.at = at;
  }
  first(mail = email, word = password): Promise<Reply> {
    return this.browser.post(`${this.at}/totp/password`, { email: mail, password: word });
  }
  second(step: string, digits: string): Promise<Reply> {
    return this.browser.post(`${this.at}/totp/code`, { step, code: digits });
  }
  async whole(digits: string, mail = email, word = password): Promise<Reply> {
    return this.second(stepIn(await this.first(mail, word)), digits);
  }
}
const begin = async (parameters: Record<string, string> = { acr_values }, of = browser) =>
  new Journey(of, await choice(cis2, of, client, parameters));

describe('sign-in with an authenticator app', () => {
  const cases: [string, string][] = [
    ['AAL2_TOTP', 'AAL2_TOTP'],
    ['AAL2_ANY', 'AAL2_ANY'],
    ['AAL2_OR_AAL3_ANY', 'AAL2_OR_AAL3_ANY'],
    ['AAL3_SMARTCARD AAL2_TOTP', 'AAL2_TOTP'],
  ];
  for (const [asked, met] of cases)
    test(`returns ${met} for ${asked}`, async () => {
      const journey = await begin({ acr_values: asked });
      const claims = await claimsOf(cis2, client, await journey.whole(code()));
      assert.equal(claims.acr, met);
      assert.deepEqual(claims.amr, ['TOTP']);
      assert.equal(claims.authentication_assurance_level, '2');
      assert.equal(claims.sub, gp.uid);
    });
  test('is neither offered nor reachable for level 3', async () => {
    const at = await choice(cis2, browser, client);
    assert.ok(!(await browser.get(at)).body.includes('with-totp'));
    assert.equal((await browser.get(`${at}/totp`)).location, at);
    assert.equal((await new Journey(browser, at).first()).location, at);
  });
  test('accepts the address in capitals and the code in two groups', async () => {
    const journey = await begin();
    const digits = code();
    const reply = await journey.whole(`${digits.slice(0, 3)} ${digits.slice(3)}`, ` ${email.toUpperCase()} `);
    assert.equal((await claimsOf(cis2, client, reply)).sub, gp.uid);
  });
  test('fills the form with the address of the login hint, and with nothing else', async () => {
    const shown = async (login_hint: string) => {
      const of = new Browser();
      const at = await choice(cis2, of, client, { acr_values, login_hint });
      return /id="email"[^>]*value="([^"]*)"/.exec((await of.get(`${at}/totp`)).body)?.[1];
    };
    assert.equal(await shown('Ada@Example.test'), 'ada@example.test');
    for (const hint of ['656005750108', '"><script>alert(1)</script>@example.test'])
      assert.equal(await shown(hint), undefined);
  });
  test('shows the page of the code again after a wrong code', async () => {
    const journey = await begin();
    const again = await journey.whole(none());
    assert.equal(again.status, 400);
    assert.equal(alertOf(again), wrong);
    assert.match(next(await journey.second(stepIn(again), code())).location, /code=/);
  });
  test('uses the session silently until the app is removed', async () => {
    const other = `${email}.two`;
    const id = await give(cis2, {
      uid: nurse.uid,
      kind: 'totp',
      label: 'App',
      lookup: other,
      body: { email: other, hash, lastStep: null },
      secret,
    });
    const journey = await begin();
    await journey.whole(code(), other);
    const silent = () => browser.get(cis2.authorizeUrl(client, { acr_values, prompt: 'none' }));
    assert.match((await silent()).location, /code=/);
    await cis2.database.run(sql('UPDATE credential SET revoked_at = 1 WHERE id = ?', id));
    assert.match((await silent()).location, /error=login_required/);
  });
});

describe('attack: a used code', () => {
  test('does not sign in again in any browser', async () => {
    const digits = code();
    await (await begin()).whole(digits);
    const again = await (await begin({ acr_values }, new Browser())).whole(digits);
    assert.equal(alertOf(again), wrong);
  });
  test('makes earlier codes invalid', async () => {
    const before = code(-1);
    await (await begin()).whole(code());
    assert.equal(alertOf(await (await begin({ acr_values }, new Browser())).whole(before)), wrong);
  });
  test('signs in once among ten concurrent tries', async () => {
    const digits = code();
    const journeys = await Promise.all(
      Array.from({ length: 10 }, () => begin({ acr_values }, new Browser())),
    );
    const steps = await Promise.all(journeys.map((journey) => journey.first()));
    const replies = await Promise.all(
      journeys.map((journey, index) => journey.second(stepIn(steps[index] as Reply), digits)),
    );
    assert.equal(replies.filter((reply) => /[?&]code=/.test(next(reply).location)).length, 1);
  });
});

test('attack: signs in once with a code among processes that share a database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-totp-'));
  const instances = [];
  for (let index = 0; index < 2; index++)
    instances.push(await startInstance({}, `sqlite:${join(folder, 'shared.db')}`));
  const [first, second] = instances as [Instance, Instance];
  try {
    const own = await first.register();
    const body = { email, hash, lastStep: null };
    await give(first, { uid: gp.uid, kind: 'totp', label: 'App', lookup: email, body, secret });
    const digits = code();
    const replies = await Promise.all(
      [first, second].map(async (one) => {
        const of = new Browser();
        const journey = new Journey(of, await choice(one, of, own, { acr_values }));
        return journey.whole(digits);
      }),
    );
    assert.equal(replies.filter((reply) => /[?&]code=/.test(next(reply).location)).length, 1);
  } finally {
    for (const one of instances) await one.stop();
    rmSync(folder, { recursive: true });
  }
});

describe('attack: guesses of a code', () => {
  test('locks the account for 15 minutes after five wrong codes, in all browsers', async () => {
    const journey = await begin();
    let step = stepIn(await journey.first());
    for (let guess = 1; guess <= 5; guess++) {
      const reply = await journey.second(step, none());
      assert.equal(alertOf(reply), wrong, `guess ${guess}`);
      step = stepIn(reply);
    }
    assert.equal(alertOf(await journey.second(step, code())), locked);
    const elsewhere = await begin({ acr_values }, new Browser());
    assert.equal(alertOf(await elsewhere.whole(code())), locked);
    cis2.clock.advance(880);
    assert.equal(alertOf(await (await begin({ acr_values }, new Browser())).whole(code())), locked);
    cis2.clock.advance(20);
    assert.match(next(await (await begin({ acr_values }, new Browser())).whole(code())).location, /code=/);
  });
  test('does not extend the lock', async () => {
    const journey = await begin();
    let step = stepIn(await journey.first());
    for (let guess = 0; guess < 5; guess++) step = stepIn(await journey.second(step, none()));
    cis2.clock.advance(290);
    step = stepIn(await journey.first());
    for (let guess = 0; guess < 5; guess++) assert.equal(alertOf(await journey.second(step, none())), locked);
    cis2.clock.advance(611);
    assert.match(next(await (await begin()).whole(code())).location, /code=/);
  });
  test('resets the count after a right code', async () => {
    const journey = await begin();
    let step = stepIn(await journey.first());
    for (let guess = 0; guess < 4; guess++) step = stepIn(await journey.second(step, none()));
    assert.match(next(await journey.second(step, code())).location, /code=/);
    cis2.clock.advance(60);
    const again = await begin({ acr_values }, new Browser());
    assert.equal(alertOf(await again.whole(none())), wrong);
    assert.match(next(await (await begin({ acr_values }, new Browser())).whole(code())).location, /code=/);
  });
  test('allows five of many concurrent guesses', async () => {
    const journey = await begin();
    const step = stepIn(await journey.first());
    const replies = await Promise.all(Array.from({ length: 20 }, () => journey.second(step, none())));
    assert.equal(replies.filter((reply) => alertOf(reply) === wrong).length, 5);
    assert.equal(replies.filter((reply) => alertOf(reply) === locked).length, 15);
  });
});

describe('attack: enumeration of accounts', () => {
  const shape = ({ status, body }: Reply) => ({
    status,
    body: body.replace(/value="[^"]*"/g, '').replace(/interaction\/[\w-]+/g, ''),
  });
  const cases: [string, () => [string, string]][] = [
    ['a wrong password', () => [email, 'a wrong password']],
    ['an unknown address', () => ['nobody@example.test', password]],
    ['no address', () => ['', '']],
  ];
  for (const [name, given] of cases)
    test(`shows the code page after ${name}, and then the text of a wrong code`, async () => {
      const right = await begin();
      const first = await right.first();
      const other = await begin({ acr_values }, new Browser());
      const [mail, word] = given();
      const second = await other.first(mail, word);
      assert.deepEqual(shape(second), shape(first));
      if (mail.length === email.length) assert.equal(stepIn(second).length, stepIn(first).length);
      assert.deepEqual(
        shape(await other.second(stepIn(second), code())),
        shape(await right.second(stepIn(first), none())),
      );
    });
  test('locks an unknown address like a known one', async () => {
    const journey = await begin();
    let step = stepIn(await journey.first(`nobody${serial}@example.test`));
    for (let guess = 0; guess < 5; guess++) {
      const reply = await journey.second(step, none());
      assert.equal(alertOf(reply), wrong);
      step = stepIn(reply);
    }
    assert.equal(alertOf(await journey.second(step, none())), locked);
  });
  test('contains no trace of the account in the page', async () => {
    const step = stepIn(await (await begin()).first());
    assert.ok(!step.includes(email) && !Buffer.from(step, 'base64url').toString('latin1').includes(gp.uid));
  });
});

describe('attack: the code page without the password page', () => {
  test('refuses the state of another sign-in', async () => {
    const step = stepIn(await (await begin()).first());
    const other = await begin({ acr_values }, new Browser());
    assert.equal(alertOf(await other.second(step, code())), tooLate);
  });
  test('refuses an expired, changed or forged state', async () => {
    const journey = await begin();
    const step = stepIn(await journey.first());
    for (const changed of [`${step.slice(0, -8)}AAAAAAAA`, '', 'x.y', 'A'.repeat(60_000)])
      assert.equal(alertOf(await journey.second(changed, code())), tooLate);
    cis2.clock.advance(301);
    assert.equal(alertOf(await journey.second(step, code())), tooLate);
  });
  test('refuses the state in another browser', async () => {
    const journey = await begin();
    const step = stepIn(await journey.first());
    const thief = new Journey(new Browser(), journey.at);
    assert.equal((await thief.second(step, code())).status, 400);
  });
  test('ignores a repeated field', async () => {
    const journey = await begin();
    const step = stepIn(await journey.first());
    const reply = await journey.browser.post(`${journey.at}/totp/code?code=${code()}`, {
      step,
      code: none(),
    });
    assert.equal(alertOf(reply), wrong);
  });
});

test('does not sign in with an app that was removed during the sign-in', async () => {
  const journey = await begin();
  const step = stepIn(await journey.first());
  await cis2.database.run(sql('UPDATE credential SET revoked_at = 1 WHERE lookup = ?', email));
  assert.equal(alertOf(await journey.second(step, code())), wrong);
});

test('does not log or record password, code or address', async () => {
  const digits = code();
  await (await begin()).whole(digits);
  await (await begin({ acr_values }, new Browser())).whole(digits);
  const events = await cis2.database.all(sql('SELECT * FROM event_block'));
  const written = JSON.stringify([cis2.logged, events]);
  for (const secretOne of [password, digits, email, secret]) assert.ok(!written.includes(secretOne));
});
