import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { sealName } from '../../oauth/on-behalf-of.ts';
import { Browser, type Reply } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { next } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type CdpCredential, softAssertion } from '../testing/soft-authenticator.ts';
import { handOffOf } from '../testing/test-agent.ts';
import { give, onward, optionsOf } from '../testing/webauthn-wire.ts';

// A client without a secret at a loopback address, which any local user may be (RFC 8252 section 8.6): docs/adr/0086.

const platformClientId = 'platform.apps';
const asked = {
  acr_values: 'AAL2_OR_AAL3_ANY',
  redirect_uri: 'http://127.0.0.1:49152/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

let cis2: Instance;
let native: Cis2Registration;
let other: Cis2Registration;
let confidential: Cis2Registration;
let platform: Cis2Registration;
const keys = new Map<string, CdpCredential>();
let browser: Browser;

before(async () => {
  cis2 = await startInstance({ platformClientId }, ':memory:', undefined, 'localhost');
  const open: Partial<Cis2Registration> = {
    profile: 'standard',
    tokenEndpointAuthMethod: 'none',
    secrets: [],
    applicationType: 'native',
    redirectUris: ['http://127.0.0.1/callback'],
  };
  native = await cis2.register(open, { name: 'Ward list' });
  other = await cis2.register(open, { name: 'Other list' });
  confidential = await cis2.register({ profile: 'standard' });
  platform = await cis2.register({ clientId: platformClientId });
  for (const { uid } of [gp, nurse]) keys.set(uid, (await give(cis2, 'security-key', uid)).key);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  cis2.agent.desk = undefined;
  cis2.cis.agents = [];
});

async function signInWithKey(uid: string): Promise<void> {
  const { location } = await browser.get(
    cis2.authorizeUrl(confidential, { acr_values: asked.acr_values, prompt: 'login' }),
  );
  const { challenge } = optionsOf(await browser.get(`${location}/security-key`));
  const response = JSON.stringify(
    softAssertion(keys.get(uid) ?? assert.fail(), { challenge, origin: cis2.origin }),
  );
  assert.match(onward(await browser.post(`${location}/security-key/answer`, { response })), /code=/);
}

const authorize = (client = native, more: Record<string, string | undefined> = {}): Promise<Reply> =>
  browser.get(cis2.authorizeUrl(client, { ...asked, ...more }));
const confirm = (at: string, answer = 'yes'): Promise<Reply> => browser.post(at, { answer }).then(next);
const code = /^http:\/\/127\.0\.0\.1:49152\/callback\?code=/;
const confirmPage = /\/interaction\/[\w-]+\/confirm$/;

describe('a client that any local user may be, with a live session', () => {
  beforeEach(() => signInWithKey(gp.uid));

  test('gets a code after the user has confirmed its name once in this browser', async () => {
    const { location } = await authorize();
    assert.match(location, confirmPage);
    const page = await browser.get(location);
    assert.match(page.body, /Continue as TESTONE Caius Dr\?/);
    assert.match(page.body, /You are signing in to Ward list\./);
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.match((await confirm(location)).location, code);
    assert.match((await authorize()).location, code);
    assert.match((await authorize(native, { prompt: 'none' })).location, code);
  });

  test('is confirmed for one client, one user and one browser', async () => {
    await confirm((await authorize()).location);
    assert.match((await authorize(other)).location, confirmPage);
    await signInWithKey(nurse.uid);
    assert.match((await authorize()).location, confirmPage);
    await signInWithKey(gp.uid);
    assert.match((await authorize()).location, code);
    browser = new Browser();
    await signInWithKey(gp.uid);
    assert.match((await authorize()).location, confirmPage);
  });

  test('gets access_denied if the user declines, and is not remembered', async () => {
    const { location } = await authorize();
    assert.match((await confirm(location, 'cancel')).location, /:49152\/callback\?error=access_denied/);
    assert.match((await authorize()).location, confirmPage);
  });

  test('gets interaction_required for prompt=none', async () => {
    const { location } = await authorize(native, { prompt: 'none' });
    assert.match(location, /:49152\/callback\?error=interaction_required/);
  });

  test('is not confirmed by a form of another page', async () => {
    const { location } = await authorize();
    for (const headers of [
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'http://127.0.0.1:49152' },
      {} as Record<string, string>,
    ])
      assert.equal((await browser.post(location, { answer: 'yes' }, headers)).status, 403);
    const stranger = new Browser();
    assert.notEqual((await stranger.post(location, { answer: 'yes' })).status, 200);
    assert.match((await authorize()).location, confirmPage);
    assert.match((await confirm(location)).location, code);
  });

  test('is confirmed by no cookie that CIS2 has not sealed', async () => {
    await confirm((await authorize()).location);
    const [name] = [...browser.jar.keys()].filter((cookie) => cookie.endsWith('-confirmed'));
    const kept = browser.jar.get(name ?? '') ?? assert.fail();
    for (const forged of ['yes', kept.slice(0, -2), `${kept}x`]) {
      browser.jar.set(name ?? '', forged);
      assert.match((await authorize()).location, confirmPage);
    }
  });

  test('needs no confirmation with a secret, or at an address beyond this machine', async () => {
    const spa = await cis2.register({ profile: 'standard', tokenEndpointAuthMethod: 'none', secrets: [] });
    const local = await cis2.register({ profile: 'standard', redirectUris: [asked.redirect_uri] });
    for (const client of [confidential, spa, local])
      assert.match((await authorize(client, { redirect_uri: client.redirectUris[0] })).location, /code=/);
  });
});

describe('a client of the platform that any local user may be', () => {
  const through = (more: Record<string, string | undefined>) =>
    authorize(platform, { redirect_uri: platform.redirectUris[0], state: 'state-1', ...more });
  const sealed = (listenerPort?: number) => ({
    on_behalf_of: sealName(cis2.vault, 'state-1', { name: 'Ward list', clientId: 'ward', listenerPort }),
  });
  beforeEach(() => signInWithKey(gp.uid));

  test('is confirmed by its own name', async () => {
    const { location } = await through(sealed(49_152));
    assert.match((await browser.get(location)).body, /You are signing in to Ward list, through/);
    await confirm(location);
    assert.match((await through(sealed(49_160))).location, /code=/);
  });

  test('needs no confirmation if the platform names a client with a secret', async () => {
    assert.match((await through(sealed())).location, /code=/);
  });

  test('is confirmed even if the browser drops the name, or changes it', async () => {
    const { on_behalf_of: name } = sealed();
    for (const changed of [undefined, '', `${name.slice(0, -8)}AAAAAAAA`, 'x'])
      assert.match((await through({ on_behalf_of: changed })).location, confirmPage);
  });
});

describe('a client that any local user may be, near an agent', () => {
  beforeEach(async () => {
    await cis2.agent.signIn(gp.uid);
    cis2.clock.advance(1);
  });
  const hop = async (more: Record<string, string> = {}): Promise<string> => {
    const { location } = await authorize(native, { acr_values: 'AAL3_ANY', ...more });
    assert.match(location, /^http:\/\/127\.0\.0\.1:65533\//);
    return location;
  };
  const back = async (location: string, claims: Record<string, unknown>): Promise<string> =>
    (await browser.get(await cis2.agent.answer(location, { claims }))).location;

  test('gets a code without a page if a program of the user listens at its port', async () => {
    const location = await hop();
    assert.equal(handOffOf(location).claims.listener_port, 49_152);
    assert.match(await back(location, { own_listener: true }), code);
  });

  test('is confirmed on a page if the agent cannot see who listens', async () => {
    const at = await back(await hop(), {});
    assert.match(at, confirmPage);
    assert.match((await confirm(at)).location, code);
    assert.match(await back(await hop(), {}), code);
  });

  test('goes through the agent each time, which may see another listener', async () => {
    await back(await hop(), { own_listener: true });
    await hop();
    await hop({ prompt: 'none' });
  });

  test('is answered from the session where the agent cannot be reached', async () => {
    await back(await hop(), { own_listener: true });
    const framed = { 'sec-fetch-dest': 'iframe' };
    const address = cis2.authorizeUrl(native, { ...asked, acr_values: 'AAL3_ANY', prompt: 'none' });
    assert.match((await browser.get(address, framed)).location, code);
  });

  test('gets interaction_required for prompt=none if the agent cannot see who listens', async () => {
    await cis2.signIn(browser, confidential, { acr_values: 'AAL3_ANY' });
    assert.match(await back(await hop({ prompt: 'none' }), {}), /error=interaction_required/);
  });

  test('is confirmed by a PIN, which the user enters beside its name', async () => {
    cis2.clock.advance(60);
    const location = await hop({ prompt: 'login' });
    const at = await cis2.agent.answer(location, { pin: true });
    assert.match((await browser.get(at)).location, code);
  });
});
