import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { trustedProxies } from '@alongside/kernel/peer';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Browser, type Reply } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { alertOf, choice, claimsOf } from '../../testing/journey.ts';
import { gp, nurse } from '../../testing/people.ts';
import { errorIn, questionIn, SoftTablet } from '../../testing/soft-tablet.ts';
import { tabletText } from './text.ts';

const { denied, wrongNumber, elsewhere, expired, often } = tabletText.desk;

let cis2: Instance;
let client: Cis2Registration;
let browser: Browser;
let tablet: SoftTablet;
before(async () => {
  cis2 = await startInstance({ tabletNetworks: trustedProxies(['10.1.0.0/16']) });
  client = await cis2.register();
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  tablet = await SoftTablet.create(cis2);
  await tablet.of(gp.uid);
  // Only one test concerns the limit on a user's requests.
  await cis2.database.run(sql("DELETE FROM counter WHERE name LIKE 'tablet:%'"));
  await cis2.database.run(sql("DELETE FROM single_use WHERE kind = 'cis2-tablet-person'"));
});

/** The workstation: a browser on the page that waits. */
class Desk {
  readonly browser: Browser;
  readonly at: string;
  waiting = '';
  headers = {};
  constructor(browser: Browser, at: string) {
    this.browser = browser;
    this.at = at;
  }
  async begin(): Promise<Reply> {
    const to = await this.browser.get(`${this.at}/tablet`, this.headers);
    this.waiting = to.location;
    return to;
  }
  look(): Promise<Reply> {
    return this.browser.get(this.waiting);
  }
  async state(): Promise<string> {
    const { body } = await this.browser.get(this.waiting.replace('/wait?', '/state?'));
    return (JSON.parse(body) as { state: string }).state;
  }
  stop(): Promise<Reply> {
    return this.browser.post(`${this.at}/tablet/stop`, { request: this.waiting.at(-1) ?? '' });
  }
  async code(): Promise<string> {
    return /data-code>([A-Z-]+)</.exec((await this.look()).body)?.[1] ?? '';
  }
  async number(): Promise<string> {
    return /data-number>(\d\d)</.exec((await this.look()).body)?.[1] ?? '';
  }
}
const sit = async (parameters: Record<string, string> = {}, headers = {}, of = browser) => {
  const desk = new Desk(of, await choice(cis2, of, client, parameters));
  desk.headers = headers;
  await desk.begin();
  return desk;
};

describe('sign-in with a tablet', () => {
  for (const acr of ['AAL3_ANY', 'AAL3_IOS', 'AAL2_OR_AAL3_ANY'])
    test(`meets ${acr}`, async () => {
      const desk = await sit({ acr_values: acr });
      assert.equal(await desk.state(), 'waiting');
      const question = questionIn(await tablet.open(await desk.code()));
      assert.equal(await desk.state(), 'opened');
      assert.match(question.application, /^Example/);
      const number = await desk.number();
      assert.equal(question.candidates.length, 3);
      assert.ok(question.candidates.includes(number));
      assert.deepEqual(JSON.parse((await tablet.answer(question, number)).body), { state: 'approved' });
      assert.equal(await desk.state(), 'approved');
      const claims = await claimsOf(cis2, client, await desk.look());
      assert.equal(claims.sub, gp.uid);
      assert.equal(claims.acr, acr);
      assert.deepEqual(claims.amr, ['IOS']);
      assert.equal(claims.authentication_assurance_level, '3');
    });
  test('hides the number until a tablet has opened the request', async () => {
    const desk = await sit();
    assert.equal(await desk.number(), '');
    assert.ok(!(await desk.look()).body.includes('data-number'));
  });
  test('accepts the code in lower case and without the hyphen', async () => {
    const desk = await sit();
    const reply = await tablet.open((await desk.code()).toLowerCase().replace('-', ' '));
    assert.equal(reply.status, 200);
  });
  test('reaches level 2 after an enrolment at level 2', async () => {
    const lower = await SoftTablet.create(cis2);
    await lower.of(nurse.uid, { ceiling: 2 });
    const desk = await sit({ acr_values: 'AAL2_OR_AAL3_ANY' });
    const question = questionIn(await lower.open(await desk.code()));
    await lower.answer(question, await desk.number());
    const claims = await claimsOf(cis2, client, await desk.look());
    assert.equal(claims.authentication_assurance_level, '2');
  });
  test('returns to the choice if level 3 is requested', async () => {
    const lower = await SoftTablet.create(cis2);
    await lower.of(nurse.uid, { ceiling: 2 });
    const desk = await sit();
    const question = questionIn(await lower.open(await desk.code()));
    await lower.answer(question, await desk.number());
    assert.equal((await desk.look()).location, desk.at);
    assert.match(alertOf(await browser.get(desk.at)), /needs a different way to sign in/);
  });
});

describe('end of a request to a tablet', () => {
  test('ends when the user denies it on the tablet', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    assert.deepEqual(JSON.parse((await tablet.answer(question, 'no')).body), { state: 'denied' });
    assert.equal(alertOf(await desk.look()), denied);
  });
  test('ends on the tablet when the user stops it at the workstation, and lets the user start again', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    assert.equal((await desk.stop()).location, desk.at);
    assert.equal((await tablet.answer(question, '11')).status, 404);
    await desk.begin();
    assert.equal((await tablet.open(await desk.code())).status, 200);
  });
  test('invalidates the code of a stopped request', async () => {
    const desk = await sit();
    const code = await desk.code();
    await desk.stop();
    assert.equal(errorIn(await tablet.open(code)), 'unknown_code');
  });
  test('expires after two minutes in every state', async () => {
    const desk = await sit();
    const code = await desk.code();
    cis2.clock.advance(121);
    assert.equal(errorIn(await tablet.open(code)), 'unknown_code');
    assert.equal(alertOf(await desk.look()), expired);
    assert.equal(await desk.state(), 'expired');
    await desk.begin();
    const question = questionIn(await tablet.open(await desk.code()));
    const number = await desk.number();
    cis2.clock.advance(121);
    assert.equal(errorIn(await tablet.answer(question, number)), 'unknown_code');
    await desk.begin();
    const third = questionIn(await tablet.open(await desk.code()));
    await tablet.answer(third, await desk.number());
    cis2.clock.advance(121);
    assert.equal(alertOf(await desk.look()), expired);
  });
  test('ends when the user tries again', async () => {
    const desk = await sit();
    const code = await desk.code();
    await desk.begin();
    assert.equal(errorIn(await tablet.open(code)), 'unknown_code');
    assert.equal((await tablet.open(await desk.code())).status, 200);
  });
});

describe('attack: the wrong number on a tablet', () => {
  test('ends the sign-in and refuses another guess', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    const number = await desk.number();
    const wrong = question.candidates.find((one) => one !== number) ?? '';
    assert.equal(errorIn(await tablet.answer(question, wrong)), 'wrong_number');
    assert.equal(alertOf(await desk.look()), wrongNumber);
    assert.equal(errorIn(await tablet.answer(question, number)), 'unknown_code');
    assert.equal(alertOf(await desk.look()), wrongNumber);
  });
  test('accepts one of three concurrent answers', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    const replies = await Promise.all(question.candidates.map((number) => tablet.answer(question, number)));
    assert.equal(replies.filter((reply) => reply.status === 404).length, 2);
  });
});

test('records each sign-in that ends at the tablet, with its reason', async () => {
  const since = (await cis2.audit.list()).at(-1)?.seq ?? 0;
  const refuse = async (numberOf: (desk: Desk, candidates: readonly string[]) => Promise<string>) => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    await tablet.answer(question, await numberOf(desk, question.candidates));
  };
  await refuse(async () => 'no');
  await refuse(async (desk, candidates) => {
    const number = await desk.number();
    return candidates.find((one) => one !== number) ?? '';
  });
  const away = await sit({}, { 'x-forwarded-for': '192.0.2.7' });
  tablet.address = '192.0.2.8';
  await tablet.open(await away.code());
  const refused = (await cis2.audit.list(since)).filter(({ outcome }) => outcome === 'refused');
  assert.deepEqual(
    refused.map(({ action, actor, detail }) => [action, actor, detail.authenticator, detail.error]),
    ['denied', 'wrongNumber', 'elsewhere'].map((error) => ['cis2.sign-in', gp.uid, 'tablet', error]),
  );
});

describe('attack: relay of a tablet’s code', () => {
  const opened = async (deskAddress: string, tabletAddress: string) => {
    const desk = await sit({}, { 'x-forwarded-for': deskAddress });
    tablet.address = tabletAddress;
    return { desk, reply: await tablet.open(await desk.code()) };
  };
  const cases: [string, string, boolean][] = [
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.7', '203.0.113.9', false],
    ['10.1.2.3', '10.1.200.4', true],
    ['10.1.2.3', '10.2.0.4', false],
    ['10.1.2.3', '192.0.2.7', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['127.0.0.8', '127.0.0.9', true],
    ['127.0.0.1', '127.0.0.1', false],
  ];
  for (const [desk, at, near] of cases)
    test(`${near ? 'accepts' : 'stops'} a tablet at ${at} with the workstation at ${desk}`, async () => {
      const { desk: page, reply } = await opened(desk, at);
      assert.equal(reply.status, near ? 200 : 403);
      if (!near) assert.equal(alertOf(await page.look()), elsewhere);
    });
  test('refuses an approved request in another browser', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    await tablet.answer(question, await desk.number());
    const thief = new Browser();
    const other = await sit({}, {}, thief);
    assert.equal((await thief.get(desk.waiting)).status, 400);
    assert.equal(await other.state(), 'waiting');
    assert.match((await desk.look()).location, /code=/);
  });
  test('accepts an approved request once', async () => {
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    await tablet.answer(question, await desk.number());
    const replies = await Promise.all(Array.from({ length: 5 }, () => desk.look()));
    assert.equal(replies.filter((reply) => /[?&]code=/.test(reply.location)).length, 1);
  });
  test('lets one tablet use a code', async () => {
    const second = await SoftTablet.create(cis2);
    await second.of(nurse.uid);
    const desk = await sit();
    const code = await desk.code();
    const replies = await Promise.all([tablet.open(code), second.open(code)]);
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 404]);
  });
  test('refuses the answer of a tablet that did not open the request', async () => {
    const second = await SoftTablet.create(cis2);
    await second.of(nurse.uid);
    const desk = await sit();
    const question = questionIn(await tablet.open(await desk.code()));
    assert.equal(errorIn(await second.answer(question, await desk.number())), 'unknown_code');
    assert.equal((await tablet.answer(question, await desk.number())).status, 200);
  });
});

describe('attack: repeated requests to a tired user', () => {
  test('allows one open request for each user', async () => {
    const first = await sit();
    await tablet.open(await first.code());
    const second = await sit({}, {}, new Browser());
    assert.equal(errorIn(await tablet.open(await second.code())), 'already_open');
  });
  test('allows five requests in ten minutes for each user', async () => {
    for (let count = 0; count < 5; count++) {
      const desk = await sit({}, {}, new Browser());
      await tablet.answer(questionIn(await tablet.open(await desk.code())), 'no');
    }
    const desk = await sit({}, {}, new Browser());
    const reply = await tablet.open(await desk.code());
    assert.equal(reply.status, 429);
    assert.equal(errorIn(reply), 'too_many');
    cis2.clock.advance(600);
    const later = await sit({}, {}, new Browser());
    assert.equal((await tablet.open(await later.code())).status, 200);
  });
  test('allows five requests in one sign-in', async () => {
    const desk = await sit();
    for (let count = 1; count < 5; count++) assert.match((await desk.begin()).location, /wait\?request=/);
    assert.equal((await desk.begin()).location, desk.at);
    assert.equal(alertOf(await browser.get(desk.at)), often);
  });
});

test('outside development, a tablet needs WebAuthn and a secret key', async () => {
  const named = await startInstance({ development: false }, ':memory:', undefined, 'localhost');
  const numbered = await startInstance({ development: false });
  try {
    const acr_values = 'AAL2_OR_AAL3_ANY';
    const shared = await SoftTablet.create(named);
    await shared.of(nurse.uid, { shared: true });
    const alone = await SoftTablet.create(named);
    await alone.of(gp.uid);
    const of = new Browser();
    const desk = new Desk(of, await choice(named, of, await named.register(), { acr_values }));
    await desk.begin();
    for (const each of [shared, alone])
      assert.equal(errorIn(await each.open(await desk.code())), 'unknown_tablet');
    assert.equal((await of.get(`${named.origin}/tablet/demo-key`)).status, 404);
    const at = await choice(numbered, of, await numbered.register(), { acr_values });
    assert.ok(!(await of.get(at)).body.includes('with-tablet'));
  } finally {
    await named.stop();
    await numbered.stop();
  }
});
