import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertNeedsAudit } from '../../test/testing/failing-audit.ts';
import type { Cis2Registration } from '../oauth/applications.ts';
import { consolePaths } from './protocol.ts';
import { passwordRealm } from './realms/realm.ts';
import { Browser, form, type Reply, send } from './testing/browser.ts';
import { cheapHash } from './testing/cheap-hash.ts';
import { codeOf, consoleSecret, type Instance, secret, startInstance } from './testing/instance.ts';
import { choice, give, redeem } from './testing/journey.ts';
import { gp } from './testing/people.ts';
import { give as giveKey, optionsOf } from './testing/webauthn-wire.ts';

/** Tables that acts at CIS2 change. Interactions and used challenges are in another one. */
const tables = [
  'cis2_session',
  'cis2_session_client',
  'token_grant',
  'credential',
  'outbox',
  'access_token',
  'refresh_token',
  'application',
  'client',
];

let cis2: Instance;
let client: Cis2Registration;
before(async () => {
  cis2 = await startInstance({ dynamicRegistration: true }, ':memory:', undefined, 'localhost');
  client = await cis2.register({ profile: 'standard', refreshTokens: true });
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());
afterEach(() => cis2.background.settled());

const signIn = () => cis2.signIn(new Browser(), client, { scope: 'openid offline_access' });
const tokens = async () => redeem(cis2, client, await signIn());
const post = (path: string, values: Record<string, string>): Promise<Reply> =>
  send(
    'POST',
    `${cis2.issuer}/${path}`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    form({ client_id: client.clientId, client_secret: secret, ...values }),
  );
const asJson = (method: string, address: string, authorization: string, body?: unknown): Promise<Reply> =>
  send(
    method,
    address,
    { authorization, 'content-type': 'application/json' },
    body === undefined ? '' : JSON.stringify(body),
  );
const ofConsole = (method: string, path: string, body?: unknown) =>
  asJson(method, `${cis2.origin}${path}`, `Bearer ${consoleSecret}`, body);
const redirect_uris = ['https://rp.example.test/callback'];

async function codeRequest(): Promise<Record<string, string>> {
  const code = codeOf(await signIn());
  return { grant_type: 'authorization_code', code, redirect_uri: client.redirectUris[0] ?? '' };
}

/** Returns an act that changes the registration of a self-registered client. */
async function registered() {
  const address = `${cis2.issuer}/connect/register`;
  const { body } = await asJson('POST', address, 'Bearer alongside-initial-access', { redirect_uris });
  const { client_id, registration_access_token: token } = JSON.parse(body);
  return (method: string, change?: object) =>
    asJson(method, `${address}/${client_id}`, `Bearer ${token}`, change && { client_id, ...change });
}

/** Returns an act that changes the configurations of a team. */
async function configurations() {
  const { body } = await send('POST', `${cis2.origin}/api/auth`, {
    authorization: 'SecretAuth alongside-connection-manager',
  });
  const authorization = `Bearer ${JSON.parse(body).access_token}`;
  return (method: string, path: string, config: object) =>
    asJson(method, `${cis2.origin}/api/configs/${path}`, authorization, config);
}
const config = {
  client_name: 'Spike',
  redirect_uris,
  token_endpoint_auth_method: 'client_secret_post',
};

/** Prepares an act and returns it. */
type Prepare = () => Promise<() => Promise<Reply>>;

const acts: Readonly<Record<string, Prepare>> = {
  'signing in': async () => signIn,
  'redeeming a code': async () => {
    const request = await codeRequest();
    return () => post('access_token', request);
  },
  'refreshing tokens': async () => {
    const { refresh_token } = await tokens();
    return () => post('access_token', { grant_type: 'refresh_token', refresh_token });
  },
  'revoking tokens because a code is used again': async () => {
    const request = await codeRequest();
    assert.equal((await post('access_token', request)).status, 200);
    cis2.clock.advance(61);
    return () => post('access_token', request);
  },
  'revoking tokens because a refresh token is used again': async () => {
    const request = { grant_type: 'refresh_token', refresh_token: (await tokens()).refresh_token };
    assert.equal((await post('access_token', request)).status, 200);
    cis2.clock.advance(3_600);
    return () => post('access_token', request);
  },
  'revoking tokens': async () => {
    const { refresh_token: token } = await tokens();
    return () => post('token/revoke', { token });
  },
  'revoking an access token': async () => {
    const { access_token: token } = await tokens();
    return () => post('token/revoke', { token });
  },
  'adding an authenticator': async () => () =>
    ofConsole('POST', consolePaths.authenticators(gp.uid), { kind: 'security-key' }),
  'removing an authenticator': async () => {
    const { id } = await giveKey(cis2, 'security-key', gp.uid);
    return () => ofConsole('DELETE', consolePaths.authenticator(gp.uid, id));
  },
  'registering a client': async () => () =>
    asJson('POST', `${cis2.issuer}/connect/register`, 'Bearer alongside-initial-access', { redirect_uris }),
  'changing a client': async () => {
    const change = await registered();
    return () => change('PUT', { redirect_uris: ['https://rp.example.test/other'] });
  },
  'removing a client': async () => {
    const change = await registered();
    return () => change('DELETE');
  },
  'adding a configuration': async () => {
    const change = await configurations();
    return () => change('POST', 'demo', config);
  },
  'changing a configuration': async () => {
    const change = await configurations();
    const { id, hash } = JSON.parse((await change('POST', 'demo', config)).body);
    return () => change('PUT', `demo/${id}?hash=${hash}`, { ...config, client_name: 'Other' });
  },
};

describe('an act without its audit record', () => {
  for (const [name, prepare] of Object.entries(acts))
    test(`fails and changes nothing: ${name}`, async () => {
      await assertNeedsAudit(cis2.database, tables, await prepare());
    });

  // Links and tokens are values that are used once.
  const secrets: Readonly<Record<string, () => Promise<Reply>>> = {
    'making a link': () => ofConsole('POST', consolePaths.enrolments(gp.uid), { kind: 'passkey' }),
    'issuing a registration token': () =>
      ofConsole('POST', consolePaths.registrationTokens, { kind: 'initial', team: 'demo' }),
  };
  for (const [name, act] of Object.entries(secrets))
    test(`fails and changes nothing: ${name}`, async () => {
      await assertNeedsAudit(cis2.database, ['single_use'], act);
    });
});

describe('refused sign-ins', () => {
  const email = 'sum@example.test';
  const tried = 3;
  before(async () => {
    await give(cis2, {
      uid: gp.uid,
      kind: 'totp',
      label: 'App',
      lookup: email,
      body: { email, hash: cheapHash('green lamp sofa'), lastStep: null },
      secret: 'A'.repeat(32),
    });
    await giveKey(cis2, 'security-key', gp.uid);
  });

  const refusals: Readonly<Record<string, () => Promise<Reply>>> = {
    totp: async () => {
      const browser = new Browser();
      const at = await choice(cis2, browser, client, { acr_values: 'AAL2_TOTP', prompt: 'login' });
      const page = await browser.post(`${at}/totp/password`, { email, password: 'wrong' });
      const step = /name="step" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
      return browser.post(`${at}/totp/code`, { step, code: '000000' });
    },
    password: async () => {
      const browser = new Browser();
      const realm = `${cis2.origin}${passwordRealm.path}`;
      const page = await browser.get(cis2.authorizeUrl(client).replace(cis2.issuer, realm));
      const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1];
      return browser.post(`${cis2.origin}${action}`, { username: email, password: 'wrong' });
    },
    'security-key': async () => {
      const browser = new Browser();
      const at = await choice(cis2, browser, client, { acr_values: 'AAL3_FIDO2', prompt: 'login' });
      assert.ok(optionsOf(await browser.get(`${at}/security-key`)).challenge);
      return browser.post(`${at}/security-key/answer`, { response: '{}' });
    },
    smartcard: () =>
      asJson('POST', `${cis2.origin}/agent/exchange`, '', { proof: 'x', sessionCertificate: 'x' }),
  };

  for (const [authenticator, refuse] of Object.entries(refusals))
    test(`are counted by network without single records: ${authenticator}`, async () => {
      await cis2.audit.tick();
      const since = (await cis2.audit.list()).at(-1)?.seq ?? 0;
      for (let n = 0; n < tried; n++) assert.equal((await refuse()).status, 400);
      assert.deepEqual(
        (await cis2.audit.list(since)).map(({ action }) => action),
        [],
      );
      await cis2.audit.tick();
      const sums = (await cis2.audit.list(since)).filter(({ action }) => action === 'unproven.refused');
      assert.deepEqual(
        sums.map(({ target, detail }) => [target, detail.count]),
        [[`sign-in ${authenticator}`, tried]],
      );
    });
});
