import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CookieNames } from '@alongside/kernel/cookies';
import { silentLog } from '@alongside/kernel/log';
import { CisClient } from '../cis-client.ts';
import { Sessions } from '../sessions.ts';
import { Browser } from '../testing/browser.ts';
import { startInstance } from '../testing/instance.ts';
import { choice } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { startRpEndpoint } from '../testing/rp-endpoint.ts';
import { Deliveries } from './deliveries.ts';
import { GonePeople } from './gone-people.ts';
import { SessionEnds } from './session-ends.ts';

test('a round ends what people who were disabled have, tells of it, and asks of nobody else', async () => {
  const cis2 = await startInstance();
  const rp = await startRpEndpoint();
  try {
    const client = await cis2.register({ backchannelLogoutUri: rp.url });
    for (const { uid } of [gp, nurse]) {
      const browser = new Browser();
      await browser.post(`${await choice(cis2, browser, client, {})}/persona/answer`, { uid });
    }
    const { database, singleUse, clock, issuer } = cis2;
    const sessions = new Sessions(database, singleUse, clock, new CookieNames(cis2.origin, 'cis2'), issuer);
    const parts = {
      ...cis2,
      development: true,
      sessions,
      recorder: { record() {} } as never,
      log: silentLog,
    };
    const deliveries = new Deliveries({ ...parts, urls: { api: 'https://api.example.test' } as never });
    const ends = new SessionEnds({ database, tokens: cis2.tokens, sessions, deliveries });
    const cis = new CisClient({ url: cis2.cis.url, secret: cis2.cis.secret }, silentLog);
    const gone = new GonePeople({ clock, database, cis, sessions, ends, log: silentLog });
    await gone.run();
    await deliveries.settled();
    assert.equal(rp.received.length, 0);
    cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
    await gone.run();
    await deliveries.settled();
    assert.equal(rp.received.length, 1);
    assert.equal((await sessions.ofPerson(nurse.uid)).length, 0);
    assert.equal((await sessions.ofPerson(gp.uid)).length, 1);
    // CIS that does not answer ends nobody.
    cis2.cis.down = true;
    await gone.run();
    assert.equal((await sessions.ofPerson(gp.uid)).length, 1);
  } finally {
    await rp.stop();
    await cis2.stop();
  }
});
