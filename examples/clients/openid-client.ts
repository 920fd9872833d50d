import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import * as openid from 'openid-client';

// openid-client 6 (npm install openid-client): signs a user in and calls Hello World.
//
//   node openid-client.ts combined     at /oauth2
//   node openid-client.ts openid       combined at /oauth2.1
//   node openid-client.ts separate     at CIS2, then exchanges the ID token at /oauth2
//
// It prints an address to open in a browser, and reads the address at which the browser ends. Settings: examples/README.md.

function setting(name: string): string {
  return process.env[name] || fail(`The environment variable ${name} is missing.`);
}
function fail(message: string): never {
  throw new Error(message);
}

const api = setting('ALONGSIDE_API_URL');
const redirectUri = setting('CALLBACK_URL');
const token_endpoint = `${api}/oauth2/token`;
const insecure = { execute: [openid.allowInsecureRequests] }; // plain HTTP: leave this out in production
const terminal = createInterface({ input: process.stdin });

async function browse(url: URL): Promise<URL> {
  console.log(`Open this address in a browser:\n${url.href}`);
  const { value } = await terminal[Symbol.asyncIterator]().next();
  return new URL(String(value));
}

async function signInCombined(): Promise<string> {
  const platform = new openid.Configuration(
    { issuer: `${api}/oauth2`, authorization_endpoint: `${api}/oauth2/authorize`, token_endpoint },
    setting('API_KEY'),
    setting('API_SECRET'),
  );
  openid.allowInsecureRequests(platform);
  const state = openid.randomState();
  const answer = await browse(openid.buildAuthorizationUrl(platform, { redirect_uri: redirectUri, state }));
  const tokens = await openid.authorizationCodeGrant(platform, answer, { expectedState: state });
  return tokens.access_token;
}

/** Signs in at CIS2, or at /oauth2.1. */
async function signIn(issuer: string, clientId: string, secret: string) {
  const server = await openid.discovery(new URL(issuer), clientId, secret, undefined, insecure);
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const answer = await browse(
    openid.buildAuthorizationUrl(server, {
      redirect_uri: redirectUri,
      scope: 'openid profile nationalrbacaccess',
      max_age: '300',
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
  );
  const tokens = await openid.authorizationCodeGrant(server, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    maxAge: 300,
  });
  const { sub = '' } = tokens.claims() ?? {};
  const { name } = await openid.fetchUserInfo(server, tokens.access_token, sub);
  console.log(`Signed in: ${name}`);
  return { accessToken: tokens.access_token, idToken: tokens.id_token ?? '' };
}

async function exchange(idToken: string): Promise<string> {
  const pem = (await readFile(setting('KEY_FILE'), 'utf8')).replace(/-----[^-]+-----|\s/g, '');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };
  const bytes = Buffer.from(pem, 'base64');
  const key = await crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
  const signed = openid.PrivateKeyJwt(
    { key, kid: setting('KEY_ID') },
    {
      [openid.modifyAssertion](header, claims) {
        header.typ = 'JWT';
        claims.aud = token_endpoint;
      },
    },
  );
  const platform = new openid.Configuration(
    { issuer: `${api}/oauth2`, token_endpoint },
    setting('API_KEY'),
    undefined,
    signed,
  );
  openid.allowInsecureRequests(platform);
  const tokens = await openid.genericGrantRequest(
    platform,
    'urn:ietf:params:oauth:grant-type:token-exchange',
    { subject_token: idToken, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
  );
  return tokens.access_token;
}

async function accessToken(): Promise<string> {
  if (process.argv[2] === 'combined') return signInCombined();
  if (process.argv[2] === 'openid')
    return (await signIn(`${api}/oauth2.1`, setting('API_KEY'), setting('API_SECRET'))).accessToken;
  const cis2 = setting('ALONGSIDE_CIS2_ISSUER_URL');
  return exchange((await signIn(cis2, setting('CIS2_CLIENT_ID'), setting('CIS2_CLIENT_SECRET'))).idToken);
}

const headers = { authorization: `Bearer ${await accessToken()}` };
console.log(await (await fetch(`${api}/hello-world/hello/user`, { headers })).text());
terminal.close();
