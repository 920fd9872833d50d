import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { newAuthority, type TestCertificate } from '../../src/oauth/testing/certificates.ts';
import {
  assertion,
  assertionForm,
  basic,
  codeForm,
  defaultSecrets,
  type Form,
  type Headers,
  type Key,
  mutualTlsUrl,
  newKey,
  post,
  type Registration,
  type Reply,
  type Server,
  secret,
  startServers,
} from './servers.ts';

let servers: readonly Server[];
let authority: TestCertificate;
let issued: TestCertificate;
let own: TestCertificate;
let keys: Record<'ec' | 'rsa' | 'stranger', Key>;
before(async () => {
  ({ servers, authority } = await startServers());
  const clock = servers[0]?.clock as Server['clock'];
  const [ec, rsa, stranger] = await Promise.all([newKey('ec'), newKey('rsa', 'RS512'), newKey('ec')]);
  keys = { ec, rsa, stranger };
  issued = await authority.issue({ subject: [['CN', 'client']] });
  own = await newAuthority(clock.now());
});
after(() => Promise.all(servers.map((server) => server.stop())));

interface Outcome {
  status: number;
  error: string;
  description: string;
  challenge?: string;
}

/** An unknown code is refused after the client was authenticated. */
const authenticated: Outcome = {
  status: 400,
  error: 'invalid_grant',
  description: 'The authorization code is not valid.',
};
const refused = (server: Server, byAssertion = false): Outcome => ({
  status: 401,
  error: 'invalid_client',
  description:
    server.name === '/oauth2.1'
      ? 'Client authentication failed.'
      : byAssertion
        ? 'JWT is not valid'
        : 'Client authentication failed',
});
const severalMethods: Outcome = {
  status: 400,
  error: 'invalid_request',
  description: 'Use exactly one way of client authentication.',
};

function outcomeOf({ status, body, headers }: Reply): Outcome {
  const challenge = headers['www-authenticate'];
  return {
    status,
    error: body.error,
    description: body.error_description,
    ...(challenge === undefined ? {} : { challenge }),
  };
}

const authenticate = async (server: Server, form: Form, headers: Headers = {}): Promise<Outcome> =>
  outcomeOf(await server.post('token', { ...codeForm('x'.repeat(43)), ...form }, headers));

/** The authentication of a request, and the expected response. */
interface Row {
  name: string;
  registration?: () => Registration;
  form?: (clientId: string, server: Server) => Form | Promise<Form>;
  headers?: (clientId: string, server: Server) => Headers;
  outcome: (server: Server) => Outcome;
}

const byKey = (): Registration => ({
  method: 'private_key_jwt',
  secrets: [],
  keys: [keys.ec.jwk, keys.rsa.jwk],
});
const issuedTo = (): Registration => ({
  method: 'tls_client_auth',
  subject: { tls_client_auth_subject_dn: 'CN=client' },
});
const selfSigned = (): Registration => ({ method: 'self_signed_tls_client_auth', keys: [own.jwk] });
const publicClient = (): Registration => ({ method: 'none', secrets: [] });
const named = (clientId: string): Form => ({ client_id: clientId });
const now = ({ clock }: Server) => seconds(clock);
const anyway = () => authenticated;
/** A client of the fapi2 profile that is authenticated needs a proof next. */
const unproven = ({ name }: Server): Outcome => ({
  status: 400,
  error: 'invalid_dpop_proof',
  description: `The DPoP proof is ${name === 'CIS2' ? '' : 'missing or '}not valid.`,
});
const never = (server: Server) => refused(server);
/** Each server answers HTTP Basic with its own challenge (RFC 6749 section 5.2). */
const challenged = (server: Server): Outcome => ({
  ...refused(server),
  challenge: server.name === 'CIS2' ? 'Basic realm="cis2", charset="UTF-8"' : 'Basic realm="token"',
});

const secrets: Row[] = [
  { name: 'accepts client_secret_post', form: post, outcome: anyway },
  {
    name: 'accepts client_secret_basic',
    registration: () => ({ method: 'client_secret_basic' }),
    headers: (id) => basic(id, secret),
    outcome: anyway,
  },
  {
    name: 'accepts client_secret_basic with the same client_id in the form',
    registration: () => ({ method: 'client_secret_basic' }),
    form: named,
    headers: (id) => basic(id, secret),
    outcome: anyway,
  },
  { name: 'refuses a wrong secret', form: (id) => ({ ...post(id), client_secret: 'wrong' }), outcome: never },
  { name: 'refuses an empty secret', form: (id) => ({ ...post(id), client_secret: '' }), outcome: never },
  {
    name: 'refuses an expired secret',
    registration: () => ({ secrets: [{ hash: sha256(secret), createdAt: 0, expiresAt: 1 }] }),
    form: post,
    outcome: never,
  },
  {
    name: 'refuses an unknown client',
    form: () => ({ client_id: 'nobody', client_secret: secret }),
    outcome: never,
  },
  { name: 'refuses a secret without client_id', form: () => ({ client_secret: secret }), outcome: never },
  { name: 'refuses a request without any client', outcome: never },
  {
    name: 'refuses a wrong secret by Basic, with a challenge',
    registration: () => ({ method: 'client_secret_basic' }),
    headers: (id) => basic(id, 'wrong'),
    outcome: challenged,
  },
  {
    name: 'refuses Basic that cannot be read, with a challenge',
    registration: () => ({ method: 'client_secret_basic' }),
    headers: () => ({ authorization: 'Basic eDp5====' }),
    outcome: challenged,
  },
  {
    name: 'accepts Basic for a client that registered client_secret_post',
    headers: (id) => basic(id, secret),
    outcome: anyway,
  },
  {
    name: 'accepts the form for a client that registered client_secret_basic',
    registration: () => ({ method: 'client_secret_basic' }),
    form: post,
    outcome: anyway,
  },
  {
    name: 'refuses the secret in header and form at once',
    form: post,
    headers: (id) => basic(id, secret),
    outcome: () => severalMethods,
  },
  {
    name: 'refuses Basic for a client that registered a key',
    registration: () => ({ ...byKey(), secrets: defaultSecrets }),
    headers: (id) => basic(id, secret),
    outcome: challenged,
  },
  {
    name: 'refuses the form for a client that registered a key',
    registration: () => ({ ...byKey(), secrets: defaultSecrets }),
    form: post,
    outcome: never,
  },
  {
    name: 'refuses Basic for a public client with a secret',
    registration: () => ({ method: 'none' }),
    headers: (id) => basic(id, secret),
    outcome: challenged,
  },
  {
    name: 'refuses Basic with another client_id in the form',
    registration: () => ({ method: 'client_secret_basic' }),
    form: () => ({ client_id: 'another' }),
    headers: (id) => basic(id, secret),
    outcome: challenged,
  },
  {
    name: 'refuses another scheme of the header',
    registration: () => ({ method: 'client_secret_basic' }),
    headers: () => ({ authorization: 'Bearer x' }),
    outcome: (server) => (server.name === 'CIS2' ? refused(server) : challenged(server)),
  },
  {
    name: 'refuses two methods before it looks for the client',
    form: () => ({ client_id: 'nobody', client_secret: 'x' }),
    headers: () => basic('nobody', 'x'),
    outcome: () => severalMethods,
  },
  {
    name: 'ignores an empty secret besides Basic',
    registration: () => ({ method: 'client_secret_basic' }),
    form: (id) => ({ ...named(id), client_secret: '' }),
    headers: (id) => basic(id, secret),
    outcome: anyway,
  },
  {
    name: 'refuses a secret besides an assertion',
    registration: byKey,
    form: async (id, server) => ({ ...assertionForm(await assertion(server, id, keys.ec)), ...post(id) }),
    outcome: () => severalMethods,
  },
  {
    name: 'refuses a secret of a fapi2 client',
    registration: () => ({ profile: 'fapi2' }),
    form: post,
    outcome: never,
  },
];

const publicClients: Row[] = [
  { name: 'accepts a public client by its name', registration: publicClient, form: named, outcome: anyway },
  {
    name: 'accepts a public client with an empty secret',
    registration: publicClient,
    form: (id) => ({ ...named(id), client_secret: '' }),
    outcome: anyway,
  },
  { name: 'refuses a confidential client by its name', form: named, outcome: never },
  { name: 'refuses a secret of a public client', registration: publicClient, form: post, outcome: never },
  {
    name: 'refuses a public client of the fapi2 profile',
    registration: () => ({ ...publicClient(), profile: 'fapi2' }),
    form: named,
    outcome: never,
  },
  {
    name: 'takes a certificate of a public client for authentication at CIS2, for a binding at /oauth2.1',
    registration: publicClient,
    form: named,
    headers: () => own.header,
    outcome: (server) => (server.name === 'CIS2' ? refused(server) : authenticated),
  },
  {
    name: 'takes client_assertion_type alone for a second method at CIS2, ignores it at /oauth2.1',
    registration: publicClient,
    form: (id) => ({ ...named(id), client_assertion_type: 'x' }),
    outcome: (server) => (server.name === 'CIS2' ? severalMethods : authenticated),
  },
];

/** Sends an assertion with changed claims or header members. */
const forged = (
  name: string,
  claims: (server: Server) => object,
  header: object = {},
  key: () => Key = () => keys.ec,
): Row => ({
  name: `refuses an assertion ${name}`,
  registration: byKey,
  form: async (id, server) =>
    assertionForm(await assertion(server, id, key(), claims(server) as Record<string, unknown>, header)),
  outcome: (server) => refused(server, true),
});
const fitting = (
  name: string,
  claims: (server: Server) => object,
  header: object = {},
  key = () => keys.ec,
): Row => ({
  ...forged(name, claims, header, key),
  name: `accepts an assertion ${name}`,
  outcome: anyway,
});
const same = () => ({});

const assertions: Row[] = [
  fitting('for the issuer', same),
  fitting('by RS512', same, {}, () => keys.rsa),
  fitting('with the type of RFC 7523bis', same, { typ: 'client-authentication+jwt' }),
  fitting('without kid, when one registered key fits', same, { kid: undefined }),
  fitting('that expired 8 s ago', (server) => ({ exp: now(server) - 8 })),
  fitting('that expires in an hour and 8 s', (server) => ({ exp: now(server) + 3_608 })),
  fitting('for the token endpoint', (server) => ({ aud: server.addressOf('token') })),
  fitting('for the token endpoint by its address for certificates', (server) => ({
    aud: `${mutualTlsUrl}${new URL(server.addressOf('token')).pathname}`,
  })),
  fitting('for the endpoint of pushed requests', (server) => ({ aud: server.addressOf('pushed') })),
  fitting('without jti', () => ({ jti: undefined })),
  fitting('for the issuer in a list of one', (server) => ({ aud: [server.issuer] })),
  fitting('for the token endpoint in a list of one', (server) => ({ aud: [server.addressOf('token')] })),
  fitting('for the issuer and the token endpoint in a list', (server) => ({
    aud: [server.issuer, server.addressOf('token')],
  })),
  fitting('with nbf 8 s ahead', (server) => ({ nbf: now(server) + 8 })),
  {
    ...fitting('with its client_id', same),
    form: async (id, server) => ({ ...named(id), ...assertionForm(await assertion(server, id, keys.ec)) }),
  },
  forged('for two audiences', (server) => ({ aud: [server.issuer, 'https://elsewhere.example.test'] })),
  forged('for the issuer twice', (server) => ({ aud: [server.issuer, server.issuer] })),
  forged('for an empty list', () => ({ aud: [] })),
  forged('for the issuer in a list in a list', (server) => ({ aud: [[server.issuer]] })),
  forged('for another endpoint', (server) => ({ aud: server.addressOf('revocation') })),
  forged('for nobody', () => ({ aud: undefined })),
  forged('with another iss', () => ({ iss: 'x' })),
  forged('without sub', () => ({ sub: undefined })),
  forged('of an unknown client', () => ({ iss: 'x', sub: 'x' })),
  forged('without exp', () => ({ exp: undefined })),
  forged('with exp as a string', (server) => ({ exp: `${now(server) + 60}` })),
  forged('that expired 10 s ago', (server) => ({ exp: now(server) - 10 })),
  forged('that expires in an hour and 11 s', (server) => ({ exp: now(server) + 3_611 })),
  forged('with nbf 61 s ahead', (server) => ({ nbf: now(server) + 61 })),
  forged('with iat 30 s ahead', (server) => ({ iat: now(server) + 30 })),
  forged('with a number as jti', () => ({ jti: 7 })),
  forged('with a jti of 257 characters', () => ({ jti: 'x'.repeat(257) })),
  forged('of another type', same, { typ: 'at+jwt' }),
  forged('with an unknown kid', same, { kid: 'x' }),
  forged('with the kid of another kind of key', same, { kid: 'rsa' }),
  forged('with a critical header', same, { crit: ['x'] }),
  forged('by a stranger’s key of the same kid', same, {}, () => keys.stranger),
  {
    ...forged('by another algorithm than the registered one', same, {}, () => keys.rsa),
    registration: () => ({ ...byKey(), signingAlg: 'ES256' }),
  },
  {
    ...forged('of a client that registered a secret', same),
    registration: () => ({ keys: [keys.ec.jwk] }),
  },
  {
    ...forged('with another client_id', same),
    form: async (id, server) => ({ client_id: 'x', ...assertionForm(await assertion(server, id, keys.ec)) }),
  },
  {
    ...forged('of another assertion type', same),
    form: async (id, server) => ({
      client_assertion: await assertion(server, id, keys.ec),
      client_assertion_type: 'x',
    }),
  },
  { ...forged('that is empty', same), form: () => assertionForm('') },
  {
    ...forged('that is unsigned', same),
    form: async (id, server) => {
      const [, claims] = (await assertion(server, id, keys.ec)).split('.');
      return assertionForm(`${Buffer.from('{"alg":"none","kid":"ec"}').toString('base64url')}.${claims}.`);
    },
  },
  ...[
    fitting('for the issuer, of a fapi2 client', same),
    fitting('that expires in 308 s, of a fapi2 client', (server) => ({ exp: now(server) + 308 })),
    forged('that expires in 311 s, of a fapi2 client', (server) => ({ exp: now(server) + 311 })),
    forged('without jti, of a fapi2 client', () => ({ jti: undefined })),
    forged('by RS512, of a fapi2 client', same, {}, () => keys.rsa),
    forged('for a list of one, of a fapi2 client', (server) => ({ aud: [server.issuer] })),
    forged('for the issuer and the token endpoint in a list, of a fapi2 client', (server) => ({
      aud: [server.issuer, server.addressOf('token')],
    })),
    forged('for the token endpoint, of a fapi2 client', (server) => ({ aud: server.addressOf('token') })),
    forged('for the endpoint of pushed requests, of a fapi2 client', (server) => ({
      aud: server.addressOf('pushed'),
    })),
  ].map((row) => ({
    ...row,
    registration: () => ({ ...byKey(), profile: 'fapi2' as const }),
    outcome: row.outcome === anyway ? unproven : row.outcome,
  })),
];

const certificates: Row[] = [
  {
    name: 'accepts tls_client_auth by a certificate of the authority',
    registration: issuedTo,
    form: named,
    headers: () => issued.header,
    outcome: anyway,
  },
  {
    name: 'accepts self_signed_tls_client_auth by a registered certificate',
    registration: selfSigned,
    form: named,
    headers: () => own.header,
    outcome: anyway,
  },
  {
    name: 'refuses tls_client_auth without a certificate',
    registration: issuedTo,
    form: named,
    outcome: never,
  },
  {
    name: 'refuses self_signed_tls_client_auth without a certificate',
    registration: selfSigned,
    form: named,
    outcome: never,
  },
  {
    name: 'refuses tls_client_auth by a self-signed certificate',
    registration: issuedTo,
    form: named,
    headers: () => own.header,
    outcome: never,
  },
  {
    name: 'refuses tls_client_auth for another subject',
    registration: () => ({ ...issuedTo(), subject: { tls_client_auth_subject_dn: 'CN=another' } }),
    form: named,
    headers: () => issued.header,
    outcome: never,
  },
  {
    name: 'refuses self_signed_tls_client_auth by an unregistered certificate',
    registration: selfSigned,
    form: named,
    headers: () => issued.header,
    outcome: never,
  },
  {
    name: 'refuses a certificate of a client that registered a secret',
    form: named,
    headers: () => issued.header,
    outcome: never,
  },
  {
    name: 'refuses a secret of a client that registered a certificate',
    registration: issuedTo,
    form: post,
    headers: () => issued.header,
    outcome: never,
  },
  {
    name: 'ignores a certificate besides a secret',
    form: post,
    headers: () => issued.header,
    outcome: anyway,
  },
];

for (const [topic, rows] of Object.entries({ secrets, publicClients, assertions, certificates }))
  describe(`client authentication at CIS2 and /oauth2.1: ${topic}`, () => {
    for (const { name, registration = () => ({}), form = () => ({}), headers = () => ({}), outcome } of rows)
      test(name, async () => {
        for (const server of servers) {
          const clientId = await server.register(registration());
          const answer = await authenticate(server, await form(clientId, server), headers(clientId, server));
          assert.deepEqual(answer, outcome(server), server.name);
        }
      });
  });

describe('the jti of a client assertion at CIS2 and /oauth2.1', () => {
  const ask = async (server: Server, clientId: string, claims: Record<string, unknown>, key = keys.ec) =>
    authenticate(server, assertionForm(await assertion(server, clientId, key, claims)));

  test('counts once, for each client by itself', async () => {
    for (const server of servers) {
      const jti = uuid();
      const [one, two] = [await server.register(byKey()), await server.register(byKey())];
      assert.deepEqual(await ask(server, one, { jti }), authenticated, server.name);
      assert.deepEqual(await ask(server, one, { jti }), refused(server, true), server.name);
      assert.deepEqual(await ask(server, two, { jti }), authenticated, server.name);
    }
  });

  test('is replaced by the assertion itself, which counts once, where it is missing', async () => {
    for (const server of servers) {
      const clientId = await server.register(byKey());
      const jwt = await assertion(server, clientId, keys.ec, { jti: undefined });
      const [header, claims, signature = ''] = jwt.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      // The other valid signature of the same text: s is replaced by n - s.
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
      const other = Buffer.concat([
        bytes.subarray(0, 32),
        Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
      ]);
      const again = `${header}.${claims}.${other.toString('base64url')}`;
      assert.deepEqual(await authenticate(server, assertionForm(jwt)), authenticated, server.name);
      for (const repeated of [jwt, again])
        assert.deepEqual(
          await authenticate(server, assertionForm(repeated)),
          refused(server, true),
          server.name,
        );
      const later = await assertion(server, clientId, keys.ec, { jti: undefined, iat: now(server) - 1 });
      assert.deepEqual(await authenticate(server, assertionForm(later)), authenticated, server.name);
    }
  });

  test('is not used up by a refused assertion', async () => {
    for (const server of servers) {
      const jti = uuid();
      const clientId = await server.register(byKey());
      assert.deepEqual(await ask(server, clientId, { jti, aud: 'x' }), refused(server, true), server.name);
      assert.deepEqual(
        await ask(server, clientId, { jti }, keys.stranger),
        refused(server, true),
        server.name,
      );
      assert.deepEqual(await ask(server, clientId, { jti }), authenticated, server.name);
    }
  });

  test('lets one of ten simultaneous requests pass', async () => {
    for (const server of servers) {
      const clientId = await server.register(byKey());
      const form = assertionForm(await assertion(server, clientId, keys.ec));
      const answers = await Promise.all(Array.from({ length: 10 }, () => authenticate(server, form)));
      assert.equal(answers.filter(({ status }) => status === 400).length, 1, server.name);
      assert.equal(answers.filter(({ status }) => status === 401).length, 9, server.name);
    }
  });
});

test('every endpoint of CIS2 and /oauth2.1 authenticates clients in the same way', async () => {
  for (const server of servers)
    for (const endpoint of ['pushed', 'revocation', 'introspection'] as const) {
      const clientId = await server.register(byKey());
      const jwt = await assertion(server, clientId, keys.ec);
      const where = `${server.name} ${endpoint}`;
      const ask = (form: Form, headers?: Headers) => server.post(endpoint, { token: 'x', ...form }, headers);
      assert.notEqual((await ask(assertionForm(jwt))).status, 401, where);
      assert.deepEqual(outcomeOf(await ask(assertionForm(jwt))), refused(server, true), where);
      assert.deepEqual(outcomeOf(await ask({}, basic(clientId, 'x'))), challenged(server), where);
      assert.deepEqual(outcomeOf(await ask(post(clientId), basic(clientId, 'x'))), severalMethods, where);
    }
});
