import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import OidcProvider from 'oidc-provider';
import { formOf, type Landing } from '../browser.ts';
import type { ClientSpec, Provider } from '../provider.ts';

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

/** Everything that the plans use, and for `fapi2` the profile's own strictness. */
const featuresOf = (profile: ClientSpec['profile']) => ({
  devInteractions: { enabled: false },
  registration: { enabled: true },
  claimsParameter: { enabled: true },
  rpInitiatedLogout: { enabled: true },
  backchannelLogout: { enabled: true },
  revocation: { enabled: true },
  introspection: { enabled: true },
  pushedAuthorizationRequests: {
    enabled: true,
    requirePushedAuthorizationRequests: profile === 'fapi2',
    allowUnregisteredRedirectUris: profile === 'fapi2',
  },
  dPoP: { enabled: true },
  ...(profile === 'fapi2' ? { fapi: { enabled: true, profile: '2.0' } } : {}),
});

/** The person signs in and agrees at once. */
async function interact(
  provider: OidcProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
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

async function startOne(profile: ClientSpec['profile']): Promise<{ issuer: string; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = await Promise.all(
    ['RS256', 'PS256', 'ES256'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `oracle-${alg}` };
    }),
  );
  const provider = new OidcProvider(issuer, {
    jwks: { keys },
    cookies: { keys: ['a-key-of-the-harness'] },
    claims: { ...claims, acr: null, auth_time: null, iss: null, sid: null },
    scopes: ['openid', 'offline_access'],
    acrValues: ['oracle:1', 'oracle:2'],
    features: featuresOf(profile),
    pkce: { required: () => profile === 'fapi2' },
    rotateRefreshToken: profile !== 'fapi2',
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
    interact(provider, request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  return { issuer, server };
}

/** oidc-provider, which is certified: where CIS2 differs from it, one of the two has to be explained. */
export async function startOracle(): Promise<Provider> {
  const [basic, fapi2] = [await startOne('basic'), await startOne('fapi2')];
  const of = { basic, fapi2 };
  return {
    name: 'oidc-provider',
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
        ...(spec.method === 'private_key_jwt' ? { token_endpoint_auth_signing_alg: 'ES256' } : {}),
        ...(spec.profile === 'fapi2'
          ? { dpop_bound_access_tokens: true, id_token_signed_response_alg: 'PS256' }
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
    async goOn(page, browser): Promise<Landing> {
      const form = formOf(page);
      // Its own sign-out page has two buttons and says yes to `logout`.
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
