import { type Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { halfHash } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { verifierFits } from '../../oauth/pkce.ts';
import type { MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { MockPerson } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { RealmContext } from '../realm-endpoint.ts';
import { type CodeGrant, expiresIn } from '../sessions.ts';
import { authenticate, type TokenRequest } from './authenticate.ts';

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
