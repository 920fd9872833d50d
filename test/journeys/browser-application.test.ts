import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { rolldown } from 'rolldown';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// An application without a server: an unmodified library in a page of another origin, in Chromium.
const library = readFileSync(createRequire(import.meta.url).resolve('oauth4webapi'), 'utf8');
const page =
  '<!doctype html><html lang="en"><title>Application</title><script type="module" src="/app.js"></script>';
const scope = 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service';

/** The script of the page: the flow of a public client with PKCE and DPoP, with fetch only. */
const script = `
import * as oauth from '/oauth4webapi.js';
const insecure = { [oauth.allowInsecureRequests]: true };
const here = new URL(location.href);
const show = (result) => { document.documentElement.dataset.result = JSON.stringify(result); };
const redirectUri = here.origin + '/callback';
const nonceAgain = async (call, process) => {
  try { return await process(await call()); }
  catch (error) { if (!oauth.isDPoPNonceError(error)) throw error; return process(await call()); }
};
async function main() {
  const asked = here.pathname === '/callback' ? JSON.parse(sessionStorage.asked) : Object.fromEntries(here.searchParams);
  const issuer = new URL(asked.issuer);
  const client = { client_id: asked.client };
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: asked.algorithm }));
  if (here.pathname !== '/callback') {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    sessionStorage.asked = JSON.stringify({ ...asked, verifier, state, nonce });
    const to = new URL(as.authorization_endpoint);
    to.search = new URLSearchParams({
      client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope: asked.scope, state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      ...(asked.algorithm === 'oidc' ? { nonce } : {}),
    });
    location.assign(to);
    return;
  }
  const parameters = oauth.validateAuthResponse(as, client, here, asked.state);
  const options = { ...insecure, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) };
  const openid = asked.algorithm === 'oidc';
  const tokens = await nonceAgain(
    () => oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, redirectUri, asked.verifier, options),
    (answer) => oauth.processAuthorizationCodeResponse(as, client, answer, openid ? { expectedNonce: asked.nonce, requireIdToken: true } : {}),
  );
  const refreshed = await nonceAgain(
    () => oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, options),
    (answer) => oauth.processRefreshTokenResponse(as, client, answer),
  );
  const result = { type: refreshed.token_type, rotated: refreshed.refresh_token !== tokens.refresh_token };
  if (openid) {
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, refreshed.access_token, options));
    result.sub = sub;
    result.keys = (await (await fetch(as.jwks_uri)).json()).keys.length;
  } else {
    const answer = await oauth.protectedResourceRequest(
      refreshed.access_token, 'GET', new URL(asked.resource),
      new Headers({ 'x-request-id': crypto.randomUUID() }), null, options);
    result.patient = (await answer.json()).id;
  }
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), refreshed.refresh_token, insecure));
  const refused = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshed.refresh_token, options);
  result.refused = [refused.status, (await refused.json()).error];
  show(result);
}
main().catch((error) => show({ failed: String(error), cause: JSON.stringify(error.cause ?? null) }));
`;

/** The script of another page: the same with the client library. */
const ownScript = `
import { createPageSignIn } from '/client.js';
const show = (result) => { document.documentElement.dataset.result = JSON.stringify(result); };
const asked = location.search.includes('issuer=') ? Object.fromEntries(new URLSearchParams(location.search)) : JSON.parse(sessionStorage.asked);
sessionStorage.asked = JSON.stringify(asked);
const signIn = createPageSignIn({ issuer: asked.issuer, clientId: asked.client, scope: asked.scope, redirectUri: location.origin + '/own/callback' });
async function main() {
  const tokens = await signIn.finish();
  if (!tokens) return signIn.begin();
  const read = async () => (await signIn.fetch(asked.resource, { headers: { 'x-request-id': crypto.randomUUID() } }));
  const patient = (await (await read()).json()).id;
  const result = { patient, shown: location.href, kept: Object.keys(sessionStorage), again: await signIn.finish() ?? null };
  await signIn.signOut();
  result.after = await read().catch(({ code }) => code);
  show(result);
}
main().catch((error) => show({ failed: error.code ?? String(error), message: error.message }));
`;

/** Returns the part of the client library for pages as one file. A Node.js module in it would not resolve. */
async function bundledClient(): Promise<string> {
  const input = fileURLToPath(new URL('../../client/page/index.ts', import.meta.url));
  const bundle = await rolldown({ input, platform: 'browser', external: [] });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  assert.equal(output.length, 1);
  assert.deepEqual(output[0].imports, []);
  return output[0].code;
}

describe('a browser application without a server', () => {
  let instance: TestInstance;
  let server: Server;
  let browser: Browser;
  let port: number;
  before(async () => {
    instance = await startInstance({
      corsAtGateway: true,
      dpopNonceAtCis2: true,
      basePathOptions: { '/oauth2.1': { proofNonces: true } },
    });
    const ownPage = page.replace('/app.js', '/own.js');
    const files: Record<string, [string, string]> = {
      '/own': ['text/html', ownPage],
      '/own/callback': ['text/html', ownPage],
      '/own.js': ['text/javascript', ownScript],
      '/client.js': ['text/javascript', await bundledClient()],
      '/app.js': ['text/javascript', script],
      '/oauth4webapi.js': ['text/javascript', library],
    };
    server = createServer((request, response) => {
      const [type, body] = files[request.url?.split('?')[0] ?? ''] ?? ['text/html', page];
      response.writeHead(200, { 'content-type': type }).end(body);
    }).listen(0);
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
    await instance.signInAtDesk('gp');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    server?.close();
    await instance?.stop();
  });

  const addApplication = async (half: 'platform' | 'cis2', more: object): Promise<string> => {
    const made = await instance.api<Record<string, { clientId: string }>>('POST', '/applications', {
      name: `in a browser, ${half}`,
      profile: 'standard',
      [half]: { tokenEndpointAuthMethod: 'none', applicationType: 'web', ...more },
    });
    return made[half]?.clientId ?? assert.fail();
  };

  /** Opens the application at an origin, and returns its final output. */
  const run = async (origin: string, asked: Record<string, string>) => {
    const context = await browser.newContext();
    const window = await context.newPage();
    await window.goto(`${origin}${origin.endsWith('/own') ? '' : '/'}?${new URLSearchParams(asked)}`);
    await window.waitForSelector('html[data-result]', { state: 'attached' });
    const result = await window.evaluate(() => document.documentElement.dataset.result ?? '');
    await context.close();
    return JSON.parse(result) as Record<string, unknown>;
  };

  test('signs in at /oauth2.1 with PKCE and DPoP, calls PDS, refreshes and revokes by fetch', async () => {
    const client = await addApplication('platform', {
      callbackUrls: [`http://localhost:${port}/callback`],
      products: ['personal-demographics-service'],
    });
    const asked = {
      issuer: `${instance.urls.api}/oauth2.1`,
      algorithm: 'oauth2',
      client,
      scope,
      resource: `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
    };
    assert.deepEqual(await run(`http://localhost:${port}`, asked), {
      type: 'dpop',
      rotated: true,
      patient: '9000000009',
      refused: [400, 'invalid_grant'],
    });
    // The same page at an origin without a registered callback may read nothing.
    const { failed } = await run(`http://127.0.0.1:${port}`, asked);
    assert.match(String(failed), /Failed to fetch/);
  });

  test('signs in with the client library, calls PDS with a proof, and leaves nothing in the page', async () => {
    const client = await addApplication('platform', {
      callbackUrls: [`http://localhost:${port}/own/callback`],
      products: ['personal-demographics-service'],
    });
    const result = await run(`http://localhost:${port}/own`, {
      issuer: `${instance.urls.api}/oauth2.1`,
      client,
      scope,
      resource: `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
    });
    assert.deepEqual(result, {
      patient: '9000000009',
      shown: `http://localhost:${port}/own/callback`,
      kept: ['asked'],
      again: null,
      after: 'sign_in_required',
    });
  });

  test('signs in at CIS2 with PKCE and DPoP, reads userinfo and keys, refreshes and revokes by fetch', async () => {
    const client = await addApplication('cis2', {
      redirectUris: [`http://localhost:${port}/callback`],
      refreshTokens: true,
    });
    const { keys, ...result } = await run(`http://localhost:${port}`, {
      issuer: instance.urls.cis2Issuer,
      algorithm: 'oidc',
      client,
      scope: 'openid profile offline_access',
    });
    assert.deepEqual(result, {
      type: 'dpop',
      rotated: true,
      sub: '656005750108',
      refused: [400, 'invalid_grant'],
    });
    assert.ok(Number(keys) > 0);
  });
});
