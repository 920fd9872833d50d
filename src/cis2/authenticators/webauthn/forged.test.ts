import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Credentials } from '../../model/credentials.ts';
import { Browser, type Reply } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp, nurse } from '../../testing/people.ts';
import { type CdpCredential, type Said, softAssertion } from '../../testing/soft-authenticator.ts';
import { give, onward, optionsOf } from '../../testing/webauthn-wire.ts';
import type { WebAuthnBody } from './variants.ts';

let cis2: Instance;
let client: Cis2Registration;
let credentials: Credentials;
let key: CdpCredential;
let credentialId: string;
let browser: Browser;

before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  client = await cis2.register();
  credentials = new Credentials(cis2.database, cis2.clock, cis2.vault);
});
after(() => cis2.stop());

/** Adds a new key for each test, as if its private key were secret. */
beforeEach(async () => {
  browser = new Browser();
  const given = await give(cis2, 'security-key', gp.uid);
  key = given.key;
  credentialId = given.id;
  await change({ shared: false, counter: 5 });
});

async function change(members: Partial<WebAuthnBody>): Promise<void> {
  const credential = await credentials.get<WebAuthnBody>(credentialId);
  assert.ok(credential);
  await cis2.database.batch([credentials.useStatement(credential, { ...credential.body, ...members })]);
}

async function open(kind = 'security-key', parameters: Record<string, string> = {}) {
  const choice = await browser.get(cis2.authorizeUrl(client, parameters));
  const page = await browser.get(`${choice.location}/${kind}`);
  return { address: `${choice.location}/${kind}`, page, challenge: optionsOf(page).challenge as string };
}
const post = (address: string, response: unknown, more = {}) =>
  browser.post(`${address}/answer`, { response: JSON.stringify(response), ...more });
const answer = (challenge: string, said: Partial<Said> = {}) =>
  softAssertion(key, { challenge, origin: cis2.origin, counter: 6, ...said });
const isRefused = ({ status, body, headers }: Reply) => {
  assert.equal(status, 400);
  assert.match(body, /role="alert" data-says="problem"/);
  assert.equal(headers.location, undefined);
  assert.doesNotMatch(body, /code=/);
};

test('the right response ends in a page that redirects, because a form may not lead to another origin', async () => {
  const { address, challenge, page } = await open();
  assert.match(String(page.headers['content-security-policy']), /script-src 'self';.*form-action 'self';/);
  const done = await post(address, answer(challenge));
  assert.equal(done.status, 200);
  const { id_token } = await redeem(cis2, client, { ...done, location: onward(done) });
  assert.match(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString(), /"sub":"656005750108"/);
  const used = await credentials.get<WebAuthnBody>(credentialId);
  assert.equal(used?.body.counter, 6);
  assert.ok(used?.usedAt);
});

describe('a forged assertion, after which the challenge is spent', () => {
  const cases: [string, (challenge: string) => unknown][] = [
    [
      'refuses one of another origin',
      (challenge) => answer(challenge, { origin: 'https://evil.example.test' }),
    ],
    [
      'refuses one of another port of the same host',
      (challenge) => answer(challenge, { origin: 'http://localhost:1' }),
    ],
    [
      'refuses one from a page framed by another site',
      (challenge) => answer(challenge, { crossOrigin: true }),
    ],
    [
      'refuses one with a top origin',
      (challenge) => answer(challenge, { topOrigin: 'https://evil.example.test' }),
    ],
    [
      'refuses one for another relying party',
      (challenge) => answer(challenge, { rpId: 'evil.example.test' }),
    ],
    ['refuses one of a registration', (challenge) => answer(challenge, { type: 'webauthn.create' })],
    ['refuses one without user verification', (challenge) => answer(challenge, { flags: { uv: false } })],
    ['refuses one without user presence', (challenge) => answer(challenge, { flags: { up: false } })],
    ['refuses one with a new backup eligibility', (challenge) => answer(challenge, { flags: { be: true } })],
    [
      'refuses one that is backed up without being eligible',
      (challenge) => answer(challenge, { flags: { bs: true } }),
    ],
    ['refuses one with the previous counter', (challenge) => answer(challenge, { counter: 5 })],
    ['refuses one with a lower counter', (challenge) => answer(challenge, { counter: 1 })],
    ['refuses one with counter zero', (challenge) => answer(challenge, { counter: 0 })],
    [
      'refuses one for another user',
      (challenge) => answer(challenge, { userHandle: Buffer.from(nurse.uid).toString('base64url') }),
    ],
    ['refuses one without a user handle', (challenge) => answer(challenge, { userHandle: null })],
    ['refuses one of an unknown credential', (challenge) => answer(challenge, { id: 'AAAA' })],
    [
      'refuses one with another signature',
      (challenge) => {
        const right = answer(challenge);
        const other = answer(challenge, { counter: 7 });
        return { ...right, response: { ...right.response, signature: other.response.signature } };
      },
    ],
  ];
  for (const [name, forge] of cases)
    test(name, async () => {
      const { address, challenge } = await open();
      isRefused(await post(address, forge(challenge)));
      isRefused(await post(address, answer(challenge)));
      assert.equal((await credentials.get<WebAuthnBody>(credentialId))?.body.counter, 5);
    });
});

describe('signature counter (WebAuthn section 6.1.1)', () => {
  const alarms = async () =>
    (await cis2.audit.list()).filter(
      ({ action, detail }) =>
        action === 'authenticator.counter-went-back' && detail?.credential === credentialId,
    );
  test('refuses a lower counter and writes an audit record', async () => {
    const { address, challenge } = await open();
    isRefused(await post(address, answer(challenge, { counter: 3 })));
    const [alarm, ...more] = await alarms();
    assert.equal(more.length, 0);
    assert.deepEqual([alarm?.actor, alarm?.target, alarm?.outcome], [`user:${gp.uid}`, gp.uid, 'refused']);
    assert.equal(alarm?.detail?.reason, 'its counter is 3 after 5');
  });
  test('writes no audit record for an invalid signature', async () => {
    const { address, challenge } = await open();
    const forged = answer(challenge, { counter: 3 });
    const { signature } = answer(challenge, { counter: 4 }).response;
    isRefused(await post(address, { ...forged, response: { ...forged.response, signature } }));
    assert.deepEqual(await alarms(), []);
  });
  test('accepts a counter that stays zero', async () => {
    await change({ counter: 0 });
    for (let time = 0; time < 2; time++) {
      browser = new Browser();
      const { address, challenge } = await open();
      assert.match(onward(await post(address, answer(challenge, { counter: 0 }))), /code=/);
    }
    assert.deepEqual(await alarms(), []);
  });
});

describe('challenge', () => {
  test('refuses it a second time', async () => {
    const { address, challenge } = await open();
    const [one, two] = await Promise.all([
      post(address, answer(challenge)),
      post(address, answer(challenge, { counter: 7 })),
    ]);
    assert.equal([one, two].filter(({ status }) => status === 200).length, 1);
  });
  test('refuses it after five minutes', async () => {
    const { address, challenge } = await open();
    cis2.clock.advance(301);
    isRefused(await post(address, answer(challenge)));
    cis2.clock.advance(-301);
  });
  test('refuses it in another sign-in of the same browser', async () => {
    const first = await open();
    const second = await open();
    isRefused(await post(second.address, answer(first.challenge)));
  });
  test('refuses an unknown one', async () => {
    const { address } = await open();
    isRefused(await post(address, answer('AAAAAAAAAAAAAAAAAAAAAA')));
  });
  test('refuses it in another browser', async () => {
    const { address, challenge } = await open();
    browser = new Browser();
    const refused = await post(address, answer(challenge));
    assert.equal(refused.status, 400);
    assert.match(refused.body, /belongs to another browser/);
  });
});

describe('level under the current policy', () => {
  const isTooLow = async (members: Partial<WebAuthnBody>, flags = {}) => {
    await change(members);
    const { address, challenge } = await open();
    const back = await post(address, answer(challenge, { flags }));
    assert.equal(back.status, 303);
    const choice = await browser.get(back.location);
    assert.match(choice.body, /is level 2, and Example \d+ needs more/);
    assert.match(choice.body, /Windows Hello/);
  };
  test('refuses level 3 without a trusted attestation', () => isTooLow({ root: null }));
  test('refuses level 3 with a root that is no longer trusted', () => isTooLow({ root: 'AB:CD' }));
  test('refuses level 3 with a model that is not accepted', () =>
    isTooLow({ aaguid: '00000000-0000-0000-0000-000000000000' }));
  test('refuses level 3 with a key that may be copied', () =>
    isTooLow({ backupEligible: true }, { be: true }));
  test('refuses level 3 for a credential added at level 2', () => isTooLow({ ceiling: 2 }));
  test('accepts level 2', async () => {
    await change({ root: null });
    const { address, challenge } = await open('security-key', { acr_values: 'AAL2_ANY' });
    assert.match(onward(await post(address, answer(challenge))), /code=/);
  });
  test('does not offer a passkey for level 3', async () => {
    const choice = await browser.get(cis2.authorizeUrl(client));
    assert.doesNotMatch((await browser.get(choice.location)).body, /Passkey/);
    assert.equal((await browser.get(`${choice.location}/passkey`)).location, choice.location);
  });
});

describe('expected user', () => {
  const hint = async () => {
    const { address, challenge } = await open();
    const done = await post(address, answer(challenge));
    return (await redeem(cis2, client, { ...done, location: onward(done) })).id_token;
  };
  test('limits the request to the credentials of the user of an ID token', async () => {
    const id_token_hint = await hint();
    browser = new Browser();
    const { page } = await open('security-key', { id_token_hint });
    const asked = optionsOf(page).allowCredentials as { id: string }[];
    const own = await credentials.of(gp.uid, 'security-key');
    assert.deepEqual(asked.map(({ id }) => id).sort(), own.map(({ lookup }) => lookup).sort());
  });
  test('returns an error to the client when another user signs in', async () => {
    const id_token_hint = await hint();
    browser = new Browser();
    const given = await give(cis2, 'security-key', nurse.uid);
    const { address, challenge } = await open('security-key', { id_token_hint });
    const forged = softAssertion(given.key, { challenge, origin: cis2.origin });
    assert.match(onward(await post(address, forged)), /error=login_required/);
  });
  test('names no credential for an unproven hint', async () => {
    const named = JSON.stringify({ id_token: { sub: { value: gp.uid } } });
    for (const word of [{ login_hint: gp.uid }, { claims: named }] as Record<string, string>[]) {
      browser = new Browser();
      const { page } = await open('security-key', word);
      assert.deepEqual(optionsOf(page).allowCredentials, []);
    }
  });
  test('does not offer a kind that the user of an ID token lacks', async () => {
    const id_token_hint = await hint();
    browser = new Browser();
    const choice = await browser.get(cis2.authorizeUrl(client, { id_token_hint }));
    const { body } = await browser.get(choice.location);
    assert.match(body, /Security key/);
    assert.doesNotMatch(body, /Windows Hello/);
  });
});

describe('development credential with a published key', () => {
  test('ignores the counter', async () => {
    await change({ shared: true, counter: 9 });
    const { address, challenge } = await open();
    assert.match(onward(await post(address, answer(challenge, { counter: 1 }))), /code=/);
  });
  test('signs in at two places at the same time', async () => {
    await change({ shared: true });
    const [one, two] = [await open(), await open()];
    const replies = await Promise.all(
      [one, two].map(({ address, challenge }) => post(address, answer(challenge))),
    );
    for (const reply of replies) assert.match(onward(reply), /code=/);
  });
  test('is refused in production', async () => {
    const real = await startInstance(
      { development: false, issuer: cis2.issuer },
      ':memory:',
      undefined,
      'localhost',
    );
    const theirs = await real.register();
    const copy = new Credentials(real.database, real.clock, real.vault);
    const stored = await credentials.get<WebAuthnBody>(credentialId);
    assert.ok(stored?.lookup);
    const { uid, kind, label, lookup, body } = stored;
    await real.database.batch([
      copy.prepare({ uid, kind, label, lookup, body: { ...body, shared: true } }).statement,
    ]);
    const other = new Browser();
    const at = (address: string) => address.replace(cis2.origin, real.origin);
    const choice = await other.get(at(real.authorizeUrl(theirs, { acr_values: 'AAL2_OR_AAL3_ANY' })));
    const address = `${at(choice.location)}/security-key`;
    const { challenge } = optionsOf(await other.get(address));
    isRefused(await other.post(`${address}/answer`, { response: JSON.stringify(answer(challenge)) }));
    await real.stop();
  });
});

test('does not sign in a disabled user', async () => {
  const { address, challenge } = await open();
  cis2.cis.people.set(gp.uid, { ...gp, disabled: true });
  assert.match(onward(await post(address, answer(challenge))), /error=access_denied/);
  cis2.cis.people.set(gp.uid, gp);
});

test('refuses a removed credential and ends its sessions', async () => {
  const { address, challenge } = await open();
  const done = await post(address, answer(challenge));
  assert.match(onward(done), /code=/);
  assert.match((await browser.get(cis2.authorizeUrl(client))).location, /code=/);
  await cis2.database.batch([credentials.revokeStatement(credentialId)]);
  assert.match(
    (await browser.get(cis2.authorizeUrl(client, { prompt: 'none' }))).location,
    /error=login_required/,
  );
  const ended = await cis2.database.all(
    sql('SELECT sid FROM cis2_session WHERE ended_at IS NOT NULL AND uid = ?', gp.uid),
  );
  assert.ok(ended.length > 0);
  const again = await open();
  isRefused(await post(again.address, answer(again.challenge, { counter: 8 })));
});

test('does not finish a sign-in that waits for a role after its credential was removed', async () => {
  ({ key, id: credentialId } = await give(cis2, 'security-key', nurse.uid));
  for (const removed of [false, true]) {
    browser = new Browser();
    const { address, challenge } = await open('security-key', { scope: 'openid selectedrole' });
    const waiting = await post(address, answer(challenge, { counter: removed ? 9 : 8 }));
    assert.match(waiting.location, /\/role$/);
    if (removed) await cis2.database.batch([credentials.revokeStatement(credentialId)]);
    const chosen = await browser.post(waiting.location, { role: nurse.roles[0]?.roleId ?? '' });
    assert.deepEqual([chosen.status, /code=/.test(onward(chosen))], removed ? [403, false] : [200, true]);
  }
});
