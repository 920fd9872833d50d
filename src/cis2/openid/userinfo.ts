import { Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import { steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { Applications } from '../../oauth/applications.ts';
import { confirmationOf, tokenTypeOf } from '../../oauth/confirmation.ts';
import { proofAlgorithmsOf } from '../../oauth/dpop.ts';
import type { ProofNonces } from '../../oauth/dpop-nonce.ts';
import { readCertificate } from '../../oauth/mutual-tls.ts';
import { isForm, parseParameters } from '../../oauth/parameters.ts';
import { readProof } from '../../oauth/server/sender-constraint.ts';
import type { Addresses } from '../../oauth/server/server.ts';
import type { TokenRecord, Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import type { Faults } from '../../storage/faults.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { tokenErrors } from '../errors/token.ts';
import { userinfoFaults } from '../faults/userinfo-faults.ts';
import type { CisClient } from '../model/cis-client.ts';
import { findRelyingParty, partyOf, type RelyingParty } from '../model/relying-party.ts';
import { namedInUserinfo } from '../model/token-facts.ts';
import { userinfoClaims } from './claims/person.ts';

interface Parts {
  issuer: string;
  applications: Applications;
  tokens: Tokens;
  keys: SigningKeys;
  cis: CisClient;
  recorder: Recorder;
  urls: Urls;
  assuranceAsNumbers: boolean;
  /** Of this endpoint. */
  addresses: Addresses;
  clock: Clock;
  singleUse: SingleUse;
  proofNonces: ProofNonces | undefined;
  faults?: Faults | undefined;
}

interface Bearer {
  token: string;
  record: TokenRecord;
}

type Scheme = 'bearer' | 'dpop';

const headerForm = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/** In the header, or in the form of a POST; never in the address, never twice (RFC 6750 section 2). */
async function readToken({ request }: { request: HttpRequest }): Promise<{ token: string; scheme: Scheme }> {
  const header = request.headers.authorization;
  const form =
    request.method === 'POST' && isForm(request.headers['content-type'])
      ? parseParameters(request.body)
      : undefined;
  const posted = form?.all('access_token') ?? [];
  if (posted.length > 1 || (posted.length === 1 && header !== undefined))
    throw tokenErrors.accessTokenTwice('it came more than once');
  if (posted[0]) return { token: posted[0], scheme: 'bearer' };
  if (header === undefined) throw tokenErrors.accessTokenMissing('there is no Authorization header');
  const [, scheme, token] = headerForm.exec(header) ?? [];
  if (scheme === undefined || token === undefined)
    throw tokenErrors.accessTokenInvalid('the Authorization header is no Bearer or DPoP one');
  return { token, scheme: scheme.toLowerCase() as Scheme };
}

const findToken = ({ tokens, issuer }: Parts) =>
  async function findToken({ token }: { token: string }): Promise<{ record: TokenRecord }> {
    const record = await tokens.find(token);
    if (!record || record.issuer !== issuer || record.kind !== 'access')
      throw tokenErrors.accessTokenInvalid('it is not known');
    if (!tokens.isLive(record))
      throw tokenErrors.accessTokenInvalid(record.revokedAt === null ? 'it has run out' : 'it was revoked');
    // A refresh may ask for less than it was granted.
    if (!record.scope.split(' ').includes('openid'))
      throw tokenErrors.accessTokenScope(`the scope of the token is ${record.scope}`);
    return { record };
  };

/** A bound token comes with what it is bound to: the proof of its key (RFC 9449 section 7), the certificate (RFC 8705 section 3). */
const checkSender = (parts: Parts) =>
  async function checkSender({
    request,
    token,
    scheme,
    record,
    client: { registration },
  }: Bearer & { request: HttpRequest; scheme: Scheme; client: RelyingParty }): Promise<void> {
    const confirmation = confirmationOf(record);
    const wanted = tokenTypeOf(confirmation);
    const algs = { algs: proofAlgorithmsOf(registration.profile).join(' ') };
    // The challenge names the scheme that would be right.
    if (wanted.toLowerCase() !== scheme)
      throw tokenErrors.accessTokenInvalid(`a ${wanted} token came by the scheme ${scheme}`, {
        scheme: wanted,
        ...algs,
      });
    if (confirmation?.jkt !== undefined) {
      const proof = await readProof(parts, request, registration.profile, parts.addresses, token);
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
    const bound = confirmation?.['x5t#S256'];
    const thumbprint = readCertificate(request.certificate)?.thumbprint;
    if (bound !== undefined && bound !== thumbprint)
      throw tokenErrors.accessTokenInvalid(
        `it is bound to the certificate ${bound}, ${thumbprint ?? 'none'} came`,
      );
  };

const findParty = ({ applications }: Parts) =>
  async function findParty({ record }: Bearer): Promise<{ client: RelyingParty }> {
    const client = await findRelyingParty(applications, record.clientId);
    if (!client) throw tokenErrors.accessTokenInvalid('its client was revoked');
    return { client };
  };

const findPerson = ({ cis }: Parts) =>
  async function findPerson({ record }: Bearer): Promise<{ person: Person }> {
    const person = record.uid === null ? undefined : await cis.person(record.uid);
    if (!person || person.disabled) throw tokenErrors.accessTokenInvalid('its person is gone or disabled');
    return { person };
  };

const answerClaims = ({ issuer, keys, recorder, urls, assuranceAsNumbers, faults }: Parts) =>
  async function answerClaims({
    token,
    record,
    client,
    person,
  }: Bearer & { client: RelyingParty; person: Person }): Promise<Answer> {
    const { registration, application } = client;
    const right = userinfoClaims(person, {
      scope: record.scope.split(' '),
      names: namedInUserinfo(record),
      roleId: record.attributes.selected_roleid ?? null,
      asNumbers: assuranceAsNumbers,
    });
    const happening = (await faults?.happening(userinfoFaults)) ?? [];
    const claims = happening.reduce((before, fault) => fault.spoil(before), right);
    recorder.record({
      keys: [token],
      from: partyOf(registration, urls),
      to: 'cis2',
      name: 'cis2.userinfo',
      detail: { client: application.name, scope: record.scope },
    });
    const algorithm = registration.userinfoSigningAlg;
    if (algorithm === null) return json(200, claims);
    // The published signed answer has no audience; OpenID Connect Core section 5.3.2 wants one.
    const audience = registration.profile === 'nhs' ? {} : { aud: registration.clientId };
    const jwt = await keys.sign({ ...claims, iss: issuer, ...audience }, { algorithm });
    return new Answer(200, { 'content-type': 'application/jwt', 'cache-control': 'no-store' }, jwt);
  };

/** `GET` and `POST /userinfo` (OpenID Connect Core section 5.3). */
export function createUserinfo(parts: Parts): Endpoint {
  const list = steps<{ request: HttpRequest }>()
    .step(readToken)
    .step(findToken(parts))
    .step(findParty(parts))
    .step(checkSender(parts))
    .step(findPerson(parts))
    .step(answerClaims(parts));
  return (request) => list.run({ request });
}
