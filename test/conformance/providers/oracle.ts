import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import OidcProvider from 'oidc-provider';
import type { Landing } from '../../../src/kit/browser.ts';
import { formOf } from '../../../src/kit/markup.ts';
import { share } from '../../testing/shared.ts';
import type { Provider } from '../provider.ts';
import type { Front } from '../tampering.ts';

const account = 'oracle-user';

const person = {
  sub: account,
  name: 'Ora Clemens',
  given_name: 'Ora',
  family_name: 'Clemens',
  email: 'ora@example.test',
  email_verified: true,
  address: { country: 'GB' },
  phone_number: '+441632960000',
  phone_number_verified: true,
};

const claims = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

/** Returns the certificate that a proxy forwards (RFC 9440). */
function certificateOf(header: string): X509Certificate | undefined {
  const encoded = /^:([^:]+):$/.exec(header)?.[1];
  return encoded === undefined ? undefined : new X509Certificate(Buffer.from(encoded, 'base64'));
}

/** Features of the plans, and for `fapi2` the profile's own strictness. */
const featuresOf = (strict: boolean) => ({
  devInteractions: { enabled: false },
  registration: { enabled: true },
  claimsParameter: { enabled: true },
  rpInitiatedLogout: { enabled: true },
  backchannelLogout: { enabled: true },
  revocation: { enabled: true },
  introspection: { enabled: true },
  pushedAuthorizationRequests: {
    enabled: true,
    requirePushedAuthorizationRequests: strict,
  },
  dPoP: { enabled: true },
  mTLS: {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    getCertificate: (context: { get(name: string): string }) => certificateOf(context.get('client-cert')),
  },
  ...(strict ? { fapi: { enabled: true, profile: '2.0' }, requestObjects: { enabled: true } } : {}),
});

type Mood = 'agrees' | 'refuses' | 'away';

/** Lets the user sign in and consent at once, unless disabled. */
async function interact(
  provider: OidcProvider,
  mood: Mood,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (mood === 'away') {
    response.end('<p>Sign in</p>');
    return;
  }
  if (mood === 'refuses') return provider.interactionFinished(request, response, { error: 'access_denied' });
  const { prompt, params, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: account } });
  if (grantId !== undefined && Object.keys(prompt.details).length === 0)
    return provider.interactionFinished(request, response, { consent: { grantId } });
  const grant = new provider.Grant({ accountId: account, clientId: params.client_id });
  grant.addOIDCScope(String(params.scope ?? 'openid'));
  grant.addOIDCClaims(Object.values(claims).flat());
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

async function startOne(
  strict: boolean,
  moodNow: () => Mood,
  front?: Front,
): Promise<{ issuer: string; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = front?.address ?? `http://127.0.0.1:${port}`;
  front?.before(port);
  const keys = await Promise.all(
    ['RS256', 'PS256', 'ES256'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `oracle-${alg}` };
    }),
  );
  const provider = new OidcProvider(issuer, {
    jwks: { keys },
    cookies: { keys: ['a-key-of-the-harness'], long: { sameSite: 'none', httpOnly: true, signed: true } },
    enableHttpPostMethods: true,
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'self_signed_tls_client_auth',
    ],
    // Its own fetch refuses addresses of this machine.
    fetch: (url: string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, options),
    claims: { ...claims, acr: null, auth_time: null, iss: null, sid: null },
    scopes: ['openid', 'offline_access'],
    acrValues: ['oracle:1', 'oracle:2'],
    features: featuresOf(strict),
    pkce: { required: () => strict },
    rotateRefreshToken: !strict,
    issueRefreshToken: async (_: unknown, __: unknown, code: { scopes: Set<string> }) =>
      code.scopes.has('offline_access'),
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'],
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256'],
    },
    findAccount: async () => ({ accountId: account, claims: async () => person }),
    interactions: { url: (_: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    renderError: (context: { type: string; body: string }, out: { error: string }) => {
      context.type = 'html';
      context.body = `<p>${out.error}</p>`;
    },
    ttl: {
      AccessToken: 3_600,
      AuthorizationCode: 60,
      IdToken: 3_600,
      RefreshToken: 86_400,
      Session: 86_400,
      Interaction: 3_600,
      Grant: 86_400,
    },
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response);
    interact(provider, moodNow(), request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  return { issuer, server };
}

/** Returns the reference of all plans. */
export async function startOracle(): Promise<Provider> {
  const { part, end } = await share('oidc-provider of the conformance plans', async () => {
    const oracle = await startOwnOracle();
    return { part: oracle, end: () => oracle.stop() };
  });
  return { ...part, stop: end };
}

/**
 * Starts oidc-provider, which is certified: a difference from CIS2 must be explained. `lax` removes the strictness of FAPI 2.0:
 * token binding and strong keys. A `front` proxies it and makes it faulty. The harness must detect both.
 */
export async function startOwnOracle({
  lax = false,
  front,
}: {
  lax?: boolean;
  front?: Front;
} = {}): Promise<Provider> {
  let mood: Mood = 'agrees';
  const moodNow = () => mood;
  async function whilePerson<T>(wanted: Mood, run: () => Promise<T>): Promise<T> {
    mood = wanted;
    try {
      return await run();
    } finally {
      mood = 'agrees';
    }
  }
  const [basic, fapi2] = [await startOne(false, moodNow, front), await startOne(!lax, moodNow)];
  const of = { basic, fapi2 };
  return {
    name: 'oidc-provider',
    openid: true,
    discoveryOf: (issuer) => `${issuer}/.well-known/openid-configuration`,
    scopes: ['openid', 'profile'],
    refusable: 'consent',
    issuer: (profile) => of[profile].issuer,
    acrValues: ['oracle:1', 'oracle:2'],
    async register(spec) {
      const metadata = {
        redirect_uris: spec.redirectUris,
        post_logout_redirect_uris: spec.postLogoutRedirectUris,
        token_endpoint_auth_method: spec.method,
        grant_types: ['authorization_code', 'refresh_token'],
        ...(spec.backchannelLogoutUri === undefined
          ? {}
          : { backchannel_logout_uri: spec.backchannelLogoutUri, backchannel_logout_session_required: true }),
        ...(spec.jwks === undefined ? {} : { jwks: spec.jwks }),
        ...(spec.signedRequests
          ? { require_signed_request_object: true, request_object_signing_alg: 'ES256' }
          : {}),
        ...(spec.method === 'private_key_jwt' ? { token_endpoint_auth_signing_alg: 'ES256' } : {}),
        ...(spec.profile === 'fapi2' && !lax
          ? {
              id_token_signed_response_alg: 'PS256',
              ...(spec.bound === 'certificate'
                ? { tls_client_certificate_bound_access_tokens: true }
                : { dpop_bound_access_tokens: true }),
            }
          : {}),
      };
      const answer = await fetch(`${of[spec.profile].issuer}/reg`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata),
      });
      const body = (await answer.json()) as Record<string, string>;
      if (answer.status !== 201) throw new Error(`registration: ${JSON.stringify(body)}`);
      return { clientId: body.client_id ?? '', clientSecret: body.client_secret };
    },
    withoutPerson: (run) => whilePerson('away', run),
    refusing: (run) => whilePerson('refuses', run),
    async goOn(page, browser): Promise<Landing> {
      const form = formOf(page);
      // Its sign-out page has two buttons and confirms with `logout`.
      if (!form?.action.pathname.endsWith('/session/end/confirm')) return page;
      return browser.submit(page, { ...form, fields: [...form.fields, ['logout', 'yes']] });
    },
    async stop() {
      for (const { server } of [basic, fapi2]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
