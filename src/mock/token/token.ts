import { type Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { halfHash } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { secretFits } from '../../oauth/applications.ts';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { verifierFits } from '../../oauth/pkce.ts';
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
import type { MockPerson } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { RealmContext } from '../realm-endpoint.ts';
import { type CodeGrant, expiresIn } from '../sessions.ts';

interface TokenRequest extends RealmContext {
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
  assertion: { audience: 'either', needsKid: true, needsJti: true, maxAhead: 3_600 },
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
const authenticate = check(
  'client-authentication',
  async function authenticate(context: TokenRequest): Promise<{ client: MockClient }> {
    const { request, parameters } = context;
    const { client } = await authenticateClient({ server: serverOf(context), request, parameters });
    return { client: client.registration };
  },
);

/** Seconds. */
const idTokenLifetime = 3_600;

interface WithClient extends TokenRequest {
  client: MockClient;
}

interface WithCode extends WithClient {
  code: string;
  grant: CodeGrant;
}

interface WithPerson extends WithCode {
  person: MockPerson;
}

function readForm({ request }: RealmContext): { parameters: Parameters } {
  const parameters = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  if (!parameters) throw errors.requestMalformed('a form was expected');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} was sent more than once`);
  return { parameters };
}

function checkGrantType({ parameters }: TokenRequest): void {
  const type = parameters.get('grant_type');
  if (type === undefined) throw errors.grantMissing('grant_type is missing');
  if (type !== 'authorization_code') throw errors.grantUnsupported(`grant_type is ${type.slice(0, 80)}`);
}

/** Does not use the code up, so that it stays valid after an error in the request. */
const findCode = check('code', async function findCode({ mock, parameters, realm, client }: WithClient) {
  const code = parameters.get('code');
  if (code === undefined) throw errors.codeMissing('code is missing');
  const grant = await mock.sessions.peek(code);
  if (!grant) throw errors.codeInvalid('the code is unknown, expired or already used');
  if (grant.realm !== realm.name || grant.clientId !== client.clientId)
    throw errors.codeInvalid(`the code was issued to ${grant.clientId} at ${grant.realm}`);
  return { code, grant };
});

/** Compares with the authorization request (RFC 6749 section 4.1.3, RFC 7636 section 4.6). */
const checkBinding = check('code-binding', function checkBinding({ parameters, grant }: WithCode): void {
  if (parameters.get('redirect_uri') !== grant.redirectUri)
    throw errors.codeInvalid(`redirect_uri was ${grant.redirectUri}`);
  if (grant.challenge !== null && !verifierFits(parameters.get('code_verifier'), grant.challenge))
    throw errors.verifierInvalid('code_verifier is missing or does not match the challenge');
});

const findPerson = check('user', async function findPerson({ mock, realm, grant }: WithCode): Promise<{
  person: MockPerson;
}> {
  const person = await peopleOf(mock.people, realm.name).find(grant.sub, realm.issuer);
  if (!person) throw errors.codeInvalid('the user no longer exists or is disabled');
  return { person };
});

const spendCode = check('single-use', async function spendCode({ mock, code }: WithCode): Promise<void> {
  if (!(await mock.sessions.spend(code))) throw errors.codeInvalid('the code was used by another request');
});

/** Signs the ID token: RS256, with `kid` and `typ: JWT` in its header (OpenID Connect Core section 2). */
function signIdToken({ mock, realm, grant, person }: WithPerson, accessToken: string): Promise<string> {
  const now = seconds(mock.clock);
  const claims = {
    ...person.idToken,
    iss: realm.issuer,
    sub: person.sub,
    aud: grant.clientId,
    azp: grant.clientId,
    exp: now + idTokenLifetime,
    iat: now,
    auth_time: grant.authTime,
    jti: uuid(),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    at_hash: halfHash(accessToken),
    sid: grant.sid,
  };
  return mock.keys.sign(claims, { algorithm: 'RS256' });
}

async function issueTokens(
  context: WithPerson & Passed<'client-authentication' | 'code' | 'code-binding' | 'user' | 'single-use'>,
): Promise<Answer> {
  const { mock, realm, client, code, grant } = context;
  const accessToken = await mock.sessions.accessToken(grant);
  const idToken = await signIdToken(context, accessToken);
  mock.recorder.record({
    keys: [code, grant.sid, accessToken, idToken],
    from: client.party,
    to: 'cis2',
    name: 'cis2.token',
    detail: { client: client.name, mock: realm.name },
  });
  return json(200, {
    access_token: accessToken,
    expires_in: expiresIn,
    token_type: 'Bearer',
    id_token: idToken,
    'not-before-policy': 0,
    session_state: grant.sid,
    scope: grant.scope,
  });
}

/** `POST .../token`: exchanges a code for an ID token and an access token. */
export const token = steps<RealmContext>('mock.token')
  .step(readForm)
  .step(authenticate)
  .step(checkGrantType)
  .step(findCode)
  .step(checkBinding)
  .step(findPerson)
  .step(spendCode)
  .step(issueTokens);
