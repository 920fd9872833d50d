import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Browser, type Reply } from '../../testing/browser.ts';
import { cheapHash } from '../../testing/cheap-hash.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { alertOf, choice, give, next } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';
import { passwordGate } from '../shared/hash.ts';
import { codeAt, newSecret } from './codes.ts';
import { guessesInDay } from './guesses.ts';
import { totpText } from './text.ts';

// Strangers can neither lock a user out nor guess without limit (docs/adr/0020). A trusted proxy reports the client addresses.

const { wrong, locked } = totpText;
const password = 'green lamp sofa';
const acr_values = 'AAL2_TOTP';

let cis2: Instance;
let client: Cis2Registration;
let serial = 0;
let email: string;
let secret: string;
let id: string;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
});
after(() => cis2.stop());
beforeEach(async () => {
  serial += 1;
  email = `gp${serial}@example.test`;
  secret = newSecret();
  const body = { email, hash: cheapHash(password), lastStep: null };
  id = await give(cis2, { uid: gp.uid, kind: 'totp', label: 'App', lookup: email, body, secret });
});

const code = () => codeAt(secret, cis2.clock.now());
const none = () => {
  const taken = [-1, 0, 1].map((step) => codeAt(secret, cis2.clock.now() + step * 30_000));
  return ['000000', '111111', '222222', '333333'].find((one) => !taken.includes(one)) ?? '';
};

/** A browser at one network address. */
class Desk {
  readonly browser = new Browser();
  readonly address: string;
  constructor(address: string) {
    this.address = address;
  }
  async try(digits: string, word = password): Promise<Reply> {
    const headers = { 'x-forwarded-for': this.address };
    // A browser drops the cookies of expired sign-ins.
    for (const name of this.browser.jar.keys()) if (name.includes('-txn-')) this.browser.jar.delete(name);
    const at = await choice(cis2, this.browser, client, { acr_values, prompt: 'login' });
    const first = await this.browser.post(`${at}/totp/password`, { email, password: word }, headers);
    const step = /name="step" value="([^"]+)"/.exec(first.body)?.[1] ?? '';
    return next(await this.browser.post(`${at}/totp/code`, { step, code: digits }, headers));
  }
  /** Sends the password only. */
  async password(): Promise<Reply> {
    const at = await choice(cis2, this.browser, client, { acr_values, prompt: 'login' });
    const headers = { 'x-forwarded-for': this.address };
    return this.browser.post(`${at}/totp/password`, { email, password }, headers);
  }
  /** Moves the clock, because a code counts once, and signs in with the current code. */
  async signsIn(): Promise<boolean> {
    cis2.clock.advance(60);
    return /[?&]code=/.test((await this.try(code())).location);
  }
  async guess(times: number, word = password): Promise<string[]> {
    const alerts: string[] = [];
    for (let guess = 0; guess < times; guess++) alerts.push(alertOf(await this.try(none(), word)));
    return alerts;
  }
}
/** Returns addresses of different networks. */
const elsewhere = (index: number) => new Desk(`198.51.100.${index + 1}`);

describe('attack: wrong codes that lock a user out', () => {
  test('does not lock an unknown browser in another network', async () => {
    assert.equal((await elsewhere(0).guess(6)).at(-1), locked);
    assert.equal(await new Desk('192.0.2.1').signsIn(), true);
  });
  test('does not lock a known browser in the same network', async () => {
    const own = new Desk('192.0.2.1');
    assert.equal(await own.signsIn(), true);
    assert.equal((await new Desk('192.0.2.1').guess(6)).at(-1), locked);
    assert.equal(await own.signsIn(), true);
    assert.equal(await new Desk('192.0.2.1').signsIn(), false);
  });
  test('counts all addresses of an IPv6 network together', async () => {
    for (let index = 1; index <= 5; index++) await new Desk(`2001:db8:0:7::${index}`).guess(1);
    assert.deepEqual(await new Desk('2001:db8:0:7:ffff::1').guess(1), [locked]);
    assert.deepEqual(await new Desk('2001:db8:0:8::1').guess(1), [wrong]);
  });
  test('never locks the user without the password, from any number of networks', async () => {
    for (let index = 0; index < guessesInDay / 5 + 2; index++)
      assert.deepEqual(new Set(await elsewhere(index).guess(5, 'a wrong password')), new Set([wrong]));
    assert.equal(await new Desk('192.0.2.1').signsIn(), true);
  });
  test('knows a browser only for its own users, and refuses a changed cookie', async () => {
    const own = new Desk('192.0.2.1');
    await own.signsIn();
    const [cookie] = [...own.browser.jar].filter(([name]) => name.endsWith('-known'));
    assert.ok(cookie);
    assert.ok(!Buffer.from(cookie[1], 'base64url').toString('latin1').includes(email));
    own.browser.jar.set(cookie[0], `${cookie[1].slice(0, -8)}AAAAAAAA`);
    await new Desk('192.0.2.1').guess(5);
    assert.deepEqual(await own.guess(1), [locked]);
  });
});

describe('attack: a queue of passwords that locks a user out', () => {
  test('lets a known browser pass the queue and refuses an unknown one in the same network', async () => {
    const own = new Desk('192.0.2.9');
    assert.equal(await own.signsIn(), true);
    let open = () => undefined as void;
    const closed = new Promise<void>((resolve) => (open = resolve));
    const held = [1, 2].map(() => passwordGate.through(() => closed));
    const full: unknown[] = [];
    const waiting = Array.from({ length: 60 }, () =>
      passwordGate
        .through(async () => undefined, 'network 192.0.2.9')
        .catch((error: unknown) => full.push(error)),
    );
    const unknown = new Desk('192.0.2.9');
    assert.equal((await unknown.password()).status, 503);
    assert.equal(full.length, 0);
    const known = own.password();
    // The last call of the flood is refused to make room.
    await Promise.race([known, waiting.at(-1)]);
    open();
    assert.equal((await known).status, 200);
    assert.equal(full.length, 1);
    await Promise.all([...held, ...waiting]);
  });
});

describe('attack: guesses from many networks with the right password', () => {
  const exhaust = async () => {
    for (let index = 0; index < guessesInDay / 5; index++)
      assert.deepEqual(new Set(await elsewhere(index).guess(5)), new Set([wrong]));
  };
  test('refuses the right code like a wrong one after a hundred guesses in a day', async () => {
    await exhaust();
    cis2.clock.advance(60);
    assert.equal(alertOf(await elsewhere(50).try(code())), wrong);
    assert.equal(alertOf(await elsewhere(50).try(code(), 'a wrong password')), wrong);
  });
  test('ends the period a day after the first guess', async () => {
    await exhaust();
    for (let hour = 0; hour < 24; hour++) {
      await elsewhere(60 + hour).guess(1);
      cis2.clock.advance(3_600);
    }
    assert.equal(await elsewhere(99).signsIn(), true);
  });
  test('signs the user in in a known browser', async () => {
    const own = new Desk('192.0.2.1');
    await own.signsIn();
    await exhaust();
    assert.equal(await own.signsIn(), true);
  });
  test('limits guesses in a known browser too, and does not count right ones', async () => {
    const own = new Desk('192.0.2.1');
    await own.signsIn();
    for (let round = 0; round < guessesInDay / 5; round++) {
      assert.deepEqual(new Set(await own.guess(4)), new Set([wrong]));
      if (round === 0) assert.equal(await own.signsIn(), true);
      await own.guess(1);
      cis2.clock.advance(900);
    }
    assert.deepEqual(await own.guess(1), [wrong]);
    assert.equal(await own.signsIn(), false);
    assert.equal(await new Desk('192.0.2.1').signsIn(), true);
  });
  test('writes one audit record', async () => {
    await exhaust();
    await elsewhere(50).guess(5);
    const found = (await cis2.audit.list()).filter(
      ({ action, detail }) => action === 'authenticator.codes-guessed' && detail.credential === id,
    );
    assert.deepEqual(
      found.map(({ target, outcome }) => [target, outcome]),
      [[gp.uid, 'refused']],
    );
    const rows = await cis2.database.all(sql("SELECT * FROM single_use WHERE kind = 'cis2-day-totp'"));
    assert.ok(!JSON.stringify(rows).includes(id));
  });
});
