import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import * as openid from 'openid-client';
import { answerPage } from '../../src/cli/check/trial.ts';
import { Browser, type Landing } from '../../src/kit/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const callback = 'https://rp.example/callback';
const signedOut = 'https://rp.example/signed-out';

/** Collects the logout tokens that arrive. */
async function startReceiver() {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      tokens.push(new URLSearchParams(Buffer.concat(parts).toString()).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { tokens, address: `http://127.0.0.1:${port}/logout`, stop: () => server.close() };
}

describe('signing out at /oauth2.1 with openid-client and its defaults', () => {
  let instance: TestInstance;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let configuration: openid.Configuration;
  before(async () => {
    instance = await startInstance();
    receiver = await startReceiver();
    await instance.signInAtDesk('gp');
    const registered = await instance.api<{
      id: string;
      platform: { clientId: string; clientSecret: string };
    }>('POST', '/applications', {
      name: 'Clinic',
      profile: 'standard',
      platform: {
        callbackUrls: [callback],
        postLogoutRedirectUris: [signedOut],
        backchannelLogoutUri: receiver.address,
        products: ['hello-world'],
      },
    });
    const { clientId, clientSecret } = registered.platform;
    configuration = await openid.discovery(
      new URL(`${instance.urls.api}/oauth2.1`),
      clientId,
      clientSecret,
      undefined,
      { execute: [openid.allowInsecureRequests] },
    );
  });
  after(async () => {
    receiver.stop();
    await instance.stop();
  });

  const newBrowser = () => new Browser([callback, signedOut]);
  const goOn = async (browser: Browser, first: Landing): Promise<Landing> => {
    let landing = first;
    for (let page = 0; page < 6 && landing.kind === 'page'; page++) {
      const next = await answerPage(landing, browser, { pin: '123456', refuses: false });
      if (next === landing) return landing;
      landing = next;
    }
    return landing;
  };
  async function signIn(browser: Browser, scope = 'openid profile') {
    const verifier = openid.randomPKCECodeVerifier();
    const nonce = openid.randomNonce();
    const address = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: callback,
      scope,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const landing = await goOn(browser, await browser.go(address.href));
    assert.equal(landing.kind, 'callback');
    const back = new URL(`${callback}?${(landing as Extract<Landing, { kind: 'callback' }>).parameters}`);
    return openid.authorizationCodeGrant(configuration, back, {
      pkceCodeVerifier: verifier,
      expectedNonce: nonce,
    });
  }
  const signOut = (hint: string | undefined, more: Record<string, string> = {}) =>
    openid.buildEndSessionUrl(configuration, {
      ...(hint === undefined ? {} : { id_token_hint: hint }),
      post_logout_redirect_uri: signedOut,
      state: 'bye',
      ...more,
    }).href;
  const statusOf = async (token: string) =>
    (await fetch(`${instance.urls.api}/oauth2.1/userinfo`, { headers: { authorization: `Bearer ${token}` } }))
      .status;
  const until = async (holds: () => boolean) => {
    const late = Date.now() + 20_000;
    while (!holds() && Date.now() < late) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(holds());
  };

  test('ends the session, the tokens and the session of the application', async () => {
    const browser = newBrowser();
    const tokens = await signIn(browser);
    const subject = tokens.claims()?.sub ?? '';
    const person = await openid.fetchUserInfo(configuration, tokens.access_token, subject);
    assert.equal(person.sub, subject);
    const landing = await browser.go(signOut(tokens.id_token));
    assert.equal(landing.kind, 'callback');
    const { url, parameters } = landing as Extract<Landing, { kind: 'callback' }>;
    assert.deepEqual([url.origin + url.pathname, parameters.get('state')], [signedOut, 'bye']);
    await until(() => receiver.tokens.length > 0);
    const logout = decodeJwt(receiver.tokens[0] ?? '');
    assert.equal(logout?.header.typ, 'logout+jwt');
    assert.deepEqual(
      [logout?.claims.iss, logout?.claims.aud, logout?.claims.sub, logout?.claims.sid],
      [
        `${instance.urls.api}/oauth2.1`,
        configuration.clientMetadata().client_id,
        subject,
        tokens.claims()?.sid,
      ],
    );
    assert.equal(await statusOf(tokens.access_token), 401);
    await assert.rejects(openid.refreshTokenGrant(configuration, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });

  test('lists its logout tokens with those of CIS2, and sends one again', async () => {
    type Delivery = { id: string; clientId: string; state: string };
    const { deliveries } = await instance.api<{ deliveries: Delivery[] }>('GET', '/logout-deliveries');
    const { client_id: clientId } = configuration.clientMetadata();
    const own = deliveries.filter((one) => one.clientId === clientId);
    assert.deepEqual(
      own.map(({ state }) => state),
      ['delivered'],
    );
    assert.ok(deliveries.length > own.length, 'CIS2 told the platform');
    const before = receiver.tokens.length;
    const again = await instance.api<Delivery>('POST', `/logout-deliveries/${own[0]?.id}/send`);
    assert.deepEqual([again.state, receiver.tokens.length], ['delivered', before + 1]);
    assert.equal((await instance.call('POST', '/logout-deliveries/unknown/send')).status, 404);
    const page = await (await fetch(`${instance.urls.console}/sessions`)).text();
    assert.match(page, /Logout messages[\s\S]*Clinic[\s\S]*ended at provider/);
  });

  test('gives an ID token that no API takes, and an access token that one does', async () => {
    const { id_token: idToken = '', access_token: token } = await signIn(newBrowser());
    const call = (bearer: string) =>
      fetch(`${instance.urls.api}/hello-world/hello/user`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
    assert.deepEqual([(await call(idToken)).status, (await call(token)).status], [401, 200]);
  });

  test('leaves userinfo until then, with email_verified beside the address', async () => {
    const tokens = await signIn(newBrowser(), 'openid email');
    const person = await openid.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? '');
    assert.deepEqual([typeof person.email, person.email_verified], ['string', true]);
    assert.equal(person.name, undefined);
  });

  test('gives the browser no ID token of CIS2', async () => {
    const { id_token: hint } = await signIn(newBrowser());
    const answer = await fetch(signOut(hint), { redirect: 'manual' });
    assert.equal(answer.status, 302);
    const onward = new URL(answer.headers.get('location') ?? '');
    assert.equal(onward.origin, new URL(instance.state.urls.cis2Issuer).origin);
    assert.deepEqual(
      [...onward.searchParams.keys()],
      ['client_id', 'post_logout_redirect_uri', 'state', 'on_behalf_of'],
    );
  });

  test('asks in another browser, and without a hint', async () => {
    const { id_token: hint, access_token: token } = await signIn(newBrowser());
    const elsewhere = await newBrowser().go(signOut(hint));
    assert.equal(elsewhere.kind, 'page');
    assert.match((elsewhere as Extract<Landing, { kind: 'page' }>).body, /Clinic/);
    const browser = newBrowser();
    await signIn(browser);
    assert.equal((await browser.go(signOut(undefined))).kind, 'page');
    assert.equal(await statusOf(token), 200);
  });

  test('refuses an address that is not registered', async () => {
    const { id_token: hint } = await signIn(newBrowser());
    for (const address of ['https://evil.example/', `${signedOut}?x=1`]) {
      const answer = await fetch(signOut(hint, { post_logout_redirect_uri: address }), {
        redirect: 'manual',
      });
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null]);
    }
  });
});
