import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CookieNames } from '@alongside/kernel/cookies';
import { decodeJwt } from '@alongside/kernel/jws';
import { silentLog } from '@alongside/kernel/log';
import type { Cis2Half } from '../oauth/applications.ts';
import { Deliveries } from './logout/deliveries.ts';
import { SessionEnds } from './logout/session-ends.ts';
import { Sessions } from './sessions.ts';
import { Browser } from './testing/browser.ts';
import { type Instance, startInstance } from './testing/instance.ts';
import { choice } from './testing/journey.ts';
import { nurse } from './testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from './testing/rp-endpoint.ts';

// Limits by level (NIST SP 800-63B section 4). The person signs in without a card, so that the clock alone ends things.
const minute = 60;
let cis2: Instance;
let rp: RpEndpoint;
let client: Cis2Half;
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
const signIn = async (acr_values: string) =>
  browser.post(`${await choice(cis2, browser, client, { acr_values })}/persona/answer`, { uid: nurse.uid });
const isSilent = async (acr_values: string) =>
  (await browser.get(cis2.authorizeUrl(client, { prompt: 'none', acr_values }))).location.includes('code=');

describe('idle', () => {
  for (const [acr, minutes] of [
    ['AAL3_ANY', 15],
    ['AAL2_ANY', 30],
  ] as const) {
    test(`${acr}: used silently within ${minutes} minutes, each use anew`, async () => {
      await signIn(acr);
      for (let use = 0; use < 3; use++) {
        advance(minutes * minute - 1);
        assert.ok(await isSilent(acr));
      }
    });
    test(`${acr}: after ${minutes} minutes somebody is asked`, async () => {
      await signIn(acr);
      advance(minutes * minute);
      assert.ok(!(await isSilent(acr)));
    });
  }
  test('a session of level 2 is none for level 3', async () => {
    await signIn('AAL2_ANY');
    assert.ok(!(await isSilent('AAL3_ANY')));
    assert.ok(await isSilent('AAL2_OR_AAL3_ANY'));
  });
});

describe('at its longest', () => {
  for (const acr of ['AAL3_ANY', 'AAL2_ANY'])
    test(`${acr}: twelve hours, however often it is used; relying parties are told`, async () => {
      client = await cis2.register({ backchannelLogoutUri: rp.url });
      await signIn(acr);
      for (let use = 0; use < 719; use += 14) {
        assert.ok(await isSilent(acr), `after ${use} minutes`);
        advance(14 * minute);
      }
      advance(720 * minute - advanced - 1);
      assert.ok(await isSilent(acr));
      advance(1);
      assert.ok(!(await isSilent(acr)));
      const { database, singleUse, clock, issuer, tokens } = cis2;
      const sessions = new Sessions(database, singleUse, clock, new CookieNames(cis2.origin, 'cis2'), issuer);
      const parts = {
        ...cis2,
        development: true,
        sessions,
        recorder: { record() {} } as never,
        log: silentLog,
      };
      const deliveries = new Deliveries({ ...parts, urls: { api: 'https://api.example.test' } as never });
      await new SessionEnds({ database, tokens, sessions, deliveries }).endOverdue();
      await deliveries.settled();
      const told = (await deliveries.since(0, 200)).filter(({ clientId }) => clientId === client.clientId);
      assert.deepEqual(
        told.map(({ cause, state }) => [cause, state]),
        [['expired', 'delivered']],
      );
      const audiences = rp.received.map((form) => decodeJwt(form.get('logout_token') ?? '')?.claims.aud);
      assert.equal(audiences.filter((audience) => audience === client.clientId).length, 1);
    });
});
