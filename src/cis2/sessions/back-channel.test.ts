import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { CookieNames } from '@alongside/kernel/cookies';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { EndCause, Generation } from '../../cis/protocol.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';
import { Deliveries } from './deliveries.ts';
import { Expiry } from './expiry.ts';
import { SessionEnds } from './session-ends.ts';
import { Sessions } from './sessions.ts';

let cis2: Instance;
let rp: RpEndpoint;
let platform: RpEndpoint;
let nhs: Cis2Registration;
let standard: Cis2Registration;
let silent: Cis2Registration;
let platformClient: Cis2Registration;
let browser: Browser;
let cisSid: string;

before(async () => {
  rp = await startRpEndpoint();
  platform = await startRpEndpoint();
  cis2 = await startInstance({ platformLogout: platform.url, platformClientId: 'platform.apps' });
  nhs = await cis2.register({ backchannelLogoutUri: rp.url });
  standard = await cis2.register({
    profile: 'standard',
    backchannelLogoutUri: `${rp.url}/standard`,
    idTokenSigningAlg: 'ES256',
  });
  silent = await cis2.register();
  platformClient = await cis2.register({
    clientId: 'platform.apps',
    backchannelLogoutUri: platform.url,
    redirectUris: ['https://api.example.test/oauth2/callback'],
  });
});
after(async () => {
  await cis2.stop();
  await rp.stop();
  await platform.stop();
});
beforeEach(async () => {
  for (const endpoint of [rp, platform]) {
    endpoint.received = [];
    endpoint.answer = { status: 200, body: '{}' };
  }
  browser = new Browser();
  cisSid = await cis2.agent.signIn(gp.uid);
});

/** Waits for the deliveries, which do not delay the response to CIS. */
const settled = () => cis2.background.settled();
const end = async (cause: EndCause = 'cardRemoved', generation: Generation = 'hscn') => {
  const reply = await cis2.sessionEnded({
    sessionId: cisSid,
    agentId: cis2.agent.id,
    uid: gp.uid,
    cause,
    generation,
  });
  await settled();
  return reply;
};
const verified = async (token: string) =>
  jwtVerify(token, createLocalJWKSet((await cis2.keys.jwks()) as never), { issuer: cis2.issuer });

test('the logout token of the nhs profile has the published claims', async () => {
  const { id_token } = await redeem(cis2, nhs, await cis2.signIn(browser, nhs));
  const { payload: idToken } = await verified(id_token);
  await end();
  assert.deepEqual([...(rp.received[0]?.keys() ?? [])], ['logout_token']);
  const { payload, protectedHeader } = await verified(rp.received[0]?.get('logout_token') ?? '');
  assert.deepEqual([protectedHeader.alg, protectedHeader.typ], ['RS256', 'JWT']);
  const { iat = 0, exp = 0, jti, ...rest } = payload;
  assert.deepEqual(rest, {
    iss: cis2.issuer,
    aud: nhs.clientId,
    sub: gp.uid,
    sid: idToken.sid,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });
  assert.equal(exp - iat, 120);
  assert.match(String(jti), /^[0-9a-f-]{36}$/);
});

test('the logout token of the standard profile has the specified typ and the algorithm of the client', async () => {
  await cis2.signIn(browser, standard);
  await end();
  const { protectedHeader } = await verified(rp.received[0]?.get('logout_token') ?? '');
  assert.deepEqual([protectedHeader.alg, protectedHeader.typ], ['ES256', 'logout+jwt']);
});

test('each relying party of a session is notified once, and the platform for every session', async () => {
  await cis2.signIn(browser, nhs);
  await cis2.signIn(browser, nhs);
  await cis2.signIn(browser, standard);
  await cis2.signIn(browser, silent);
  await end();
  await end();
  const audience = async ({ received }: RpEndpoint) =>
    (
      await Promise.all(
        received.map(async (body) => (await verified(body.get('logout_token') ?? '')).payload.aud),
      )
    ).sort();
  assert.deepEqual(await audience(rp), [nhs.clientId, standard.clientId].sort());
  assert.deepEqual(await audience(platform), [platformClient.clientId]);
  // The platform may check the token strictly.
  const { protectedHeader } = await verified(platform.received[0]?.get('logout_token') ?? '');
  assert.deepEqual([protectedHeader.alg, protectedHeader.typ], ['RS256', 'logout+jwt']);
});

test('a client that registers the address of the platform does not replace it', async () => {
  await cis2.register({ backchannelLogoutUri: platform.url }, { id: '0-before-all-others' });
  try {
    await cis2.signIn(browser, nhs);
    await end();
    const audiences = await Promise.all(
      platform.received.map(async (body) => (await verified(body.get('logout_token') ?? '')).payload.aud),
    );
    assert.deepEqual(audiences, [platformClient.clientId]);
  } finally {
    await cis2.applications.remove('0-before-all-others');
  }
});

test('the platform is notified once if it is also a relying party', async () => {
  await cis2.signIn(browser, platformClient);
  await end();
  assert.equal(platform.received.length, 1);
});

describe('end of a session', () => {
  for (const [cause, generation, ends] of [
    ['cardRemoved', 'hscn', true],
    ['signedOut', 'hscn', true],
    ['expired', 'hscn', true],
    ['administrator', 'hscn', true],
    ['disabled', 'hscn', true],
    ['agentStopped', 'hscn', true],
    ['cardRemoved', 'internet', false],
    ['signedOut', 'internet', true],
    ['anotherPerson', 'internet', true],
  ] as const)
    test(`${ends ? 'follows' : 'does not follow'} ${cause} in the generation ${generation}`, async () => {
      await cis2.signIn(browser, nhs);
      const reply = await end(cause, generation);
      assert.deepEqual(JSON.parse(reply.body), { ended: ends ? 1 : 0 });
      assert.equal(rp.received.length, ends ? 1 : 0);
      if (!ends) await end('administrator', generation);
    });

  test('follows anotherPerson for all sessions from the agent of the former user', async () => {
    await cis2.signIn(browser, nhs);
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(new Browser(), nhs);
    const reply = await cis2.sessionEnded({
      sessionId: 'a-third',
      agentId: cis2.agent.id,
      uid: gp.uid,
      cause: 'anotherPerson',
      generation: 'internet',
    });
    await settled();
    assert.deepEqual(JSON.parse(reply.body), { ended: 2 });
  });

  test('follows a hand-off of another user at the workstation', async () => {
    await cis2.signIn(browser, nhs);
    await cis2.agent.signIn(nurse.uid);
    await cis2.signIn(new Browser(), silent);
    await settled();
    assert.equal(rp.received.length, 1);
  });

  test('follows 12 hours after the PIN', async () => {
    await cis2.signIn(browser, nhs);
    cis2.clock.advance(43_201);
    const short = await startRound();
    cis2.clock.advance(-43_201);
    await short;
    assert.equal(rp.received.length, 1);
  });
  const startRound = async () => {
    const { ends } = parts();
    await ends.endExpired();
    await ends.settled();
  };
});

test('the report of an ended session requires the secret of CIS', async () => {
  await cis2.signIn(browser, nhs);
  const ended = {
    sessionId: cisSid,
    agentId: cis2.agent.id,
    uid: gp.uid,
    cause: 'cardRemoved',
    generation: 'hscn',
  } as const;
  for (const wrong of ['', 'x', cis2.cis.secret])
    assert.equal((await cis2.sessionEnded(ended, wrong)).status, 401);
  assert.equal((await cis2.sessionEnded({ ...ended, cause: 'toString' as never })).status, 400);
  assert.equal(rp.received.length, 0);
});

describe('delivery', () => {
  test('is retried with growing pauses within 60 s', async () => {
    rp.answer = { status: 500, body: '' };
    await cis2.signIn(browser, nhs);
    await end();
    const { deliveries } = parts();
    assert.equal(rp.received.length, 1);
    await deliveries.run();
    assert.equal(rp.received.length, 1);
    let advanced = 0;
    for (const pause of [2, 8, 20]) {
      cis2.clock.advance(pause);
      advanced += pause;
      await deliveries.run();
    }
    assert.equal(rp.received.length, 4);
    rp.answer = { status: 200, body: '' };
    cis2.clock.advance(60);
    await deliveries.run();
    await deliveries.run();
    cis2.clock.advance(-60 - advanced);
    assert.equal(rp.received.length, 5);
    const jtis = await Promise.all(
      rp.received.map(
        async (body) =>
          JSON.parse(
            Buffer.from((body.get('logout_token') ?? '').split('.')[1] ?? '', 'base64url').toString(),
          ).jti,
      ),
    );
    assert.equal(new Set(jtis).size, 5);
  });
  test('is retried by one of two processes', async () => {
    rp.answer = { status: 500, body: '' };
    await cis2.signIn(browser, nhs);
    await end();
    cis2.clock.advance(2);
    await Promise.all([parts().deliveries.run(), parts().deliveries.run(), parts().deliveries.run()]);
    cis2.clock.advance(-2);
    assert.equal(rp.received.length, 2);
  });
  test('succeeds with 501 "SID not found" but not with another 501', async () => {
    platform.answer = {
      status: 501,
      body: '{"error":"not_implemented","error_description":"SID not found"}',
    };
    await cis2.signIn(browser, silent);
    await end();
    cis2.clock.advance(100);
    await parts().deliveries.run();
    cis2.clock.advance(-100);
    assert.equal(platform.received.length, 1);
    platform.answer = { status: 501, body: '{"error_description":"Logout Failed"}' };
    cisSid = await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, silent);
    await end();
    cis2.clock.advance(100);
    await parts().deliveries.run();
    cis2.clock.advance(-100);
    assert.equal(platform.received.length, 3);
  });
  test('is made once after a crash by the next process', async () => {
    const { deliveries } = parts();
    await cis2.signIn(browser, nhs);
    const row = await cis2.database.get<{ sid: string }>({
      text: 'SELECT sid FROM cis2_session WHERE cis_session_id = ?',
      values: [cisSid],
    });
    const ended = { sid: row?.sid ?? '', uid: gp.uid, cisSessionId: cisSid, cause: 'signedOut' } as const;
    await cis2.database.run(deliveries.promiseStatement(ended));
    assert.equal(rp.received.length, 0);
    await Promise.all([deliveries.run(), parts().deliveries.run()]);
    assert.equal(rp.received.length, 1);
  });
  test('is logged and recorded as an event', async () => {
    rp.answer = { status: 400, body: '' };
    await cis2.signIn(browser, nhs);
    await end();
    assert.ok(
      cis2.logged.some(
        ({ message, result, client }) =>
          message === 'back-channel logout failed' && result === 'status 400' && client === nhs.clientId,
      ),
    );
    await browser.get(`${cis2.issuer}/connect/jwk_uri`);
    const events = await cis2.events.list();
    assert.ok(
      events.some(
        ({ name, outcome, to }) =>
          name === 'cis2.backchannel-logout' && outcome === 'failed' && to === 'application',
      ),
    );
    assert.ok(
      events.some(
        ({ name, outcome, to }) =>
          name === 'cis2.backchannel-logout' && outcome === 'ok' && to === 'authorisation',
      ),
    );
  });
});

/** The services of another process on the same storage. */
function parts() {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const shared = {
    ...cis2,
    recorder: { record() {} },
    log,
    development: true,
    platformLogout: platform.url,
    platformClientId: 'platform.apps',
  };
  const urls = {
    console: '',
    api: 'https://api.example.test',
    apis: 'https://api.example.test',
    cis2: cis2.origin,
    identityAgent: '',
    cis: '',
    sample: '',
  };
  const cookies = new CookieNames(cis2.origin, 'cis2');
  const sessions = new Sessions({ ...cis2, cookies, unwatchedMethods: [] });
  const deliveries = new Deliveries({ ...shared, sessions, urls });
  const ends = new SessionEnds({ ...shared, sessions, deliveries });
  const expiry = new Expiry({ ...cis2, idleSignOut: true });
  return {
    deliveries,
    ends: { endExpired: () => ends.endExpired(expiry), settled: () => cis2.background.settled() },
  };
}
