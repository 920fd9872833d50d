import { Browser } from '../../src/kit/browser.ts';
import type { StateFile } from '../../src/state-file.ts';
import { callConsole } from '../command.ts';
import { jwks } from './client-key.ts';
import { type Clients, redirectUri } from './target.ts';

const gp = '656005750108';

interface Registered {
  clientId: string;
  clientSecret: string;
}

/**
 * Registers the clients of the benchmark at a development instance, and signs the GP in at CIS2 and at the workstation.
 * @param hasAgent whether there is one
 */
export async function registerClients(urls: StateFile['urls'], { hasAgent = true } = {}): Promise<Clients> {
  const call = <T>(method: string, path: string, body: object) =>
    callConsole<T>(urls.console, method, path, body);
  const make = <T>(path: string, body: object) => call<T>('POST', path, body);
  const scope = 'urn:nhsd:apim:app:level3:hello-world';
  const userScopes = ['hello-world', 'personal-demographics-service'].map(
    (name) => `urn:nhsd:apim:user-nhs-id:aal3:${name}`,
  );
  // Without limits, which would refuse the benchmark's requests.
  const apis = ['hello-world', 'personal-demographics', 'oauth2', 'oauth2.1'];
  await make('/products', { name: 'bench', apis, scopes: [scope, ...userScopes], limits: null });
  const keys = { tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'RS512', jwks };
  const platform = { ...keys, callbackUrls: [], products: ['bench'] };
  const application = async (name: string, profile: string, halves: object) =>
    make<{ platform: Registered; cis2: Registered }>('/applications', { name, profile, ...halves });
  const opaque = await application('Bench opaque', 'nhs', { platform });
  const jwt = await application('Bench JWT', 'standard', {
    platform: { ...platform, accessToken: { format: 'jwt', signingAlg: 'RS512' } },
  });
  const atCis2 = { redirectUris: [redirectUri], refreshTokens: true, firstAuthenticator: 'choose' };
  const { cis2 } = await application('Bench party', 'standard', { cis2: { ...keys, ...atCis2 } });
  const separate = await application('Bench separate', 'nhs', { platform, cis2: { ...keys, ...atCis2 } });
  const { cis2: smartcard } = await application('Bench smartcard party', 'standard', {
    cis2: { ...keys, ...atCis2, firstAuthenticator: 'smartcard' },
  });
  const { platform: combined } = await application('Bench combined', 'nhs', {
    platform: { callbackUrls: [redirectUri], products: ['bench'] },
  });
  const issuer = urls.cis2Issuer;
  const platformClient = { audience: `${urls.api}/oauth2/token`, tokenEndpoint: `${urls.api}/oauth2/token` };
  const withoutCookie = (clientId: string) => ({
    clientId,
    audience: issuer,
    tokenEndpoint: `${issuer}/access_token`,
    redirectUri,
    cookie: '',
    scope: 'openid profile offline_access',
    authorizeEndpoint: `${issuer}/authorize`,
    userinfoEndpoint: `${issuer}/userinfo`,
  });
  const cookie = await signedIn(withoutCookie(cis2.clientId));
  if (hasAgent) {
    await call('PUT', '/readers/0/card', { card: 'gp' });
    await call('POST', '/agent/pin', { pin: '123456' });
  }
  const partyOf = (clientId: string) => ({ ...withoutCookie(clientId), cookie });
  return {
    opaque: { clientId: opaque.platform.clientId, scope, ...platformClient },
    jwt: {
      clientId: jwt.platform.clientId,
      scope,
      audience: `${urls.api}/oauth2.1`,
      tokenEndpoint: `${urls.api}/oauth2.1/token`,
    },
    party: partyOf(cis2.clientId),
    exchange: {
      ...partyOf(separate.cis2.clientId),
      // In this profile, CIS2 requires its token endpoint as the audience of an assertion.
      audience: `${issuer}/access_token`,
      scope: 'openid nhsperson',
      at: { clientId: separate.platform.clientId, scope: '', ...platformClient },
    },
    discovery: `${issuer}/.well-known/openid-configuration`,
    jwks: `${issuer}/connect/jwk_uri`,
    workstation: {
      party: withoutCookie(smartcard.clientId),
      combined: {
        clientId: combined.clientId,
        clientSecret: combined.clientSecret,
        scope: '',
        ...platformClient,
        authorizeEndpoint: `${urls.api}/oauth2/authorize`,
      },
      hello: `${urls.api}/hello-world/hello/user`,
      patient: `${urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
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
    response_type: 'code',
    client_id: party.clientId,
    redirect_uri: redirectUri,
    scope: party.scope,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString();
  const page = await browser.go(ask.href);
  if (page.kind !== 'page') throw new Error('CIS2 asks nobody.');
  const action = new URL(`${page.url.pathname.replace(/\/$/, '')}/persona/answer`, page.url);
  const landed = await browser.submit(page, { method: 'POST', action, fields: [['uid', gp]] });
  if (landed.kind !== 'callback') throw new Error(`CIS2 signs nobody in: ${landed.status} ${landed.body}`);
  return browser.cookies(ask);
}
