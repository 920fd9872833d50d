// oidc-provider with one client and one user, in memory or in SQLite, as the process that bench:peers measures. Prints its address
// on standard output.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import OidcProvider from 'oidc-provider';
import { redirectUri } from './target.ts';

const { jwks, clientId, secretClient, durable } = JSON.parse(process.argv[2] ?? '{}') as {
  jwks: object;
  clientId: string;
  secretClient: { clientId: string; clientSecret: string };
  durable: boolean;
};
const exchangeType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const adapter = durable
  ? (await import('./sqlite-adapter.ts')).SqliteAdapter
  : (await import('./memory-adapter.ts')).MemoryAdapter;
// The other servers are measured in between.
const server = createServer({ keepAliveTimeout: 600_000 });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ format: 'jwk' });
const account = 'bench-person';
const person = { sub: account, name: 'Ora Clemens', given_name: 'Ora', family_name: 'Clemens' };

const provider = new OidcProvider(issuer, {
  adapter,
  jwks: {
    keys: ['RS256', 'RS512'].map((alg) => ({ ...key, alg, use: 'sig', kid: `bench-${alg}` })),
  },
  cookies: { keys: ['a-key-of-the-benchmark'] },
  clients: [
    {
      client_id: clientId,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', exchangeType],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS512',
      jwks,
    },
    {
      client_id: secretClient.clientId,
      client_secret: secretClient.clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  clientAuthMethods: ['private_key_jwt', 'client_secret_post'],
  enabledJWA: { clientAuthSigningAlgValues: ['RS512'], idTokenSigningAlgValues: ['RS256'] },
  scopes: ['openid', 'offline_access', 'profile', 'api:read'],
  claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async () => ({
        scope: 'api:read',
        audience: 'https://api.example.test',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS512' } },
      }),
    },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  findAccount: async () => ({ accountId: account, claims: async () => person }),
  interactions: { url: (_: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 3_600, AuthorizationCode: 60, IdToken: 3_600, RefreshToken: 86_400, Session: 86_400 },
});

// As in its documentation for custom grants: verifies the ID token and issues an opaque access token.
const idTokenKey = createPublicKey(privateKey);
provider.registerGrantType(
  exchangeType,
  async (context) => {
    const { client, params } = context.oidc;
    const { payload } = await jwtVerify(String(params?.subject_token), idTokenKey, {
      issuer,
      audience: String(client?.clientId),
      algorithms: ['RS256'],
    });
    const grant = new provider.Grant({ accountId: String(payload.sub), clientId: String(client?.clientId) });
    grant.addOIDCScope('openid');
    const token = new provider.AccessToken({
      accountId: String(payload.sub),
      client,
      gty: exchangeType,
      scope: 'openid',
      grantId: await grant.save(),
      claims: {},
      extra: {},
    });
    const value = await token.save();
    context.body = {
      access_token: value,
      expires_in: token.expiration,
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
  },
  ['subject_token', 'subject_token_type'],
);

const handle = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url?.startsWith('/interaction/')) return handle(request, response);
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: account } });
  const grant = new provider.Grant({ accountId: account, clientId: params.client_id });
  grant.addOIDCScope('openid profile offline_access');
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
});
process.stdout.write(`${issuer}\n`);
