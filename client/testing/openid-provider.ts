import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { publicKeySet } from '../keys.ts';
import { rsaKey } from './keys.ts';
import type { TestServer } from './server.ts';
import { serve } from './server.ts';

export interface ProviderOptions {
  /** Claims of every user in addition to the defaults; read for each token. */
  claims?: Record<string, unknown>;
  clients: Record<string, unknown>[];
  configuration?: Record<string, unknown>;
}

/** A running oidc-provider, a third-party OpenID provider. */
export interface TestProvider extends TestServer {
  issuer: string;
  /** Sends a client a back-channel logout token, as at the end of a session. */
  sendLogout(clientId: string, subject: string, sid: string): Promise<unknown>;
}

/** The user of every sign-in, without a page. */
export const SUBJECT = '656005750108';

interface Instance {
  callback(): RequestListener;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ uid: string }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  Grant: new (members: object) => { addOIDCScope(scope: string): void; save(): Promise<string> };
  Client: {
    find(id: string): Promise<{ backchannelLogout(subject: string, sid: string): Promise<unknown> }>;
  };
}

interface GrantContext {
  oidc: { client: { clientId: string }; session: { accountId: string }; params: { scope?: string } };
}

const DEFAULT_CLAIMS = {
  sub: SUBJECT,
  name: 'PERSON Sample Dr',
  authentication_assurance_level: '3',
  id_assurance_level: 3,
  selected_roleid: '',
  nhsid_nrbac_roles: [
    { person_orgid: '1', person_roleid: '555254240100', org_code: 'A9A5A', role_name: '', role_code: '' },
  ],
};

/** Starts oidc-provider in place of CIS2. It signs `SUBJECT` in without a prompt. */
export async function startProvider(options: ProviderOptions): Promise<TestProvider> {
  // The package does not include types.
  const name: string = 'oidc-provider';
  const { Provider } = (await import(name)) as {
    Provider: new (issuer: string, configuration: object) => Instance;
  };
  let instance: Instance | undefined;
  const server = await serve((origin) => {
    instance = new Provider(origin, configurationOf(options));
    return listenerOf(instance);
  }, 'localhost');
  return {
    ...server,
    issuer: server.origin,
    sendLogout: async (clientId, subject, sid) =>
      (await instance?.Client.find(clientId))?.backchannelLogout(subject, sid),
  };
}

function configurationOf(options: ProviderOptions): object {
  const key = rsaKey('b/O6OvVv1+y+WgrH5Ui9WTioLt0=');
  const signing: JWK = { ...key.privateKey, kid: key.kid, use: 'sig' };
  return {
    clients: options.clients,
    jwks: { keys: [signing] },
    cookies: {
      keys: ['test'],
      long: { httpOnly: true, sameSite: 'lax' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    scopes: ['openid', 'nationalrbacaccess', 'selectedrole', 'changedrole', 'offline_access', 'api:read'],
    claims: {
      openid: ['sub', 'authentication_assurance_level', 'id_assurance_level', 'selected_roleid'],
      nationalrbacaccess: ['name', 'nhsid_nrbac_roles'],
      sid: null,
      auth_time: null,
    },
    acrValues: ['AAL3_ANY', 'AAL2_OR_AAL3_ANY'],
    conformIdTokenClaims: false,
    issueRefreshToken: async () => true,
    pkce: {
      required: (_context: unknown, client: { clientAuthMethod: string }) =>
        client.clientAuthMethod === 'none',
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      jwtUserinfo: { enabled: true },
    },
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS512', 'PS256', 'ES256'] },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
      RefreshToken: 43_200,
      Session: 3600,
      Grant: 3600,
      Interaction: 60,
    },
    findAccount: async (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ ...DEFAULT_CLAIMS, ...options.claims }),
    }),
    interactions: {
      url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    loadExistingGrant: async (context: GrantContext & { oidc: { provider: Instance } }) => {
      const { client, session, params, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(params.scope ?? 'openid');
      await grant.save();
      return grant;
    },
    // Without the protection against loopback addresses, which these tests use.
    fetch: (url: string, init: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, { ...init, dispatcher: undefined } as RequestInit),
    ...options.configuration,
  };
}

function listenerOf(provider: Instance): RequestListener {
  const handle = provider.callback();
  return (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response);
    return void provider.interactionFinished(request, response, {
      login: { accountId: SUBJECT, acr: 'AAL3_ANY' },
      consent: {},
    });
  };
}

/** The key set that a client registers for its assertions. */
export function registeredKeys(...keys: Parameters<typeof publicKeySet>[0]): object {
  return publicKeySet(keys);
}
