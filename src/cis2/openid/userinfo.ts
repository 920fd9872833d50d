import { activity } from '@alongside/kernel/activity';
import { Answer, json } from '@alongside/kernel/answer';
import { relativeTime } from '@alongside/kernel/clock';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import { proofAlgorithmsOf } from '../../oauth/dpop.ts';
import { readCertificate } from '../../oauth/mutual-tls.ts';
import { isForm, parseParameters } from '../../oauth/parameters.ts';
import { readProof } from '../../oauth/server/sender-constraint.ts';
import {
  type Confirmation,
  confirmationOf,
  type TokenRecord,
  tokenTypeOf,
} from '../../oauth/token-records.ts';
import { noFault } from '../../storage/faults.ts';
import { tokenErrors } from '../errors/token.ts';
import { userinfoFaults } from '../faults/document-faults.ts';
import { partyOf } from '../model/relying-party.ts';
import { namedInUserinfo } from '../model/token-facts.ts';
import { userinfoClaims } from './claims/claims.ts';
import type { ServerCall, WithRelyingParty } from './server.ts';

type BearerCall = ServerCall & { token: string; record: TokenRecord };

type Scheme = 'bearer' | 'dpop';

const headerForm = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Reads the token from the header, or from the form of a POST; never from the address, and never twice (RFC 6750 section 2). */
function readToken({ request }: ServerCall): { token: string; scheme: Scheme } {
  const header = request.headers.authorization;
  const form =
    request.method === 'POST' && isForm(request.headers['content-type'])
      ? parseParameters(request.body)
      : undefined;
  const posted = form?.all('access_token') ?? [];
  if (posted.length > 1 || (posted.length === 1 && header !== undefined))
    throw tokenErrors.accessTokenTwice('the request has more than one token');
  if (posted[0]) return { token: posted[0], scheme: 'bearer' };
  // RFC 6750 section 3.1: another scheme is no authentication information, so the challenge names no error.
  if (!/^(bearer|dpop)(?: |$)/i.test(header ?? ''))
    throw tokenErrors.accessTokenMissing('there is no Authorization header with Bearer or DPoP');
  const [, scheme, token] = headerForm.exec(header ?? '') ?? [];
  if (scheme === undefined || token === undefined)
    throw tokenErrors.accessTokenInvalid('the Authorization header has not exactly one token');
  return { token, scheme: scheme.toLowerCase() as Scheme };
}

const findToken = check(
  'access-token',
  async function findToken({ token, server: { tokens, issuer, clock } }: ServerCall & { token: string }) {
    const record = await tokens.findAccess(token);
    if (!record || record.issuer !== issuer || record.kind !== 'access')
      throw tokenErrors.accessTokenInvalid('the token is unknown');
    if (!tokens.isLive(record)) {
      activity()?.join({ lasting: record.family });
      throw tokenErrors
        .accessTokenInvalid(record.revokedAt === null ? 'the token has expired' : 'the token was revoked')
        .about({
          field: 'authorization',
          headline: `The access token ${record.revokedAt === null ? 'has expired' : 'was revoked'}`,
          came: `a token that ${record.revokedAt === null ? 'expired' : 'was revoked'} ${relativeTime(((record.revokedAt ?? record.expiresAt) - clock.now()) / 1_000)}`,
          expected: 'a token that is still valid',
        });
    }
    // A refresh may ask for less than was granted.
    if (!record.scope.split(' ').includes('openid'))
      throw tokenErrors.accessTokenScope(`the scope of the token is ${record.scope}`);
    return { record };
  },
);

const findClient = check(
  'client',
  async function findClient({ record, server }: BearerCall): Promise<WithRelyingParty> {
    const found = await server.findClient(record.clientId);
    if (!found) throw tokenErrors.accessTokenInvalid('its client was revoked');
    return found;
  },
);

type SenderCall = BearerCall & WithRelyingParty & { scheme: Scheme };

/** Requires a proof of the key (RFC 9449 section 7) and the certificate (RFC 8705 section 3) that the token is bound to. */
const checkSender = check('sender-constraint', function checkSender(call: SenderCall): void | Promise<void> {
  const { scheme, client, record } = call;
  const confirmation = confirmationOf(record);
  const wanted = tokenTypeOf(confirmation);
  // The challenge names the right scheme.
  if (wanted.toLowerCase() !== scheme)
    throw tokenErrors.accessTokenInvalid(`the scheme is ${scheme}, the token is ${wanted}`, {
      scheme: wanted,
      algs: proofAlgorithmsOf(client.registration.profile).join(' '),
    });
  return confirmation === null ? undefined : checkBinding(call, confirmation);
});

async function checkBinding(
  { server, request, token, client: { registration } }: SenderCall,
  confirmation: Confirmation,
): Promise<void> {
  const algs = { algs: proofAlgorithmsOf(registration.profile).join(' ') };
  if (confirmation.jkt !== undefined) {
    const proof = await readProof(server, request, registration.profile, server.addresses.userinfo, token);
    if (proof && 'fault' in proof && proof.needsNonce)
      throw tokenErrors.resourceNonceNeeded(proof.fault, algs);
    if (!proof || 'fault' in proof)
      throw tokenErrors.resourceProofInvalid(proof ? proof.fault : 'there is no DPoP header', algs);
    if (proof.jkt !== confirmation.jkt)
      throw tokenErrors.accessTokenInvalid(
        `it is bound to ${confirmation.jkt}, proven is ${proof.jkt}`,
        algs,
      );
  }
  const bound = confirmation['x5t#S256'];
  const thumbprint = readCertificate(request.certificate)?.thumbprint;
  if (bound !== undefined && bound !== thumbprint)
    throw tokenErrors.accessTokenInvalid(
      `it is bound to the certificate ${bound}, the connection has ${thumbprint ?? 'none'}`,
    );
}

const findPerson = check('user', async function findPerson({ record, server: { cis } }: BearerCall) {
  const person = record.uid === null ? undefined : await cis.person(record.uid);
  if (!person || person.disabled) throw tokenErrors.accessTokenInvalid('its user is gone or disabled');
  return { person };
});

const claimsFor = (person: Person, record: TokenRecord, asNumbers: boolean): Record<string, unknown> =>
  userinfoClaims(person, {
    scope: record.scope.split(' '),
    names: namedInUserinfo(record),
    roleId: record.attributes.selected_roleid ?? null,
    asNumbers,
  });

/** Maximum number of cached responses about one person. */
const mostAnswers = 20;

/** The unsigned responses about each person. A person who changed is another object. */
const answers = new WeakMap<Person, Map<string, Answer>>();

/** Returns the unsigned response. All that it depends on, besides the person, is in its key. */
function unsignedAnswer(person: Person, record: TokenRecord, asNumbers: boolean): Answer {
  const { claims = '', selected_roleid: role = '' } = record.attributes;
  const key = `${asNumbers}\n${record.scope}\n${claims}\n${role}`;
  const known = answers.get(person) ?? new Map<string, Answer>();
  const answer = known.get(key) ?? json(200, claimsFor(person, record, asNumbers));
  if (known.size >= mostAnswers) known.clear();
  known.set(key, answer);
  answers.set(person, known);
  return answer;
}

type Checked = Passed<'access-token' | 'client' | 'sender-constraint' | 'user'>;

async function answerClaims(
  call: BearerCall & WithRelyingParty & { person: Person } & Checked,
): Promise<Answer> {
  const { record, person, client, server } = call;
  const { issuer, keys, recorder, urls, faults, idTokens } = server;
  const { application, registration } = client;
  const { assuranceAsNumbers } = idTokens;
  const active = (await faults?.happening(userinfoFaults)) ?? noFault;
  recorder.record({
    lasting: record.family,
    from: partyOf(registration, urls),
    to: 'cis2',
    name: 'cis2.userinfo',
    detail: { client: application.name, scope: record.scope },
  });
  const algorithm = registration.userinfoSigningAlg;
  if (algorithm === null && active.length === 0) return unsignedAnswer(person, record, assuranceAsNumbers);
  const right = claimsFor(person, record, assuranceAsNumbers);
  const claims = active.reduce((before, fault) => fault.spoil(before), right);
  if (algorithm === null) return json(200, claims);
  // The published signed response omits the audience that OpenID Connect Core section 5.3.2 requires.
  const audience = registration.profile === 'nhs' ? {} : { aud: registration.clientId };
  const jwt = await keys.sign({ ...claims, iss: issuer, ...audience }, { algorithm });
  return new Answer(200, { 'content-type': 'application/jwt', 'cache-control': 'no-store' }, jwt);
}

/** `GET` and `POST /userinfo` (OpenID Connect Core section 5.3). */
export const userinfo = steps<ServerCall>('cis2.userinfo')
  .step(readToken)
  .step(findToken)
  .step(findClient)
  .step(checkSender)
  .step(findPerson)
  .step(answerClaims);
