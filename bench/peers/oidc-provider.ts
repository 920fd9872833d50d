import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Browser } from '../../src/kit/browser.ts';
import { jwks } from './client-key.ts';
import { redirectUri, type Target } from './target.ts';

const clientId = 'bench-client';
const secretClient = {
  clientId: 'bench-secret-client',
  clientSecret: 'bench-secret-of-the-benchmark-0123456789',
};

/** Starts oidc-provider in memory or in SQLite, in a separate process, with its user signed in. */
export async function startOidcProvider({ durable = false } = {}): Promise<Target> {
  const program = fileURLToPath(new URL('./oidc-provider-server.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [program, JSON.stringify({ jwks, clientId, secretClient, durable })],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown];
  const issuer = String(line).trim();
  if (!issuer.startsWith('http') || child.pid === undefined) throw new Error('oidc-provider does not start.');
  const client = { clientId, audience: issuer, tokenEndpoint: `${issuer}/token` };
  const party = {
    ...client,
    scope: 'openid profile',
    authorizeEndpoint: `${issuer}/auth`,
    userinfoEndpoint: `${issuer}/me`,
    redirectUri,
  };
  const browser = new Browser([redirectUri]);
  // The user consents to each client.
  for (const id of [clientId, secretClient.clientId]) {
    const ask = new URL(party.authorizeEndpoint);
    ask.search = new URLSearchParams({
      response_type: 'code',
      client_id: id,
      redirect_uri: redirectUri,
      scope: party.scope,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString();
    if ((await browser.go(ask.href)).kind !== 'callback')
      throw new Error('The user cannot sign in at oidc-provider.');
  }
  const signedIn = { ...party, cookie: browser.cookies(new URL(party.authorizeEndpoint)) };
  return {
    name: durable ? 'oidc-provider, durable' : 'oidc-provider',
    pid: child.pid,
    opaque: { ...client, scope: '' },
    jwt: { ...client, scope: 'api:read', more: { resource: 'https://api.example.test' } },
    party: signedIn,
    secretParty: { ...signedIn, ...secretClient, scope: 'profile' },
    exchange: { ...signedIn, at: { ...client, scope: '' } },
    discovery: `${issuer}/.well-known/openid-configuration`,
    jwks: `${issuer}/jwks`,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
