import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { type Authenticator, Authenticators } from '../../sign-in/authenticator.ts';
import { endSessionsOfRemovedAuthenticators } from '../../sign-in/removed-authenticators.ts';
import { Browser, type Reply, send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { alertOf, choice, claimsOf, give, next, redeem } from '../../testing/journey.ts';
import { otherProcess } from '../../testing/other-process.ts';
import { type OtherProvider, startOtherProvider } from '../../testing/other-provider.ts';
import { gp, nurse } from '../../testing/people.ts';
import { filled } from '../../text/words.ts';
import type { FederatedProvider } from './provider.ts';
import { federatedText } from './text.ts';

const acr_values = 'AAL2_NHSMAIL';
const label = 'Example Mail';
const { problems } = federatedText;
const say = (name: keyof typeof problems) => filled(problems[name], { provider: label });

let mail: OtherProvider;
let hospital: OtherProvider;
let cis2: Instance;
let client: Cis2Registration;
let browser: Browser;
let linked: string;

const providerOf = (other: OtherProvider, id: string, more: Partial<FederatedProvider> = {}) => ({
  id,
  label,
  issuer: other.issuer,
  clientId: other.clientId,
  authentication: { secret: other.clientSecret },
  scope: 'openid email',
  acr: ['second-factor'],
  nameClaim: 'email',
  ...more,
});

before(async () => {
  [mail, hospital] = await Promise.all([startOtherProvider(), startOtherProvider()]);
  const { privatePem, publicJwk } = await newKeyPair('ES256');
  const key = createPrivateKey(privatePem);
  cis2 = await startInstance({
    clock: systemClock,
    providers: [
      providerOf(mail, 'federated'),
      providerOf(hospital, 'federated-hospital', { authentication: { kid: 'ours', key }, acr: [] }),
    ],
  });
  const callback = (id: string) => `${cis2.origin}/federated/${id}/callback`;
  mail.serve([callback('federated')]);
  hospital.serve([callback('federated-hospital')], {
    client_secret: undefined,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [{ ...publicJwk, kid: 'ours', use: 'sig', alg: 'ES256' }] },
  });
  client = await cis2.register();
  const link = (other: OtherProvider, kind: string, uid: string, sub: string) =>
    give(cis2, {
      uid,
      kind,
      label: sub,
      lookup: `${other.issuer}|${sub}`,
      body: { issuer: other.issuer, name: sub },
    });
  linked = await link(mail, 'federated', gp.uid, 'ada');
  await link(hospital, 'federated-hospital', nurse.uid, 'ada');
});
after(async () => {
  await cis2.stop();
  await Promise.all([mail.stop(), hospital.stop()]);
});
beforeEach(() => {
  browser = new Browser();
  for (const other of [mail, hospital]) Object.assign(other, { account: 'ada', acr: 'second-factor' });
});

/** Follows redirects to a page or to the client. */
async function follow(address: string, of = browser, until = (_address: string) => false): Promise<Reply> {
  let reply = await of.get(address);
  for (let hop = 0; hop < 12 && reply.location !== ''; hop++) {
    if (reply.location.startsWith('https://app.example.test/') || until(reply.location)) return reply;
    reply = await of.get(reply.location);
  }
  return reply;
}
const begin = (parameters: Record<string, string> = {}, of = browser) =>
  choice(cis2, of, client, { acr_values, ...parameters });
const isCallback = (address: string) => address.includes('/callback?');
/** Returns the redirect of the provider before the browser follows it. */
const answerOf = async (at: string, id = 'federated', of = browser) =>
  new URL((await follow(`${at}/${id}`, of, isCallback)).location);

describe('sign-in at another provider', () => {
  test('signs the linked user in at level 2', async () => {
    const claims = await claimsOf(cis2, client, await follow(`${await begin()}/federated`));
    assert.equal(claims.sub, gp.uid);
    assert.equal(claims.acr, acr_values);
    assert.deepEqual(claims.amr, ['NHSMAIL']);
    assert.equal(claims.authentication_assurance_level, '2');
  });
  test('sends state, nonce, PKCE and acr_values', async () => {
    await follow(`${await begin()}/federated`);
    const asked = mail.asked.at(-1);
    assert.equal(asked?.get('code_challenge_method'), 'S256');
    assert.match(asked?.get('code_challenge') ?? '', /^[\w-]{43}$/);
    assert.match(asked?.get('nonce') ?? '', /^[\w-]{43}$/);
    assert.match(asked?.get('state') ?? '', /^[\w-]{43}$/);
    assert.equal(asked?.get('acr_values'), 'second-factor');
    assert.equal(asked?.get('max_age'), '43200');
    assert.equal(asked?.get('prompt'), null);
  });
  test('authenticates to the provider with a key', async () => {
    const claims = await claimsOf(cis2, client, await follow(`${await begin()}/federated-hospital`));
    assert.equal(claims.sub, nurse.uid);
  });
  test('passes prompt=login on to the provider', async () => {
    const reply = await follow(`${await begin({ prompt: 'login' })}/federated`);
    assert.match(reply.location, /code=/);
    assert.equal(mail.asked.at(-1)?.get('prompt'), 'login');
    assert.equal(mail.asked.at(-1)?.get('max_age'), '0');
  });
  test('completes prompt=login at a provider with a slow clock', async () => {
    cis2.clock.advance(30);
    try {
      const claims = await claimsOf(
        cis2,
        client,
        await follow(`${await begin({ prompt: 'login' })}/federated`),
      );
      assert.ok(Math.abs(Number(claims.auth_time) - cis2.clock.now() / 1000) < 5);
    } finally {
      cis2.clock.advance(-30);
    }
  });
  test('returns the auth_time of the provider', async () => {
    const claims = await claimsOf(cis2, client, await follow(`${await begin()}/federated`));
    assert.ok(Math.abs(Number(claims.auth_time) - cis2.clock.now() / 1000) < 30);
  });
  test('does not offer the provider for level 3', async () => {
    const at = await choice(cis2, browser, client);
    assert.equal((await browser.get(`${at}/federated`)).location, at);
  });
});

describe('failed sign-in at another provider', () => {
  const cases: ['denied' | 'unlinked' | 'tooLow', () => void][] = [
    ['denied', () => Object.assign(mail, { account: null })],
    ['unlinked', () => Object.assign(mail, { account: 'somebody' })],
    ['tooLow', () => Object.assign(mail, { acr: 'one-factor' })],
  ];
  for (const [name, set] of cases)
    test(`returns to the choice with the text of ${name}`, async () => {
      set();
      const reply = await follow(`${await begin()}/federated`);
      assert.equal(alertOf(reply), say(name));
    });
  test('reports an unreachable provider', async () => {
    const nowhere = await startOtherProvider();
    await nowhere.stop();
    const another = await startInstance({ providers: [providerOf(nowhere, 'federated')] });
    try {
      const own = await another.register();
      const of = new Browser();
      const at = await choice(another, of, own, { acr_values });
      assert.equal(alertOf(await follow(`${at}/federated`, of)), say('unreachable'));
    } finally {
      await another.stop();
    }
  });
  test('reports an account that was unlinked during the sign-in', async () => {
    const answer = await answerOf(await begin());
    await cis2.database.run(sql('UPDATE credential SET revoked_at = 1 WHERE id = ?', linked));
    assert.equal(alertOf(await follow(answer.href)), say('unlinked'));
    await cis2.database.run(sql('UPDATE credential SET revoked_at = NULL WHERE id = ?', linked));
  });
  test('CVE-2026-9087, CVE-2026-105207, CVE-2026-105215: does not link an account by the e-mail address of a user', async () => {
    mail.account = 'gp';
    cis2.cis.people.set(gp.uid, { ...gp, email: 'gp@mail.example.test' });
    assert.equal(alertOf(await follow(`${await begin()}/federated`)), say('unlinked'));
    cis2.cis.people.set(gp.uid, gp);
  });
});

/** A provider in the registry. */
const wayOf = (id: string) => ({ id }) as Authenticator;

test('CVE-2026-1486, CVE-2026-2603: ends the sessions and links of a removed provider', async () => {
  const without = await startInstance({ providers: [providerOf(hospital, 'federated-hospital')] });
  try {
    const party = await without.register();
    const lookup = `${mail.issuer}|ada`;
    const body = { issuer: mail.issuer, name: 'ada' };
    await give(without, { uid: gp.uid, kind: 'federated', label: 'ada', lookup, body });
    const at = await choice(without, browser, party, { acr_values: 'AAL2_OR_AAL3_ANY' });
    const page = (await browser.get(at)).body;
    assert.ok(!page.includes('value="federated"') && page.includes('value="federated-hospital"'));
    assert.equal((await browser.get(`${at}/federated`)).location, at);
    // Only its own sessions have ended.
    const { issuer, database, tokens } = cis2;
    const back = next(await follow(`${await begin({}, browser)}/federated`));
    const { access_token } = await redeem(cis2, client, back);
    const parts = { ...otherProcess(cis2), ...cis2, issuer, database, tokens };
    const alive = async () => {
      const authorization = `Bearer ${access_token}`;
      return (await send('GET', `${issuer}/userinfo`, { authorization })).status;
    };
    assert.equal(
      await endSessionsOfRemovedAuthenticators({
        ...parts,
        authenticators: new Authenticators(['federated', 'federated-hospital'].map(wayOf)),
      }),
      0,
    );
    assert.equal(await alive(), 200);
    const left = new Authenticators([wayOf('federated-hospital')]);
    assert.equal(
      await endSessionsOfRemovedAuthenticators({ ...parts, authenticators: left, issuer: `${issuer}/other` }),
      0,
    );
    assert.ok((await endSessionsOfRemovedAuthenticators({ ...parts, authenticators: left })) >= 1);
    assert.equal(await alive(), 401);
  } finally {
    await without.stop();
  }
});

describe('attack: a response in another browser or sign-in', () => {
  test('refuses it in another browser and accepts it afterwards in its own', async () => {
    const answer = await answerOf(await begin());
    const thief = new Browser();
    assert.equal((await follow(answer.href, thief)).status, 400);
    assert.match((await follow(answer.href)).location, /code=/);
  });
  test('refuses it in another sign-in of the same browser', async () => {
    const first = await begin();
    const answer = await answerOf(first);
    const second = await begin();
    const reply = await follow(`${second}/federated/return${answer.search}`);
    assert.equal(alertOf(reply), say('lost'));
    assert.match((await follow(answer.href)).location, /code=/);
  });
  test('does not sign a victim in with the response of an attacker’s sign-in', async () => {
    const attacker = new Browser();
    const answer = await answerOf(await begin({}, attacker), 'federated', attacker);
    const victim = await begin();
    assert.equal((await follow(answer.href)).status, 400);
    assert.equal(alertOf(await follow(`${victim}/federated/return${answer.search}`)), say('lost'));
  });
  test('refuses the state of one sign-in with the code of another', async () => {
    const first = await answerOf(await begin());
    const other = new Browser();
    const second = await answerOf(await begin({}, other), 'federated', other);
    second.searchParams.set('state', first.searchParams.get('state') ?? '');
    // PKCE and nonce belong to the other sign-in, so the provider refuses the code.
    assert.equal(alertOf(await follow(second.href)), say('refused'));
  });
  test('accepts it once', async () => {
    const at = await begin();
    const answer = await answerOf(at);
    const reply = await follow(answer.href);
    assert.match(reply.location, /code=/);
    assert.equal((await follow(answer.href)).status, 400);
  });
  test('refuses a second try after a failed one', async () => {
    const answer = await answerOf(await begin());
    const good = answer.searchParams.get('code') ?? '';
    answer.searchParams.set('code', 'guessed');
    assert.equal(alertOf(await follow(answer.href)), say('refused'));
    answer.searchParams.set('code', good);
    assert.equal((await follow(answer.href)).status, 400);
  });
  test('refuses it after ten minutes', async () => {
    const answer = await answerOf(await begin());
    cis2.clock.advance(601);
    const late = await follow(answer.href);
    cis2.clock.advance(-601);
    assert.equal(late.status, 400);
  });
  for (const state of ['', 'x', 'A'.repeat(43), '../../authorize', 'A'.repeat(5_000)])
    test(`refuses an unknown state: ${state.slice(0, 20)}`, async () => {
      const address = `${cis2.origin}/federated/federated/callback?code=x&state=${encodeURIComponent(state)}`;
      assert.equal((await browser.get(address)).status, 400);
    });
  test('refuses a repeated parameter', async () => {
    const answer = await answerOf(await begin());
    assert.equal((await follow(`${answer.href}&code=other`)).status, 400);
  });
});

describe('attack: mix-up', () => {
  test('refuses the response of one provider at the address of another', async () => {
    const at = await begin();
    const answer = await answerOf(at);
    const moved = answer.href.replace('/federated/federated/', '/federated/federated-hospital/');
    assert.equal((await follow(moved)).status, 400);
    assert.equal(alertOf(await follow(`${at}/federated-hospital/return${answer.search}`)), say('lost'));
  });
  for (const [name, change] of [
    ['from another issuer', (url: URL) => url.searchParams.set('iss', hospital.issuer)],
    ['without iss from a provider that always sends it', (url: URL) => url.searchParams.delete('iss')],
    ['with a similar issuer', (url: URL) => url.searchParams.set('iss', `${mail.issuer}/`)],
  ] as const)
    test(`does not redeem the code of a response ${name}`, async () => {
      const answer = await answerOf(await begin());
      change(answer);
      assert.equal(alertOf(await follow(answer.href)), say('refused'));
      assert.match(JSON.stringify(cis2.logged.at(-1)), /iss of the response/);
    });
  test('keeps equal subjects of two providers apart', async () => {
    assert.equal((await claimsOf(cis2, client, await follow(`${await begin()}/federated`))).sub, gp.uid);
    const other = new Browser();
    const reply = await follow(`${await begin({}, other)}/federated-hospital`, other);
    assert.equal((await claimsOf(cis2, client, reply)).sub, nurse.uid);
  });
});

test('does not log or record the provider’s code and secret', async () => {
  const answer = await answerOf(await begin());
  await follow(answer.href);
  const events = await cis2.database.all(sql('SELECT * FROM event_block'));
  const written = JSON.stringify([cis2.logged, events]);
  for (const secret of [mail.clientSecret, answer.searchParams.get('code') ?? '?'])
    assert.ok(!written.includes(secret));
});
