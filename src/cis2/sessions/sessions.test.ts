import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CookieNames } from '@alongside/kernel/cookies';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { sql } from '../../storage/database.ts';
import { Browser, form, send } from '../testing/browser.ts';
import { type Instance, secret, startInstance } from '../testing/instance.ts';
import { choice, redeem } from '../testing/journey.ts';
import { otherProcess } from '../testing/other-process.ts';
import { nurse } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';
import { onward } from '../testing/webauthn-wire.ts';
import { Sessions } from './sessions.ts';

// Limits by level (NIST SP 800-63B section 4). The user signs in without a card, so only the clock ends sessions.
const minute = 60;
let cis2: Instance;
let rp: RpEndpoint;
let client: Cis2Registration;
let browser: Browser;
let advanced = 0;
before(async () => {
  cis2 = await startInstance();
  rp = await startRpEndpoint();
  client = await cis2.register({ backchannelLogoutUri: rp.url });
});
after(async () => {
  await cis2.stop();
  await rp.stop();
});
beforeEach(() => {
  rp.received = [];
  browser = new Browser();
});
afterEach(() => {
  cis2.clock.advance(-advanced);
  advanced = 0;
});
const advance = (seconds: number) => {
  advanced += seconds;
  cis2.clock.advance(seconds);
};
const signIn = async (acr_values: string, scope = 'openid') =>
  browser.post(`${await choice(cis2, browser, client, { acr_values, scope })}/persona/answer`, {
    uid: nurse.uid,
  });
const liveSids = async () =>
  (await cis2.database.all(sql('SELECT sid FROM cis2_session WHERE ended_at IS NULL'))).map(({ sid }) => sid);
const isSilent = async (acr_values: string) =>
  (await browser.get(cis2.authorizeUrl(client, { prompt: 'none', acr_values }))).location.includes('code=');

describe('idle session', () => {
  for (const [acr, minutes] of [
    ['AAL3_ANY', 15],
    ['AAL2_ANY', 30],
  ] as const) {
    test(`is used silently within ${minutes} minutes of its last use: ${acr}`, async () => {
      await signIn(acr);
      for (let use = 0; use < 3; use++) {
        advance(minutes * minute - 1);
        assert.ok(await isSilent(acr));
      }
    });
    test(`needs a sign-in after ${minutes} minutes: ${acr}`, async () => {
      await signIn(acr);
      advance(minutes * minute);
      assert.ok(!(await isSilent(acr)));
    });
  }
  test('does not meet level 3 with level 2', async () => {
    await signIn('AAL2_ANY');
    assert.ok(!(await isSilent('AAL3_ANY')));
    assert.ok(await isSilent('AAL2_OR_AAL3_ANY'));
  });
});

/** Runs one round of another process. Returns the notifications since then, by cause and state. */
const round = (idleSignOut = true) => otherProcess(cis2, { idleSignOut }).endExpired(client.clientId);

describe('end of an idle session', () => {
  beforeEach(async () => {
    client = await cis2.register({ backchannelLogoutUri: rp.url, profile: 'standard', refreshTokens: true });
  });
  const delivered = [['expired', 'delivered']];

  for (const [acr, minutes] of [
    ['AAL3_ANY', 15],
    ['AAL2_ANY', 30],
  ] as const)
    test(`notifies relying parties once after ${minutes} minutes: ${acr}`, async () => {
      await signIn(acr);
      advance(10 * minute);
      assert.ok(await isSilent(acr));
      advance(minutes * minute - 1);
      assert.deepEqual(await round(), []);
      advance(1);
      await Promise.all([round(), round()]);
      assert.deepEqual(await round(), delivered);
      const told = rp.received.map((form) => decodeJwt(form.get('logout_token') ?? '')?.claims);
      const ours = told.filter((claims) => claims?.aud === client.clientId);
      assert.equal(ours.length, 1);
      // The next sign-in creates another session.
      await signIn(acr);
      assert.ok(!(await liveSids()).includes(String(ours[0]?.sid)));
    });

  test('notifies a relying party again that did not respond', async () => {
    await signIn('AAL3_ANY');
    advance(15 * minute);
    rp.answer = { status: 503, body: '' };
    assert.deepEqual(await round(), [['expired', 'pending']]);
    rp.answer = { status: 200, body: '' };
    advance(3);
    assert.deepEqual(await round(), delivered);
  });

  test('is delayed by a refresh of tokens, after which a silent sign-in still fails', async () => {
    const back = await signIn('AAL3_ANY', 'openid offline_access');
    let { refresh_token: token } = await redeem(cis2, client, { ...back, location: onward(back) });
    for (let use = 0; use < 4; use++) {
      advance(14 * minute);
      const values = { grant_type: 'refresh_token', refresh_token: token, client_id: client.clientId };
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = form({ ...values, client_secret: secret });
      const reply = await send('POST', `${cis2.issuer}/access_token`, type, body);
      assert.equal(reply.status, 200, reply.body);
      token = JSON.parse(reply.body).refresh_token;
      assert.deepEqual(await round(), []);
    }
    assert.ok(!(await isSilent('AAL3_ANY')));
    advance(15 * minute);
    assert.deepEqual(await round(), delivered);
  });

  test('applies to a smartcard session of the internet generation, not of HSCN', async () => {
    for (const [generation, told] of [
      ['hscn', []],
      ['internet', delivered],
    ] as const) {
      await cis2.agent.signIn(nurse.uid, { generation });
      const back = await cis2.signIn(new Browser(), client);
      assert.match(back.location, /code=/);
      advance(16 * minute);
      assert.deepEqual(await round(), told, generation);
    }
    cis2.cis.agents = [];
  });

  test('does not happen if idle sign-out is off', async () => {
    await signIn('AAL3_ANY');
    advance(16 * minute);
    assert.ok(!(await isSilent('AAL3_ANY')));
    assert.deepEqual(await round(false), []);
    assert.deepEqual(await round(), delivered);
  });
});

describe('lifetime of a session', () => {
  for (const acr of ['AAL3_ANY', 'AAL2_ANY'])
    test(`is twelve hours despite use, and relying parties are notified: ${acr}`, async () => {
      client = await cis2.register({ backchannelLogoutUri: rp.url });
      await signIn(acr);
      for (let use = 0; use < 719; use += 14) {
        assert.ok(await isSilent(acr), `after ${use} minutes`);
        advance(14 * minute);
      }
      // The sign-ins take less than a minute on the slowest machine.
      advance(719 * minute - advanced);
      assert.ok(await isSilent(acr));
      advance(minute);
      assert.ok(!(await isSilent(acr)));
      assert.deepEqual(await round(), [['expired', 'delivered']]);
      const audiences = rp.received.map((form) => decodeJwt(form.get('logout_token') ?? '')?.claims.aud);
      assert.equal(audiences.filter((audience) => audience === client.clientId).length, 1);
    });
});

test('only sessions that ended a month ago are deleted', async () => {
  const cookies = new CookieNames(cis2.origin, 'x');
  const sessions = new Sessions({ ...cis2, cookies, unwatchedMethods: [] });
  const sids = async () =>
    (await cis2.database.all<{ sid: string }>(sql('SELECT sid FROM cis2_session'))).map(({ sid }) => sid);
  await signIn('AAL3_ANY');
  advance(721 * minute);
  await round();
  const ended = await sids();
  assert.ok(ended.length > 0);
  advance(29 * 24 * 60 * minute);
  await signIn('AAL3_ANY');
  const live = (await sids()).filter((sid) => !ended.includes(sid));
  await sessions.forget();
  assert.equal((await sids()).length, ended.length + live.length);
  advance(2 * 24 * 60 * minute);
  await sessions.forget();
  assert.deepEqual(await sids(), live);
});
