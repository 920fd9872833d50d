import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { passwordText } from '../authenticators/password/text.ts';
import { Browser, form, type Reply, send } from '../testing/browser.ts';
import { cheapHash } from '../testing/cheap-hash.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
import { alertOf, give, next } from '../testing/journey.ts';
import { gp } from '../testing/people.ts';
import { startRpEndpoint } from '../testing/rp-endpoint.ts';
import { passwordRealm } from './realm.ts';

const password = 'green lamp sofa';
const { wrong, locked } = passwordText;

let cis2: Instance;
let issuer: string;
let client: Cis2Registration;
let browser: Browser;
let hash: string;
let email: string;
let serial = 0;
before(async () => {
  cis2 = await startInstance();
  issuer = `${cis2.origin}${passwordRealm.path}`;
  client = await cis2.register();
  hash = cheapHash(password);
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  serial += 1;
  email = `aal${serial}@example.test`;
  await give(cis2, {
    uid: gp.uid,
    kind: 'password',
    label: 'Password',
    lookup: email,
    body: { email, hash },
  });
});

const address = (parameters: Record<string, string> = {}) =>
  cis2.authorizeUrl(client, parameters).replace(cis2.issuer, issuer);
const actionOf = ({ body }: Reply) =>
  `${cis2.origin}${/<form method="post" action="([^"]+)"/.exec(body)?.[1]}`;
const signIn = async (
  parameters: Record<string, string> = {},
  given = password,
  name = email,
  of = browser,
) => {
  const page = await of.get(address(parameters));
  return of.post(actionOf(page), { username: name, password: given });
};
const tokens = async (reply: Reply, at = issuer): Promise<{ id_token: string; access_token: string }> => {
  const body = form({
    grant_type: 'authorization_code',
    code: codeOf(next(reply)),
    redirect_uri: client.redirectUris[0] ?? '',
    client_id: client.clientId,
    client_secret: secret,
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return JSON.parse((await send('POST', `${at}/access_token`, type, body)).body);
};

describe('password realm', () => {
  test('has its own issuer', async () => {
    const { body } = await send('GET', `${issuer}/.well-known/openid-configuration`);
    const document = JSON.parse(body) as Record<string, unknown>;
    assert.equal(document.issuer, issuer);
    assert.equal(document.authorization_endpoint, `${issuer}/authorize`);
    assert.deepEqual(document.acr_values_supported, ['AAL1_USERPASS']);
  });
  for (const acr of [undefined, 'AAL1_USERPASS', 'AAL3_ANY AAL1_USERPASS'])
    test(`shows its form directly and signs in at level 1: ${acr ?? 'without acr_values'}`, async () => {
      const page = await browser.get(address(acr ? { acr_values: acr } : {}));
      assert.equal(page.status, 200);
      assert.match(page.body, />User Name</);
      const reply = await browser.post(actionOf(page), { username: email, password });
      const { id_token, access_token } = await tokens(reply);
      const claims = decodeJwt(id_token)?.claims;
      assert.equal(claims?.iss, issuer);
      assert.equal(claims?.sub, gp.uid);
      assert.equal(claims?.acr, 'AAL1_USERPASS');
      assert.deepEqual(claims?.amr, ['USERPASS']);
      assert.equal(claims?.authentication_assurance_level, '1');
      const { status } = await send('GET', `${issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
      assert.equal(status, 200);
    });
  test('names its issuer in the response', async () => {
    assert.equal(new URL(next(await signIn()).location).searchParams.get('iss'), issuer);
  });
  test('uses its session silently, and the other realm does not', async () => {
    await signIn();
    const silent = await browser.get(address({ prompt: 'none' }));
    assert.match(silent.location, /code=/);
    for (const acr_values of ['AAL3_ANY', 'AAL2_OR_AAL3_ANY', 'AAL1_USERPASS']) {
      const other = await browser.get(cis2.authorizeUrl(client, { prompt: 'none', acr_values }));
      assert.match(other.location, /error=login_required/);
    }
  });
  for (const acr_values of ['AAL3_ANY', 'AAL2_ANY', 'AAL2_OR_AAL3_ANY', 'AAL2_TOTP'])
    test(`offers no password for ${acr_values}`, async () => {
      const reply = await browser.get(address({ acr_values }));
      assert.match(reply.location, /error=unmet_authentication_requirements/);
    });
  test('issues tokens and codes that the other realm rejects', async () => {
    const reply = await signIn();
    assert.equal((await tokens(reply, cis2.issuer)).id_token, undefined);
    const { access_token } = await tokens(await signIn({}, password, email, new Browser()));
    const { status } = await send('GET', `${cis2.issuer}/userinfo`, {
      authorization: `Bearer ${access_token}`,
    });
    assert.equal(status, 401);
  });
  test('keeps cancel and another authenticator on its own pages', async () => {
    const page = await browser.get(address());
    const at = actionOf(page).replace('/password/answer', '');
    const choice = await browser.get(at);
    assert.ok(choice.body.includes('with-password') && !choice.body.includes('with-smartcard'));
    const cancelled = next(await browser.post(at, { cancel: '1' }));
    assert.equal(new URL(cancelled.location).searchParams.get('iss'), issuer);
    assert.match(cancelled.location, /error=access_denied/);
  });
});

test('a sign-out in the password realm ends its session, and logout tokens have its issuer', async () => {
  const rp = await startRpEndpoint();
  try {
    client = await cis2.register({ backchannelLogoutUri: rp.url });
    const { id_token } = await tokens(await signIn());
    rp.received = [];
    const reply = await browser.get(`${issuer}/connect/endSession?id_token_hint=${id_token}`);
    assert.equal(reply.status, 200);
    assert.match((await browser.get(address({ prompt: 'none' }))).location, /error=login_required/);
    await cis2.background.settled();
    const token = rp.received.at(-1)?.get('logout_token') ?? '';
    assert.equal(decodeJwt(token)?.claims.iss, issuer);
  } finally {
    await rp.stop();
  }
});

describe('attack: password', () => {
  test('has the same response for a wrong password and an unknown account', async () => {
    const shape = ({ status, body }: Reply) => [status, body.replace(/interaction\/[\w.-]+/g, '')];
    const first = await signIn({}, 'a wrong password');
    const second = await signIn({}, password, `nobody${serial}@example.test`, new Browser());
    assert.equal(alertOf(first), wrong);
    assert.deepEqual(shape(first), shape(second));
  });
  test('is locked for 15 minutes after five wrong attempts, also from another network', async () => {
    for (let guess = 0; guess < 5; guess++) assert.equal(alertOf(await signIn({}, 'wrong')), wrong);
    assert.equal(alertOf(await signIn({}, password, email, new Browser())), locked);
    cis2.clock.advance(880);
    assert.equal(alertOf(await signIn({}, password, email, new Browser())), locked);
    cis2.clock.advance(30);
    assert.match(next(await signIn({}, password, email, new Browser())).location, /code=/);
  });
  test('is rejected in place of an authenticator app', async () => {
    const page = await browser.get(address());
    const elsewhere = actionOf(page).replace('password/answer', 'totp/password');
    assert.match(
      (await browser.post(elsewhere, { email, password })).location,
      /\/interaction\/oidc\.[\w-]+$/,
    );
  });
  test('is rejected at an interaction of another realm', async () => {
    const choice = await browser.get(cis2.authorizeUrl(client, { acr_values: 'AAL2_OR_AAL3_ANY' }));
    const reply = await browser.post(`${choice.location}/password/answer`, { username: email, password });
    assert.equal(reply.location, choice.location);
    const marked = choice.location.replace('/interaction/', `/interaction/${passwordRealm.mark}`);
    assert.equal(
      (await browser.post(`${marked}/password/answer`, { username: email, password })).status,
      400,
    );
  });
});

test('the password realm exists in development only', async () => {
  const production = await startInstance({ development: false });
  try {
    const at = `${production.origin}${passwordRealm.path}/.well-known/openid-configuration`;
    assert.equal((await send('GET', at)).status, 404);
  } finally {
    await production.stop();
  }
});
