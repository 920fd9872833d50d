import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** A third-party OpenID provider. It signs in the account that the test sets, without a page. */
export interface OtherProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The account that signs in; null cancels. */
  account: string | null;
  /** `acr` of its ID tokens. */
  acr: string;
  /** The authorization requests of browsers, the latest last. */
  asked: URLSearchParams[];
  /** Starts to serve its one client. The redirect addresses are known only after the client has started. */
  serve(redirectUris: string[], client?: Record<string, unknown>): void;
  stop(): Promise<void>;
}

function providerFor(issuer: string, client: Record<string, unknown>): Provider {
  const provider: Provider = new Provider(issuer, {
    clients: [client],
    cookies: { keys: ['only for tests'] },
    features: { devInteractions: { enabled: false } },
    acrValues: ['second-factor', 'one-factor'],
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email'], acr: null, auth_time: null, iss: null, sid: null },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/login/${uid}` },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@mail.example.test` }),
    }),
    async loadExistingGrant({
      oidc,
    }: {
      oidc: { client: { clientId: string }; session: { accountId: string } };
    }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  } as never);
  return provider;
}

export async function startOtherProvider(): Promise<OtherProvider> {
  let handle: Parameters<typeof createServer>[1];
  const server = createServer((request, response) => handle?.(request, response as never));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ['alongside', 'a secret with +/%: in it, and 32 characters'];
  const other: OtherProvider = {
    issuer,
    clientId,
    clientSecret,
    account: 'ada',
    acr: 'second-factor',
    asked: [],
    serve(redirectUris, more = {}) {
      const client = {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris,
        ...more,
      };
      const provider = providerFor(issuer, client);
      const callback = provider.callback();
      handle = async (request, response) => {
        const [path = '', query] = request.url?.split('?') ?? [];
        if (path === '/auth') other.asked.push(new URLSearchParams(query));
        if (!path.startsWith('/login/')) return callback(request, response as never);
        const result = other.account
          ? { login: { accountId: other.account, acr: other.acr, remember: false } }
          : { error: 'access_denied', error_description: 'the person said no' };
        await provider.interactionFinished(request, response as never, result);
      };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return other;
}
