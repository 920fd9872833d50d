import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { TestInstance } from './instance.ts';

const library = readFileSync(createRequire(import.meta.url).resolve('oauth4webapi'), 'utf8');
const page =
  '<!doctype html><html lang="en"><title>Application</title><script type="module" src="/app.js"></script>';

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

/** The settings of an instance that pages of another origin may call, with nonces for their proofs. */
export const settingsForPages = {
  corsAtGateway: true,
  dpopNonceAtCis2: true,
  basePathOptions: { '/oauth2.1': { proofNonces: true } },
};

/**
 * Serves an application without a server of its own, on `localhost` and `127.0.0.1`: an unmodified library at `/`, the client
 * library at `/own`. The page puts its result into `data-result` of its root element.
 */
export async function startBrowserApplication(): Promise<{ port: number; close: () => void }> {
  const ownPage = page.replace('/app.js', '/own.js');
  const files: Record<string, [string, string]> = {
    '/own': ['text/html', ownPage],
    '/own/callback': ['text/html', ownPage],
    '/own.js': ['text/javascript', ownScript],
    '/client.js': ['text/javascript', await bundledClient()],
    '/app.js': ['text/javascript', script],
    '/oauth4webapi.js': ['text/javascript', library],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url?.split('?')[0] ?? ''] ?? ['text/html', page];
    response.writeHead(200, { 'content-type': type }).end(body);
  }).listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Registers the application, and returns its client id. */
export async function addBrowserApplication(
  instance: TestInstance,
  half: 'platform' | 'cis2',
  more: object,
): Promise<string> {
  const made = await instance.api<Record<string, { clientId: string }>>('POST', '/applications', {
    name: `in a browser, ${half}`,
    profile: 'standard',
    [half]: { tokenEndpointAuthMethod: 'none', applicationType: 'web', ...more },
  });
  return made[half]?.clientId ?? assert.fail();
}
