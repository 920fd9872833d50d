import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt, publicKeyOf, signJwt, verifySignature } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { sha256 } from '@alongside/kernel/secrets';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { forgetSession } from '../../testing/journey.ts';
import { gp, nurse } from '../../testing/people.ts';
import { type Forgery, handOffOf, TestAgent } from '../../testing/test-agent.ts';

let cis2: Instance;
let client: Cis2Registration;
let sid: string;

before(async () => {
  cis2 = await startInstance();
  client = await cis2.register({}, { name: 'Example application' });
});
after(() => cis2.stop());
beforeEach(async () => {
  sid = await cis2.agent.signIn(gp.uid);
});

/** Begins a sign-in in a browser. Returns the address at the agent. */
async function hop(browser: Browser, parameters: Record<string, string> = {}): Promise<string> {
  const { location } = await browser.get(cis2.authorizeUrl(client, parameters));
  assert.ok(location.startsWith('http://127.0.0.1:65533/v1/cis2?request='));
  return location;
}

const errorOf = (body: string): string => (JSON.parse(body) as { error: string }).error;
const seconds = () => Math.floor(cis2.clock.now() / 1000);
const freshKey = async () => createPrivateKey((await newKeyPair('ES256')).privatePem);

describe('hand-off request', () => {
  test('is a short-lived JWS with exactly the claims of the protocol', async () => {
    const browser = new Browser();
    const { request, claims } = handOffOf(await hop(browser));
    const jwt = decodeJwt(request);
    const { keys } = await cis2.keys.jwks();
    const key = publicKeyOf(keys.find(({ kid }) => kid === jwt?.header.kid));
    assert.ok(jwt && key && (await verifySignature(jwt, 'ES256', key)));
    assert.equal(jwt.header.typ, 'cis-agent-req+jwt');
    const { jti, nonce, txn_h, iat, exp, ...rest } = claims;
    assert.deepEqual(rest, {
      iss: cis2.issuer,
      aud: 'identity-agent',
      response_uri: `${cis2.origin}/agent/return`,
      client_name: 'Example application',
      client_id: client.clientId,
      interactive: true,
      prompt_login: false,
    });
    assert.equal(exp - iat, 60);
    assert.equal(Buffer.from(nonce, 'base64url').length, 32);
    assert.match(jti, /^[0-9a-f]{12}[\w-]{43}$/);
    const [name, value] = [...browser.jar].find(([cookie]) => cookie.includes('-txn-')) ?? [];
    assert.equal(txn_h, sha256(value ?? ''));
    assert.ok(!request.includes(value ?? '') && name);
  });
  test('contains the parameters of the authorization request', async () => {
    assert.equal(handOffOf(await hop(new Browser(), { prompt: 'login' })).claims.prompt_login, true);
    const met = new Browser();
    await cis2.signIn(met, client);
    forgetSession(met);
    assert.equal(handOffOf(await hop(met, { prompt: 'none' })).claims.interactive, false);
    assert.equal(handOffOf(await hop(new Browser(), { max_age: '300' })).claims.max_age, undefined);
    const strict = await cis2.register({ profile: 'standard' });
    const { location } = await new Browser().get(cis2.authorizeUrl(strict, { max_age: '300' }));
    assert.equal(handOffOf(location).claims.max_age, 300);
  });
});

describe('invalid proof', () => {
  type Case = [string, () => Promise<Forgery> | Forgery, number, string];
  const claim = (claims: Record<string, unknown>) => () => ({ claims });
  const cases: Case[] = [
    ['alg none', () => ({ alg: 'none' }), 400, 'invalid_proof'],
    [
      'another algorithm',
      async () => ({ alg: 'RS256', key: createPrivateKey((await newKeyPair('RS256')).privatePem) }),
      400,
      'invalid_proof',
    ],
    ['another key', async () => ({ key: await freshKey() }), 400, 'invalid_proof'],
    ['the type of a request', () => ({ typ: 'cis-agent-req+jwt' }), 400, 'invalid_proof'],
    ['aud of another issuer', claim({ aud: 'https://evil.example' }), 400, 'invalid_proof'],
    ['aud in a list', () => ({ claims: { aud: [cis2.issuer] } }), 400, 'invalid_proof'],
    ['another nonce', claim({ nonce: 'x'.repeat(43) }), 400, 'invalid_proof'],
    ['another txn_h', claim({ txn_h: sha256('x') }), 400, 'invalid_proof'],
    ['an unknown request', claim({ request_jti: 'x' }), 400, 'invalid_request'],
    ['a missing request', claim({ request_jti: undefined }), 400, 'invalid_proof'],
    ['another session', claim({ cis_sid: 'x' }), 400, 'invalid_proof'],
    ['another user', claim({ sub: nurse.uid }), 400, 'invalid_proof'],
    ['another agent', claim({ iss: 'x' }), 400, 'invalid_proof'],
    ['an old iat', () => ({ claims: { iat: seconds() - 61 } }), 400, 'invalid_proof'],
    ['a future iat', () => ({ claims: { iat: seconds() + 61 } }), 400, 'invalid_proof'],
    ['a PIN time in the future', () => ({ claims: { pin_time: seconds() + 3600 } }), 400, 'invalid_proof'],
    ['a role unknown to CIS', claim({ selected_roleid: '555254240100' }), 400, 'invalid_proof'],
    ['a missing card_present', claim({ card_present: undefined }), 400, 'invalid_proof'],
    ['an absent card in a mode that requires it', () => ({ cardPresent: false }), 400, 'invalid_proof'],
    ['an absent card that signs', claim({ card_present: false }), 400, 'invalid_proof'],
    ['a certificate without a signature', claim({ card_signature: undefined }), 400, 'invalid_proof'],
    [
      'another card’s signature',
      () => ({ claims: { card_signature: Buffer.from('x').toString('base64') } }),
      403,
      'card_rejected',
    ],
  ];
  for (const [name, forge, status, error] of cases)
    test(`returns ${status} ${error} for ${name}`, async () => {
      const location = await hop(new Browser());
      const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location, await forge()));
      assert.equal(reply.status, status);
      assert.equal(errorOf(reply.body), error);
      // The request still accepts an honest proof.
      assert.equal((await cis2.agent.exchange(await cis2.agent.proofBody(location))).status, 200);
    });

  test('refuses a session certificate that CIS did not sign', async () => {
    const pair = await newKeyPair('ES256');
    const key = createPrivateKey(pair.privatePem);
    const claims = {
      iss: cis2.cis.url,
      sub: gp.uid,
      sid,
      iat: seconds(),
      exp: seconds() + 60,
      cnf: { jwk: pair.publicJwk },
    };
    const forged = (header: object, signer = key) =>
      signJwt({ alg: 'ES256', typ: 'cis-session+jwt', ...header } as never, claims, signer);
    const none = `${Buffer.from('{"alg":"none","typ":"cis-session+jwt","kid":"cis-1"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
    const certificates = [
      await forged({ kid: 'cis-1' }),
      await forged({ kid: 'other' }),
      await forged({ kid: 'cis-1', jwk: pair.publicJwk }),
      none,
      await cis2.cis.certify({ ...claims, exp: seconds() - 60 }),
      await cis2.cis.certify({ ...claims, iss: 'https://evil.example' }),
      await cis2.cis.certify({ ...claims, cnf: undefined }),
      await cis2.cis.certify(claims, { typ: 'JWT' }),
      // Well-formed, but for a key that differs from the one at CIS.
      await cis2.cis.certify(claims),
    ];
    for (const certificate of certificates) {
      const location = await hop(new Browser());
      const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location, { certificate, key }));
      assert.equal(errorOf(reply.body), 'invalid_proof');
    }
  });

  test('refuses a session certificate of CIS with another type, issuer or time', async () => {
    const claims = {
      iss: cis2.cis.url,
      sub: gp.uid,
      sid,
      iat: seconds(),
      exp: seconds() + 60,
      cnf: { jwk: cis2.cis.sessions.get(sid)?.sessionKey },
    };
    const answer = async (certificate: string) =>
      cis2.agent.exchange(await cis2.agent.proofBody(await hop(new Browser()), { certificate }));
    assert.equal((await answer(await cis2.cis.certify(claims))).status, 200);
    for (const certificate of [
      await cis2.cis.certify(claims, { typ: 'JWT' }),
      await cis2.cis.certify({ ...claims, iss: 'https://evil.example' }),
      await cis2.cis.certify({ ...claims, exp: seconds() - 60 }),
      await cis2.cis.certify({ ...claims, exp: undefined }),
      await cis2.cis.certify({ ...claims, iat: seconds() + 60 }),
      await cis2.cis.certify({ ...claims, sid: 'other' }),
      await cis2.cis.certify({ ...claims, sub: nurse.uid }),
    ])
      assert.equal(errorOf((await answer(certificate)).body), 'invalid_proof');
  });

  test('refuses an ended session', async () => {
    const location = await hop(new Browser());
    cis2.cis.end(sid, 'cardRemoved');
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    assert.equal(reply.status, 403);
    assert.equal(errorOf(reply.body), 'session_ended');
  });

  test('returns 502 when CIS does not respond', async () => {
    const location = await hop(new Browser());
    cis2.cis.down = true;
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    cis2.cis.down = false;
    assert.equal(reply.status, 502);
    assert.equal(errorOf(reply.body), 'cis_unreachable');
  });

  test('refuses bodies that are not an exchange', async () => {
    for (const body of [
      {},
      [],
      null,
      'x',
      { proof: 'x' },
      { proof: 'x', sessionCertificate: 'x', more: 1 },
      { requestJti: 'x', error: 'toString', request: 'x' },
    ])
      assert.equal(errorOf((await cis2.agent.exchange(body)).body), 'invalid_request');
  });
});

describe('single use of a hand-off', () => {
  test('exchanges a request once among ten concurrent tries', async () => {
    const location = await hop(new Browser());
    const bodies = await Promise.all(Array.from({ length: 10 }, () => cis2.agent.proofBody(location)));
    const replies = await Promise.all(bodies.map((body) => cis2.agent.exchange(body)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.equal(replies.filter(({ status }) => status === 409).length, 9);
  });
  test('returns 409 for a repeated proof', async () => {
    const body = await cis2.agent.proofBody(await hop(new Browser()));
    assert.equal((await cis2.agent.exchange(body)).status, 200);
    const again = await cis2.agent.exchange(body);
    assert.equal(again.status, 409);
    assert.equal(errorOf(again.body), 'already_used');
  });
  test('refuses an expired request', async () => {
    const location = await hop(new Browser());
    cis2.clock.advance(400);
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    cis2.clock.advance(-400);
    assert.equal(errorOf(reply.body), 'invalid_request');
  });
  test('signs in once among ten concurrent returns with one code', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const replies = await Promise.all(Array.from({ length: 10 }, () => browser.get(back)));
    assert.equal(replies.filter(({ status }) => status === 302).length, 1);
    assert.equal(replies.filter(({ status }) => status >= 400).length, 9);
  });
});

test('records an unknown agent in a browser that has met others', async () => {
  const browser = new Browser();
  const agents = async (): Promise<unknown[]> =>
    (await cis2.events.list({ limit: 1_000 }))
      .filter(({ name }) => name === 'cis2.return')
      .map(({ detail }) => detail.agent)
      .slice(-3);
  const warnings = () =>
    cis2.logged.filter(({ message }) => /an Identity Agent that it has not met/.test(String(message)));
  await browser.get(await cis2.agent.answer(await hop(browser)));
  await browser.get(await cis2.agent.answer(await hop(browser, { prompt: 'login' }), { pin: true }));
  assert.equal(warnings().length, 0);
  const squatter = await TestAgent.create(cis2.cis, cis2.clock, cis2.origin);
  await squatter.signIn(gp.uid);
  await browser.get(await squatter.answer(await hop(browser, { prompt: 'login' }), { pin: true }));
  assert.equal(warnings().length, 1);
  assert.deepEqual(await agents(), ['first', 'known', 'another']);
});

describe('return from the agent', () => {
  test('refuses a browser without the cookie and spends the code', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const thief = await new Browser().get(back);
    assert.equal(thief.status, 403);
    assert.ok(!thief.headers['set-cookie']);
    assert.equal((await browser.get(back)).status, 403);
  });
  test('returns 403 for a missing or unknown code', async () => {
    const browser = new Browser();
    await hop(browser);
    assert.equal((await browser.get(`${cis2.origin}/agent/return`)).status, 403);
    assert.equal((await browser.get(`${cis2.origin}/agent/return?code=`)).status, 403);
    assert.equal((await browser.get(`${cis2.origin}/agent/return?code=${'x'.repeat(43)}`)).status, 403);
  });
  test('CVE-2024-23674, relay: signs in neither the attacker nor the victim when the victim’s agent answers the attacker’s request', async () => {
    const attacker = new Browser();
    const victim = new Browser();
    await hop(victim);
    const back = await cis2.agent.answer(await hop(attacker));
    // The victim's browser returns with the code of the attacker's transaction.
    assert.equal((await victim.get(back)).status, 403);
    // The attacker's browser has only a cookie, which is not enough without the code.
    assert.equal((await attacker.get(`${cis2.origin}/agent/return?code=guess`)).status, 403);
  });
  test('returns 403 for another value in the cookie', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const name = [...browser.jar.keys()].find((cookie) => cookie.includes('-txn-')) ?? '';
    const guess = new Browser();
    guess.jar.set(name, 'x'.repeat(43));
    assert.equal((await guess.get(back)).status, 403);
    assert.equal((await browser.get(back)).status, 403);
  });
  test('keeps two sign-ins of one browser apart', async () => {
    const browser = new Browser();
    const first = await cis2.agent.answer(await hop(browser, { state: 'first' }));
    const second = await cis2.agent.answer(await hop(browser, { state: 'second' }));
    assert.match((await browser.get(second)).location, /state=second/);
    assert.match((await browser.get(first)).location, /state=first/);
  });
  test('returns 403 for a code older than 30 s', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    cis2.clock.advance(30);
    const late = await browser.get(back);
    cis2.clock.advance(-30);
    assert.equal(late.status, 403);
  });
  test('creates no session when the card is removed during the sign-in', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    cis2.cis.end(sid, 'cardRemoved');
    await cis2.sessionEnded({
      sessionId: sid,
      agentId: cis2.agent.id,
      uid: gp.uid,
      cause: 'cardRemoved',
      generation: 'hscn',
    });
    const late = await browser.get(back);
    assert.equal(late.status, 403);
    assert.match(late.body, /smartcard session has ended/);
  });
});

describe('reason of the agent without a proof', () => {
  test('is accepted only with the signed request', async () => {
    const { request, claims } = handOffOf(await hop(new Browser()));
    const other = handOffOf(await hop(new Browser()));
    const [header, , signature] = request.split('.');
    for (const forged of [
      'x',
      other.request,
      `${header}.${Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString('base64url')}.${signature}`,
    ]) {
      const reply = await cis2.agent.exchange({
        requestJti: claims.jti,
        error: 'cancelled',
        request: forged,
      });
      assert.equal(reply.status, 400);
    }
    assert.equal(
      (await cis2.agent.exchange({ requestJti: claims.jti, error: 'cancelled', request })).status,
      200,
    );
  });
  for (const [reason, sentence] of [
    ['no_card', /no smartcard in the reader/],
    ['card_blocked', /smartcard is blocked/],
    ['card_rejected', /was not accepted/],
    ['no_role', /has no role/],
    ['cis_unreachable', /could not reach/],
    ['another_way', /How do you want to sign in/],
  ] as const)
    test(`returns to the choice with the text of ${reason}`, async () => {
      const browser = new Browser();
      const reply = await browser.get(await cis2.agent.refuse(await hop(browser), reason));
      assert.match(reply.location, /\/interaction\/[\w-]{43}$/);
      assert.match((await browser.get(reply.location)).body, sentence);
    });
  test('returns access_denied to the client after a cancelled sign-in', async () => {
    const browser = new Browser();
    const reply = await browser.get(await cis2.agent.refuse(await hop(browser), 'cancelled'));
    assert.match(
      reply.location,
      /^https:\/\/app\.example\.test\/callback\?error=access_denied&.*state=state-1/,
    );
  });
  test('returns login_required or temporarily_unavailable to a silent client', async () => {
    for (const [reason, error] of [
      ['login_required', 'login_required'],
      ['cancelled', 'login_required'],
      ['no_card', 'login_required'],
      ['cis_unreachable', 'temporarily_unavailable'],
    ] as const) {
      const browser = new Browser();
      await cis2.signIn(browser, client);
      forgetSession(browser);
      const reply = await browser.get(
        await cis2.agent.refuse(await hop(browser, { prompt: 'none' }), reason),
      );
      assert.equal(new URL(reply.location).searchParams.get('error'), error);
    }
  });
  test('returns temporarily_unavailable to a silent client when CIS fails after the exchange', async () => {
    const browser = new Browser();
    await cis2.signIn(browser, client);
    forgetSession(browser);
    const back = await cis2.agent.answer(await hop(browser, { prompt: 'none' }));
    cis2.cis.down = true;
    const reply = await browser.get(back);
    cis2.cis.down = false;
    assert.equal(new URL(reply.location).searchParams.get('error'), 'temporarily_unavailable');
  });
});
