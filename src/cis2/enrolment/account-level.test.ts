import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import type { WebAuthnBody } from '../authenticators/webauthn/variants.ts';
import { Credentials } from '../model/credentials.ts';
import type { AuthenticatorAnswer } from '../protocol.ts';
import { Browser, type Reply } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import { type CdpCredential, softAssertion, softAttestation } from '../testing/soft-authenticator.ts';
import { give, optionsOf } from '../testing/webauthn-wire.ts';

let cis2: Instance;
let client: Cis2Registration;
let credentials: Credentials;
let browser: Browser;
let passkey: AuthenticatorAnswer;
let securityKey: AuthenticatorAnswer;

const own = { 'sec-fetch-site': 'same-origin' };
/** Signs in at the second level, with the passkey. */
async function signIn(): Promise<void> {
  const { location } = await browser.get(cis2.authorizeUrl(client, { acr_values: 'AAL2_ANY' }));
  const { challenge } = optionsOf(await browser.get(`${location}/passkey`));
  const key = passkey.development?.credential as CdpCredential;
  const response = JSON.stringify(softAssertion(key, { challenge, origin: cis2.origin }));
  assert.match((await browser.post(`${location}/passkey/answer`, { response })).body, /code=/);
}
const account = (path = '') => `${cis2.origin}/account${path}`;

before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  client = await cis2.register();
  credentials = new Credentials(cis2.database, cis2.clock, cis2.vault);
  passkey = await give(cis2, 'passkey', gp.uid);
  securityKey = await give(cis2, 'security-key', gp.uid);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  await signIn();
});

describe('account after a sign-in at level 2', () => {
  const refused = (reply: Reply) => {
    assert.equal(reply.status, 403);
    assert.match(reply.body, /sign in at a higher level/);
  };
  test('adds no authenticator of level 3', async () => {
    for (const kind of ['security-key', 'windows-hello'])
      refused(await browser.post(account('/add'), { kind }, own));
  });
  test('does not show, rename or remove authenticators of level 3', async () => {
    const path = `/authenticator/${securityKey.id}`;
    refused(await browser.get(account(path)));
    refused(await browser.post(account(`${path}/rename`), { label: 'x' }, own));
    refused(await browser.post(account(`${path}/remove`), {}, own));
    assert.equal((await credentials.get(securityKey.id))?.label, 'Security key');
  });
  test('adds a passkey, which stays at level 2', async () => {
    const { location } = await browser.post(account('/add'), { kind: 'passkey' }, own);
    const page = await browser.get(location);
    assert.equal(optionsOf(page).attestation, 'none');
    const made = softAttestation({
      challenge: optionsOf(page).challenge,
      origin: cis2.origin,
      rpId: 'localhost',
      id: 'QUJDREVGR0g',
    });
    const done = await browser.post(`${location}/answer`, { response: JSON.stringify(made) }, own);
    assert.match(done.body, /is set up.*Back to your ways to sign in/s);
    const [added] = await credentials.find<WebAuthnBody>('passkey', made.id);
    assert.equal(added?.body.ceiling, 2);
    assert.equal(added?.uid, gp.uid);
  });
  test('signs the user out after removal of the passkey in use', async () => {
    await browser.post(account(`/authenticator/${passkey.id}/remove`), {}, own);
    assert.equal((await browser.get(account())).status, 403);
    passkey = await give(cis2, 'passkey', gp.uid);
  });
});
