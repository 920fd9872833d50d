import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt, publicKeyOf, signJwt, verifySignature } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/keys';
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

/** Begins a sign-in in a browser; resolves with the address at the agent. */
async function hop(browser: Browser, parameters: Record<string, string> = {}): Promise<string> {
  const { location } = await browser.get(cis2.authorizeUrl(client, parameters));
  assert.ok(location.startsWith('http://127.0.0.1:65533/v1/cis2?request='));
  return location;
}

const errorOf = (body: string): string => (JSON.parse(body) as { error: string }).error;
const seconds = () => Math.floor(cis2.clock.now() / 1000);
const freshKey = async () => createPrivateKey((await newKeyPair('ES256')).privatePem);

describe('the request', () => {
  test('is a short-lived JWS of this issuer with exactly the claims of the protocol', async () => {
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
      interactive: true,
      prompt_login: false,
    });
    assert.equal(exp - iat, 60);
    assert.equal(Buffer.from(nonce, 'base64url').length, 32);
    assert.match(jti, /^[0-9a-f-]{36}$/);
    const [name, value] = [...browser.jar].find(([cookie]) => cookie.includes('-txn-')) ?? [];
    assert.equal(txn_h, sha256(value ?? ''));
    assert.ok(!request.includes(value ?? '') && name);
  });
  test('says what was asked for', async () => {
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

describe('a proof that is refused', () => {
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
    ['no request', claim({ request_jti: undefined }), 400, 'invalid_proof'],
    ['another session', claim({ cis_sid: 'x' }), 400, 'invalid_proof'],
    ['another person', claim({ sub: nurse.uid }), 400, 'invalid_proof'],
    ['another agent', claim({ iss: 'x' }), 400, 'invalid_proof'],
    ['an old iat', () => ({ claims: { iat: seconds() - 61 } }), 400, 'invalid_proof'],
    ['an iat ahead', () => ({ claims: { iat: seconds() + 61 } }), 400, 'invalid_proof'],
    ['a PIN in the future', () => ({ claims: { pin_time: seconds() + 3600 } }), 400, 'invalid_proof'],
    ['a role that CIS does not know of', claim({ selected_roleid: '555254240100' }), 400, 'invalid_proof'],
    ['no card_present', claim({ card_present: undefined }), 400, 'invalid_proof'],
    ['a card that is out where it must be in', () => ({ cardPresent: false }), 400, 'invalid_proof'],
    ['a card that is out and signs', claim({ card_present: false }), 400, 'invalid_proof'],
    ['a certificate without signature', claim({ card_signature: undefined }), 400, 'invalid_proof'],
    [
      'another card’s signature',
      () => ({ claims: { card_signature: Buffer.from('x').toString('base64') } }),
      403,
      'card_rejected',
    ],
  ];
  for (const [name, forge, status, error] of cases)
    test(`${name}: ${status} ${error}`, async () => {
      const location = await hop(new Browser());
      const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location, await forge()));
      assert.equal(reply.status, status);
      assert.equal(errorOf(reply.body), error);
      // The request is still good for an honest proof.
      assert.equal((await cis2.agent.exchange(await cis2.agent.proofBody(location))).status, 200);
    });

  test('a session certificate that CIS did not make', async () => {
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
      // Well made, but for another key than CIS has on record.
      await cis2.cis.certify(claims),
    ];
    for (const certificate of certificates) {
      const location = await hop(new Browser());
      const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location, { certificate, key }));
      assert.equal(errorOf(reply.body), 'invalid_proof');
    }
  });

  test('a session certificate of CIS’s that is of another kind, issuer or time, for the real key', async () => {
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

  test('a session that has ended', async () => {
    const location = await hop(new Browser());
    cis2.cis.end(sid, 'cardRemoved');
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    assert.equal(reply.status, 403);
    assert.equal(errorOf(reply.body), 'session_ended');
  });

  test('CIS that does not answer: 502', async () => {
    const location = await hop(new Browser());
    cis2.cis.down = true;
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    cis2.cis.down = false;
    assert.equal(reply.status, 502);
    assert.equal(errorOf(reply.body), 'cis_unreachable');
  });

  test('bodies that are not an exchange', async () => {
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

describe('once', () => {
  test('a request is exchanged once, among ten tries at once', async () => {
    const location = await hop(new Browser());
    const bodies = await Promise.all(Array.from({ length: 10 }, () => cis2.agent.proofBody(location)));
    const replies = await Promise.all(bodies.map((body) => cis2.agent.exchange(body)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.equal(replies.filter(({ status }) => status === 409).length, 9);
  });
  test('the same proof again: 409', async () => {
    const body = await cis2.agent.proofBody(await hop(new Browser()));
    assert.equal((await cis2.agent.exchange(body)).status, 200);
    const again = await cis2.agent.exchange(body);
    assert.equal(again.status, 409);
    assert.equal(errorOf(again.body), 'already_used');
  });
  test('a request that has run out', async () => {
    const location = await hop(new Browser());
    cis2.clock.advance(400);
    const reply = await cis2.agent.exchange(await cis2.agent.proofBody(location));
    cis2.clock.advance(-400);
    assert.equal(errorOf(reply.body), 'invalid_request');
  });
  test('a code brings one sign-in, among ten returns at once', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const replies = await Promise.all(Array.from({ length: 10 }, () => browser.get(back)));
    assert.equal(replies.filter(({ status }) => status === 302).length, 1);
    assert.equal(replies.filter(({ status }) => status >= 400).length, 9);
  });
});

test('the return notes an agent that the browser has not met, where it has met others', async () => {
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

describe('the return needs code and cookie of one browser', () => {
  test('a browser without the cookie is refused and spends the code, so that the right one is refused too', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const thief = await new Browser().get(back);
    assert.equal(thief.status, 403);
    assert.ok(!thief.headers['set-cookie']);
    assert.equal((await browser.get(back)).status, 403);
  });
  test('the cookie without a code, and with a code that is none: 403', async () => {
    const browser = new Browser();
    await hop(browser);
    assert.equal((await browser.get(`${cis2.origin}/agent/return`)).status, 403);
    assert.equal((await browser.get(`${cis2.origin}/agent/return?code=`)).status, 403);
    assert.equal((await browser.get(`${cis2.origin}/agent/return?code=${'x'.repeat(43)}`)).status, 403);
  });
  test('CVE-2024-23674, relay: the attacker’s request, answered by the victim’s agent, is of no use to either', async () => {
    const attacker = new Browser();
    const victim = new Browser();
    await hop(victim);
    const back = await cis2.agent.answer(await hop(attacker));
    // The victim's browser is sent back with a code of a transaction that is not its own.
    assert.equal((await victim.get(back)).status, 403);
    // What the attacker's browser has is a cookie; success never travels on the back channel alone.
    assert.equal((await attacker.get(`${cis2.origin}/agent/return?code=guess`)).status, 403);
  });
  test('the code with another value in the cookie of its name: 403', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    const name = [...browser.jar.keys()].find((cookie) => cookie.includes('-txn-')) ?? '';
    const guess = new Browser();
    guess.jar.set(name, 'x'.repeat(43));
    assert.equal((await guess.get(back)).status, 403);
    assert.equal((await browser.get(back)).status, 403);
  });
  test('two sign-ins of one browser do not meet', async () => {
    const browser = new Browser();
    const first = await cis2.agent.answer(await hop(browser, { state: 'first' }));
    const second = await cis2.agent.answer(await hop(browser, { state: 'second' }));
    assert.match((await browser.get(second)).location, /state=second/);
    assert.match((await browser.get(first)).location, /state=first/);
  });
  test('a code older than 30 s: 403', async () => {
    const browser = new Browser();
    const back = await cis2.agent.answer(await hop(browser));
    cis2.clock.advance(30);
    const late = await browser.get(back);
    cis2.clock.advance(-30);
    assert.equal(late.status, 403);
  });
  test('a card that is taken out on the way: no session comes of it', async () => {
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

describe('why there is no proof', () => {
  test('comes only from who holds the request', async () => {
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
    test(`${reason} leads back to the choice with its sentence`, async () => {
      const browser = new Browser();
      const reply = await browser.get(await cis2.agent.refuse(await hop(browser), reason));
      assert.match(reply.location, /\/interaction\/[\w-]{43}$/);
      assert.match((await browser.get(reply.location)).body, sentence);
    });
  test('cancelled: access_denied for the client', async () => {
    const browser = new Browser();
    const reply = await browser.get(await cis2.agent.refuse(await hop(browser), 'cancelled'));
    assert.match(
      reply.location,
      /^https:\/\/app\.example\.test\/callback\?error=access_denied&.*state=state-1/,
    );
  });
  test('without a person to ask: login_required for the client, or that nobody can tell', async () => {
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
  test('CIS that falls silent after the agent has answered: the client that asks silently is told', async () => {
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
