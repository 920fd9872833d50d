import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Browser } from '../../src/cli/check/browser.ts';
import type { TestInstance } from '../../test/testing/instance.ts';
import { unlimited } from '../unlimited.ts';
import { jwks } from './client-key.ts';
import { redirectUri, type Target } from './target.ts';

// The command for users, including the preparation check.
const command = fileURLToPath(new URL('../../scripts/alongside.mjs', import.meta.url));
const gp = '656005750108';

/** Alongside as in production: durable storage on disk, events and audit on, a user signed in at CIS2. */
export async function startAlongside(): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const flags = ['--port-base', '0', '--data', data, '--network-limits', JSON.stringify(unlimited)];
  const child = spawn(process.execPath, [command, 'up', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
  const { urls, pid } = JSON.parse(String(line)) as { urls: TestInstance['urls']; pid: number };
  const make = async <T>(path: string, body: object): Promise<T> => {
    const answer = await fetch(`${urls.console}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const scope = 'urn:nhsd:apim:app:level3:hello-world';
  // Without limits, which would refuse the benchmark's requests.
  const apis = ['hello-world', 'oauth2', 'oauth2.1'];
  await make('/products', { name: 'bench', apis, scopes: [scope], limits: null });
  const keys = { tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'RS512', jwks };
  const platform = { ...keys, callbackUrls: [], products: ['bench'] };
  const application = async (name: string, profile: string, halves: object) =>
    make<{ platform: { clientId: string }; cis2: { clientId: string } }>('/applications', {
      ...{ name, profile, ...halves },
    });
  const opaque = await application('Bench opaque', 'nhs', { platform });
  const jwt = await application('Bench JWT', 'standard', {
    platform: { ...platform, accessToken: { format: 'jwt', signingAlg: 'RS512' } },
  });
  const { cis2 } = await application('Bench party', 'standard', {
    cis2: { ...keys, redirectUris: [redirectUri], refreshTokens: true, firstAuthenticator: 'choose' },
  });
  const issuer = urls.cis2Issuer;
  const party = {
    ...{ clientId: cis2.clientId, audience: issuer, tokenEndpoint: `${issuer}/access_token` },
    scope: 'openid profile offline_access',
    authorizeEndpoint: `${issuer}/authorize`,
    userinfoEndpoint: `${issuer}/userinfo`,
    redirectUri,
  };
  return {
    name: 'Alongside',
    pid,
    opaque: {
      ...{ clientId: opaque.platform.clientId, scope },
      ...{ audience: `${urls.api}/oauth2/token`, tokenEndpoint: `${urls.api}/oauth2/token` },
    },
    jwt: {
      ...{ clientId: jwt.platform.clientId, scope },
      ...{ audience: `${urls.api}/oauth2.1`, tokenEndpoint: `${urls.api}/oauth2.1/token` },
    },
    party: { ...party, cookie: await signedIn(party) },
    discovery: `${issuer}/.well-known/openid-configuration`,
    jwks: `${issuer}/connect/jwk_uri`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Returns the cookies of a browser that has signed in at CIS2 as the seeded GP. */
async function signedIn(party: {
  clientId: string;
  scope: string;
  authorizeEndpoint: string;
}): Promise<string> {
  const browser = new Browser([redirectUri]);
  const ask = new URL(party.authorizeEndpoint);
  ask.search = new URLSearchParams({
    ...{ response_type: 'code', client_id: party.clientId, redirect_uri: redirectUri, scope: party.scope },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
  }).toString();
  const page = await browser.go(ask.href);
  if (page.kind !== 'page') throw new Error('CIS2 asks nobody.');
  const action = new URL(`${page.url.pathname.replace(/\/$/, '')}/persona/answer`, page.url);
  const landed = await browser.submit(page, { method: 'POST', action, fields: [['uid', gp]] });
  if (landed.kind !== 'callback') throw new Error(`CIS2 signs nobody in: ${landed.status} ${landed.body}`);
  return browser.cookies(ask);
}
