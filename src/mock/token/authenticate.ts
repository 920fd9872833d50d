import type { Clock } from '@alongside/kernel/clock';
import { secretFits } from '../../oauth/applications.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import type {
  AuthenticationServer,
  ClientAuthenticationMethod,
} from '../../oauth/server/client-authentication/method.ts';
import { privateKeyJwt } from '../../oauth/server/client-authentication/private-key-jwt.ts';
import { secretBasic } from '../../oauth/server/client-authentication/secret-basic.ts';
import { secretPost } from '../../oauth/server/client-authentication/secret-post.ts';
import type { AuthenticationRules } from '../../oauth/server/profile.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Clients, MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { Realm } from '../realms.ts';
import type { TokenRequest } from './request.ts';

interface MockAuthentication {
  clients: Clients;
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
  /** Client authentication that failed, by network. */
  failures: NetworkLimit;
}

const registrable = [
  'none',
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];

/** A provider for citizens accepts assertions for an hour, for its issuer or its token endpoint. */
const rules: AuthenticationRules = {
  authenticationMethods: registrable,
  algorithms: ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'],
  assertion: { audience: 'either', needsKid: true, longestAhead: 3_600 },
};

/** Reads HTTP Basic leniently: base64 need not be canonical. Undefined when it cannot be read. */
function readBasic(header: string | undefined): { clientId: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  try {
    return { clientId: decode(pair.slice(0, colon)), secret: decode(pair.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

const lenientBasic: ClientAuthenticationMethod = {
  ...secretBasic,
  isUsed: ({ request }) => readBasic(request.headers.authorization) !== undefined,
  claimedClient: ({ request }) => readBasic(request.headers.authorization)?.clientId,
  async verify({ request }, { registration }, { clock }) {
    const secret = readBasic(request.headers.authorization)?.secret ?? '';
    return secretFits(registration, secret, clock.now())
      ? undefined
      : `the secret is not one of ${registration.clientId}`;
  },
};

/** The first method of a request counts, whatever the client registered. */
const methods: readonly ClientAuthenticationMethod[] = [
  privateKeyJwt('ignored'),
  lenientBasic,
  secretPost,
].map((method) => ({ ...method, ids: registrable, place: 'connection' }));

type MockServer = AuthenticationServer<{ readonly client: { readonly registration: MockClient } }>;

const serverOf = ({ clients, ...stores }: MockAuthentication, { issuer, endpoints }: Realm): MockServer => ({
  ...stores,
  issuer,
  addresses: { token: [endpoints.token] },
  profiles: { nhs: rules, standard: rules, fapi2: rules },
  errors: {
    clientUnauthenticated: errors.clientUnauthenticated,
    assertionInvalid: errors.clientUnauthenticated,
    clientMethods: errors.clientUnauthenticated,
    networkBusy: errors.networkBusy,
  },
  methods,
  assertionJtiKind: 'mock-assertion',
  async findClient(clientId) {
    const registration = await clients.find(clientId);
    return registration && { client: { registration } };
  },
  certificateSubjectOf: () => ({}),
  clientAuthorities: [],
  clientRevocations: undefined,
});

/** Authenticates the client by a secret, in the form or the header, or by a signed assertion. */
export const authenticate = (mock: MockAuthentication) =>
  async function authenticate(known: TokenRequest): Promise<{ client: MockClient }> {
    const { request, parameters, realm } = known;
    const { client } = await authenticateClient({ server: serverOf(mock, realm), request, parameters });
    return { client: client.registration };
  };
