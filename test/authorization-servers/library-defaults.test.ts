import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import type { Profile } from '../../src/oauth/applications.ts';
import { Parameters } from '../../src/oauth/parameters.ts';
import { pkceAdvice } from '../../src/oauth/server/library-defaults.ts';
import {
  assertion,
  assertionForm,
  basic,
  type Form,
  newKey,
  post,
  type Registration,
  type Server,
  secret,
  startServers,
  verifier,
} from './servers.ts';

// What client libraries send when only the issuer, the client, its credential and, where they need one, a scope are configured: by
// their documentation or source.

type Authentication = 'basic' | 'post' | 'none' | 'assertion';

interface Library {
  name: string;
  authentication: Authentication;
  /** Claims of its assertion besides iss, sub and iat. */
  claims?: (server: Server) => Record<string, unknown>;
  /** Header members of its assertion. */
  header?: Record<string, unknown>;
  pkce: boolean;
  nonce: boolean;
  scope: string;
  /** More parameters of its authorization request. */
  more?: Form;
  /** More parameters of its token request. */
  atToken?: Form;
  redirectUri?: string;
}

const random = (name: string) => sha256(name).slice(0, 22);
const inSeconds = ({ clock }: Server, life: number) => seconds(clock) + life;

/** The claims that Spring Security, Nimbus, Authlib and zitadel/oidc put into an assertion. */
const claims = {
  spring: (server: Server) => ({ aud: server.addressOf('token'), exp: inSeconds(server, 60) }),
  nimbus: (server: Server) => ({
    aud: [server.addressOf('token')],
    exp: inSeconds(server, 300),
    iat: undefined,
  }),
  authlib: (server: Server) => ({ aud: server.addressOf('token'), exp: inSeconds(server, 3_600) }),
  zitadel: (server: Server) => ({ aud: [server.issuer], exp: inSeconds(server, 3_600), jti: undefined }),
  laterZitadel: (server: Server) => ({
    ...claims.zitadel(server),
    aud: [server.issuer, server.addressOf('token')],
  }),
  oauth4webapi: (server: Server) => ({
    aud: server.issuer,
    exp: inSeconds(server, 60),
    nbf: inSeconds(server, 0),
  }),
};

const bare = { typ: undefined };
const anonymous = { kid: undefined, typ: undefined };
const port = 'http://localhost:49152';

/** The parameters about itself that MSAL Node adds to every request. */
const msal = {
  client_info: '1',
  'client-request-id': '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  'x-client-SKU': 'msal.js.node',
  'x-client-VER': '7.2.3',
  'x-client-OS': 'linux',
  'x-client-CPU': 'x64',
};
const msalAtToken = {
  ...msal,
  scope: 'openid profile offline_access',
  'x-ms-lib-capability': 'retry-after, h429',
};

/** Hono's default: the scopes that the metadata lists. */
const everyScope = '';

// biome-ignore format: a table, one library a line
const libraries: Library[] = [
  { name: 'Spring Security 7.1', authentication: 'basic', pkce: true, nonce: true, scope: 'openid' },
  { name: 'Spring Security 7.1, private_key_jwt', authentication: 'assertion', claims: claims.spring, header: bare, pkce: true, nonce: true, scope: 'openid' },
  { name: 'Nimbus SDK 11.39, private_key_jwt', authentication: 'assertion', claims: claims.nimbus, header: bare, pkce: true, nonce: true, scope: 'openid' },
  { name: 'Quarkus OIDC 3.34', authentication: 'basic', pkce: false, nonce: false, scope: 'openid' },
  { name: 'pac4j 6.3', authentication: 'post', pkce: true, nonce: false, scope: 'openid profile email' },
  { name: 'Authlib 1.9', authentication: 'basic', pkce: false, nonce: true, scope: 'openid profile email' },
  { name: 'Authlib 1.9, private_key_jwt', authentication: 'assertion', claims: claims.authlib, header: anonymous, pkce: false, nonce: true, scope: 'openid profile email' },
  { name: 'requests-oauthlib 2.0', authentication: 'basic', pkce: false, nonce: false, scope: 'openid' },
  { name: 'mozilla-django-oidc 5', authentication: 'post', pkce: false, nonce: true, scope: 'openid email' },
  { name: 'go-oidc 3.21 with x/oauth2 0.38', authentication: 'basic', pkce: true, nonce: false, scope: 'openid profile email' },
  { name: 'zitadel/oidc 3.52', authentication: 'basic', pkce: false, nonce: false, scope: 'openid profile' },
  { name: 'zitadel/oidc 3.52, private_key_jwt', authentication: 'assertion', claims: claims.zitadel, header: bare, pkce: false, nonce: false, scope: 'openid profile' },
  { name: 'zitadel/oidc since 3.37, private_key_jwt', authentication: 'assertion', claims: claims.laterZitadel, header: bare, pkce: false, nonce: false, scope: 'openid profile' },
  { name: 'openidconnect-rs 4.1', authentication: 'basic', pkce: true, nonce: true, scope: 'openid' },
  { name: 'oauth2-proxy 7.15', authentication: 'basic', pkce: false, nonce: false, scope: 'openid email profile' },
  // Besides PKCE and nonce, what keycloak-js sends; it then fails by itself.
  { name: 'keycloak-js 26.2', authentication: 'none', pkce: true, nonce: true, scope: 'openid', more: { response_mode: 'fragment' } },
  { name: 'oidc-client-ts 3', authentication: 'none', pkce: true, nonce: false, scope: 'openid' },
  { name: 'Auth.js 5', authentication: 'basic', pkce: true, nonce: false, scope: 'openid profile email' },
  { name: 'Hono oidc-auth 1.8', authentication: 'basic', pkce: true, nonce: true, scope: everyScope },
  { name: 'AppAuth', authentication: 'none', pkce: true, nonce: true, scope: 'openid profile', redirectUri: 'com.example.app:/callback' },
  { name: 'MSAL Node 7.2, public', authentication: 'none', pkce: true, nonce: false, scope: 'openid profile offline_access', more: { ...msal, clidata: '1', response_mode: 'form_post' }, atToken: msalAtToken, redirectUri: port },
  { name: 'MSAL Node 7.2, confidential', authentication: 'post', pkce: false, nonce: false, scope: 'openid profile offline_access', more: { ...msal, clidata: '1', response_mode: 'query' }, atToken: msalAtToken },
  { name: 'passport-openidconnect 0.1', authentication: 'post', pkce: false, nonce: false, scope: 'openid' },
  { name: 'openid-client 6', authentication: 'post', pkce: true, nonce: false, scope: 'openid' },
  { name: 'openid-client 6, private_key_jwt', authentication: 'assertion', claims: claims.oauth4webapi, header: bare, pkce: true, nonce: false, scope: 'openid' },
  { name: 'simple-oauth2 5', authentication: 'basic', pkce: false, nonce: false, scope: 'openid' },
  { name: 'mod_auth_openidc 2.4', authentication: 'basic', pkce: true, nonce: true, scope: 'openid' },
];

let servers: readonly Server[];
let key: Awaited<ReturnType<typeof newKey>>;
before(async () => {
  [{ servers }, key] = await Promise.all([startServers(), newKey('rs256', 'RS256')]);
});
after(() => Promise.all(servers.map((server) => server.stop())));

/** Registers the client as its library needs; with a secret, by the method that the library does not use. */
function registrationOf({ authentication, redirectUri }: Library, profile: Profile): Registration {
  const application = redirectUri
    ? {
        applicationType: 'native' as const,
        redirectUris: [redirectUri === port ? 'http://localhost' : redirectUri],
      }
    : {};
  if (authentication === 'none') return { ...application, profile, method: 'none', secrets: [] };
  if (authentication === 'assertion')
    return { ...application, profile, method: 'private_key_jwt', secrets: [], keys: [key.jwk] };
  const method = authentication === 'post' ? 'client_secret_basic' : 'client_secret_post';
  return { ...application, profile, method };
}

const defaultRedirect = 'https://app.example.test/callback';
const api = 'urn:nhsd:apim:user-nhs-id:aal3:records';

/** At the API platform an application also asks for the scopes of its APIs, which the metadata lists. */
async function scopeOf({ scope }: Library, server: Server): Promise<string> {
  if (scope === everyScope) return ((await server.metadata()).scopes_supported as string[]).join(' ');
  return server.name === 'CIS2' ? scope : `${scope} ${api}`;
}

async function requestOf(library: Library, server: Server, clientId: string): Promise<Form> {
  const { pkce, nonce, more, redirectUri = defaultRedirect } = library;
  return {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: await scopeOf(library, server),
    state: random('state'),
    ...(nonce ? { nonce: random('nonce') } : {}),
    ...(pkce ? { code_challenge: sha256(verifier), code_challenge_method: 'S256' } : {}),
    ...more,
  };
}

async function redeem(library: Library, server: Server, clientId: string, code: string) {
  const { authentication, pkce, atToken, redirectUri = defaultRedirect } = library;
  const form: Form = {
    ...atToken,
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    ...(pkce ? { code_verifier: verifier } : {}),
  };
  if (authentication === 'none') return server.post('token', { ...form, client_id: clientId });
  if (authentication === 'post') return server.post('token', { ...form, ...post(clientId) });
  if (authentication === 'basic') return server.post('token', form, basic(clientId, secret));
  const iat = seconds(server.clock);
  const own = { iat, ...library.claims?.(server) };
  const jwt = await assertion(server, clientId, key, own, library.header);
  return server.post('token', { ...form, ...assertionForm(jwt) });
}

/** Returns the authorization response in a query, a fragment or a form. */
function responseOf({ location, text }: { location: string; text: string }): URLSearchParams {
  const { hash = '', searchParams = new URLSearchParams() } = URL.parse(location) ?? {};
  if (hash !== '') return new URLSearchParams(hash.slice(1));
  const fields = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
  return fields.length > 0
    ? new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value]))
    : searchParams;
}

async function signInBy(library: Library, server: Server, registration: Registration): Promise<void> {
  const clientId = await server.register(registration);
  const landed = await server.signIn(await requestOf(library, server, clientId));
  const { location, text } = landed;
  const found = responseOf(landed);
  assert.equal(found.get('state'), random('state'), `${location} ${text}`);
  const reply = await redeem(library, server, clientId, found.get('code') ?? '');
  assert.equal(reply.status, 200, `${location} ${reply.text}`);
  assert.equal(typeof reply.body.id_token, 'string', reply.text);
  const claims = JSON.parse(Buffer.from(reply.body.id_token.split('.')[1], 'base64url').toString());
  assert.deepEqual([claims.aud, claims.nonce], [clientId, library.nonce ? random('nonce') : undefined]);
}

describe('the defaults of client libraries', () => {
  for (const library of libraries) {
    const settings = library.pkce || library.nonce ? '' : ' with one setting';
    test(`sign in at /oauth2.1 and CIS2, standard profile${settings}: ${library.name}`, async () => {
      for (const server of servers) {
        const registration = registrationOf(library, 'standard');
        if (library.pkce || library.nonce) {
          await signInBy(library, server, registration);
          continue;
        }
        // It sends neither PKCE nor a nonce. The refusal says so. One setting helps: PKCE or the nonce in the library, or the registration.
        const clientId = await server.register(registration);
        const { location } = await server.signIn(await requestOf(library, server, clientId));
        const { searchParams } = new URL(location);
        assert.equal(searchParams.get('error'), 'invalid_request', server.name);
        assert.match(searchParams.get('error_description') ?? '', /code_challenge/);
        await signInBy({ ...library, pkce: true }, server, registration);
        await signInBy({ ...library, nonce: true }, server, registration);
        await signInBy(library, server, { ...registration, pkce: 'optional' });
      }
    });

    // A published client is confidential and sends a kid, a jti and the token endpoint as one string.
    const published = library.authentication !== 'none' && library.redirectUri === undefined;
    if (!published) continue;
    const isPublished = library.authentication !== 'assertion' || library.claims === claims.spring;
    const name = isPublished
      ? 'sign in at CIS2, nhs profile'
      : 'need settings for an assertion in the nhs profile';
    test(`${name}: ${library.name}`, async () => {
      const [cis2] = servers;
      assert.ok(cis2);
      const registration = registrationOf(library, 'nhs');
      const offline = library.scope.includes('offline_access');
      const usual = offline ? { ...library, scope: 'openid profile' } : library;
      if (isPublished) return signInBy(usual, cis2, registration);
      await assert.rejects(signInBy(usual, cis2, registration), /invalid_client/);
      const settings = { ...usual, claims: claims.spring, header: bare };
      await signInBy(settings, cis2, registration);
    });
  }
});

const pkceTable = readFileSync(new URL('../../docs/comparison.md', import.meta.url), 'utf8')
  .split('### Libraries that send neither PKCE nor a nonce')[1]
  ?.matchAll(/^\| ([\w/. -]+?)(?:, confidential)? \| (.*`.*) \|$/gm);

test('the refusal of a request without PKCE names the settings of docs/comparison.md', () => {
  const rows = [...(pkceTable ?? [])].map(([, library = '', setting = '']) => ({
    library,
    settings: [...setting.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
  }));
  const without = new Set(
    libraries.filter(({ pkce, nonce }) => !pkce && !nonce).map(({ name }) => name.split(' ')[0]),
  );
  assert.deepEqual(new Set(rows.map(({ library }) => library.split(' ')[0])), without);
  const advice = pkceAdvice(new Parameters(new Map()), true);
  for (const { library, settings } of rows) {
    assert.ok(advice.includes(library), library);
    for (const setting of settings) assert.ok(advice.includes(setting), `${library}: ${setting}`);
  }
});
