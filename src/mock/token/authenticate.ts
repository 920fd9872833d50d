import { check } from '@alongside/kernel/steps';
import { secretFits } from '../../oauth/applications.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { secretBasic, secretPost } from '../../oauth/server/client-authentication/client-secret.ts';
import type {
  AuthenticationServer,
  ClientAuthenticationMethod,
} from '../../oauth/server/client-authentication/method.ts';
import { privateKeyJwt } from '../../oauth/server/client-authentication/private-key-jwt.ts';
import type { AuthenticationRules } from '../../oauth/server/profile.ts';
import type { MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { RealmContext } from '../realm-endpoint.ts';

/** A request to the token endpoint of a realm. */
export interface TokenRequest extends RealmContext {
  parameters: Parameters;
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
  read({ request }) {
    const { clientId, secret = '' } = readBasic(request.headers.authorization) ?? {};
    return {
      clientId,
      verify: ({ registration }, { clock }) =>
        secretFits(registration, secret, clock.now())
          ? undefined
          : `the secret is not one of ${registration.clientId}`,
    };
  },
};

/** The first method that a request uses applies, whatever the client registered. */
const methods: readonly ClientAuthenticationMethod[] = [
  privateKeyJwt('ignored'),
  lenientBasic,
  secretPost,
].map((method) => ({ ...method, ids: registrable, place: 'connection' }));

type MockServer = AuthenticationServer<{ readonly client: { readonly registration: MockClient } }>;

const serverOf = ({ mock, realm }: RealmContext): MockServer => ({
  clock: mock.clock,
  singleUse: mock.singleUse,
  clientKeys: mock.clientKeys,
  failures: mock.failures,
  issuer: realm.issuer,
  addresses: { token: [realm.endpoints.token] },
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
    const registration = await mock.clients.find(clientId);
    return registration && { client: { registration } };
  },
  certificateSubjectOf: () => ({}),
  clientAuthorities: [],
  clientRevocations: undefined,
});

/** Authenticates the client by a secret, in the form or the header, or by a signed assertion. */
export const authenticate = check(
  'client-authentication',
  async function authenticate(context: TokenRequest): Promise<{ client: MockClient }> {
    const { request, parameters } = context;
    const { client } = await authenticateClient({ server: serverOf(context), request, parameters });
    return { client: client.registration };
  },
);
