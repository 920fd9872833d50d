import { type Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { PlatformRegistration, StoredApplication } from '../../oauth/applications.ts';
import { type KeySource, keyNamed, publishedAddress, signedBy } from '../../oauth/key-source.ts';
import { parseParameters, withQuery } from '../../oauth/parameters.ts';
import { errors } from '../errors.ts';
import { pagePaths, type SigningServices } from '../parts.ts';
import {
  familyHeader,
  type SigningCall,
  sandboxBasePath,
  signerHeader,
  signingBasePath,
  signingBodyLimit,
} from '../protocol.ts';
import type { SigningRequest } from '../transactions.ts';
import { payloadsOf, requireClaims, type SignatureAlgorithm } from './claims.ts';

/** A call of the API, with the parts of the service. */
export interface ApiCall {
  signing: SigningServices;
  call: SigningCall;
}

const maxStateLength = 2_048;
const minKeyBits = 4_096;

function readRequest({ call }: ApiCall): { state: string | null; jws: string } {
  const mediaType = (call.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'text/plain') throw errors.mediaType(`the media type is ${mediaType || 'missing'}`);
  const query = parseParameters(call.query);
  if (!query) throw errors.requestMalformed('the query is not well-formed');
  if (query.all('state').length > 1) throw errors.requestMalformed('state is repeated');
  const state = query.get('state') ?? null;
  if (state !== null && state.length > maxStateLength)
    throw errors.stateTooLong(`state has ${state.length} characters`);
  return { state, jws: call.body.trim() };
}

function decode({ jws }: { jws: string }): { jwt: DecodedJwt } {
  const jwt = decodeJwt(jws, signingBodyLimit);
  if (!jwt) throw errors.jwsMalformed(`the body of ${jws.length} characters is not a compact JWS`);
  return { jwt };
}

const checkHeader = check('header', function checkHeader({ jwt: { header } }: { jwt: DecodedJwt }): {
  kid: string;
} {
  if (header.alg !== 'RS512') throw errors.algorithm(`alg is ${JSON.stringify(header.alg)}`);
  if (typeof header.typ !== 'string' || header.typ.toUpperCase() !== 'JWT')
    throw errors.type(`typ is ${JSON.stringify(header.typ)}`);
  if (typeof header.kid !== 'string' || header.kid === '') throw errors.kidMissing('there is no kid');
  return { kid: header.kid };
});

interface WithApplication {
  application: StoredApplication;
  registration: PlatformRegistration;
}

/** The sandbox has no access token, so there `iss` names the application. */
const checkIssuer = check(
  'issuer',
  async function checkIssuer({
    signing,
    call,
    jwt: { claims },
  }: ApiCall & { jwt: DecodedJwt }): Promise<WithApplication> {
    const iss = typeof claims.iss === 'string' ? claims.iss : '';
    const application = await (call.application === undefined
      ? signing.applications.byPlatformClient(iss)
      : signing.applications.get(call.application));
    const registration = application?.platform;
    if (!application || !registration || application.status !== 'approved' || registration.clientId !== iss)
      throw errors
        .issuer(`iss is ${JSON.stringify(claims.iss)}, the client id is ${registration?.clientId}`)
        .about({
          field: 'iss',
          headline: 'The request is of another application',
          received: iss.slice(0, 200) || 'missing',
          expected: registration?.clientId ?? 'the client id of an application',
        });
    return { application, registration };
  },
);

/** Runs a call for the keys of an application. */
async function withKeys<T>(source: KeySource, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutboundError)
      throw errors.keysUnreachable(`${source.jwksUrl}: ${error.message}`, {}, error);
    throw error;
  }
}

const checkKey = check(
  'key',
  async function checkKey({
    signing: { clientKeys },
    registration,
    kid,
  }: ApiCall & WithApplication & { kid: string }): Promise<{ source: KeySource }> {
    const jwksUrl = registration.jwksUrl ?? publishedAddress(registration);
    const source = { jwks: registration.jwks, jwksUrl: registration.jwks ? null : jwksUrl };
    if (!source.jwks && !source.jwksUrl) throw errors.keyMissing('neither a key set nor its address');
    const key = await withKeys(source, () => keyNamed(source, kid, clientKeys));
    if (!key) throw errors.keyUnknown(`no registered key has the kid ${kid.slice(0, 200)}`);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key.asymmetricKeyType !== 'rsa' || bits < minKeyBits)
      throw errors.keyShort(`the key ${kid} is ${key.asymmetricKeyType} of ${bits} bits`);
    return { source };
  },
);

const checkSignature = check(
  'signature',
  async function checkSignature({
    signing: { clientKeys },
    jwt,
    source,
  }: ApiCall & { jwt: DecodedJwt; source: KeySource }): Promise<void> {
    const signed = await withKeys(source, () => signedBy(source, jwt, 'RS512', clientKeys));
    if (signed !== 'yes') throw errors.signature(`the signature does not match: ${signed}`);
  },
);

const checkClaims = check(
  'claims',
  function checkClaims({
    signing: { clock, urls },
    call,
    jwt: { claims },
    registration,
  }: ApiCall & WithApplication & { jwt: DecodedJwt }): Pick<
    SigningRequest,
    'uid' | 'algorithm' | 'payloads'
  > {
    requireClaims({
      claims,
      uid: call.headers.get(signerHeader),
      audiences: [
        signingBasePath,
        '/oauth2/token',
        ...(call.application === undefined ? [sandboxBasePath] : []),
      ].map((path) => urls.api + path),
      allowed: registration.signingAlgorithms ?? ['RS256'],
      now: seconds(clock),
    });
    return {
      uid: String(claims.sub),
      algorithm: claims.algorithm as SignatureAlgorithm,
      payloads: payloadsOf(claims),
    };
  },
);

function findCallback({ registration }: WithApplication): { callback: string } {
  const callback = registration.signingCallbackUrl ?? registration.callbackUrls[0];
  if (callback === undefined) throw errors.callbackMissing('neither signingCallbackUrl nor a callback URL');
  return { callback };
}

export type CheckedRequest = ApiCall &
  WithApplication &
  Passed<'header' | 'issuer' | 'key' | 'signature' | 'claims'> &
  Pick<SigningRequest, 'uid' | 'algorithm' | 'payloads' | 'callback' | 'state'> & { jws: string };

export const requestOf = ({ application, registration, call, ...known }: CheckedRequest): SigningRequest => ({
  application: application.id,
  applicationName: application.name,
  clientId: registration.clientId,
  uid: known.uid,
  family: call.headers.get(familyHeader) ?? '',
  callback: known.callback,
  state: known.state,
  algorithm: known.algorithm,
  payloads: known.payloads,
});

/** Stores the request, unless the JWS was used before: one of several concurrent copies wins. */
export async function keepRequest(known: CheckedRequest, mode: 'user' | 'sandbox'): Promise<string> {
  const { signing, jws, call } = known;
  const { transactions, audit, database, recorder } = signing;
  const token = transactions.newToken();
  const request = requestOf(known);
  const record = audit.recordStatement({
    action: 'signing.requested',
    outcome: 'ok',
    actor: request.uid,
    application: request.application,
    family: request.family,
    requestId: call.headers.get('x-request-id'),
    detail: { documents: request.payloads.length, algorithm: request.algorithm, mode },
  });
  const kept = await database.batch([
    transactions.unusedStatement(jws),
    transactions.keepStatement(token, request),
    record,
  ]);
  if (!kept.done) throw errors.replayed('the same JWS was received before');
  recorder.record({
    keys: [token],
    lasting: request.family,
    from: 'application',
    to: 'gateway',
    name: 'signing.requested',
    detail: {
      client: request.applicationName,
      documents: request.payloads.length,
      algorithm: request.algorithm,
    },
  });
  return token;
}

export const presenceUrl = ({ urls }: SigningServices, token: string): string =>
  withQuery(`${urls.api}${pagePaths.presence}`, { token });

async function answerToken(known: CheckedRequest): Promise<Answer> {
  const token = await keepRequest(known, 'user');
  return json(200, { token, redirectUri: presenceUrl(known.signing, token) });
}

/** The checks of a signature request, in the order of `docs/signing.md`. */
export const requestChecks = steps<ApiCall>('signing.request')
  .step(readRequest)
  .step(decode)
  .step(checkHeader)
  .step(checkIssuer)
  .step(checkKey)
  .step(checkSignature)
  .step(checkClaims)
  .step(findCallback);

/** `POST /signaturerequest` */
export const signatureRequest = requestChecks.step(answerToken);
