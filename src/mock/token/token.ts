import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import { steps } from '@alongside/kernel/steps';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { verifierFits } from '../../oauth/pkce.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Clients, MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { MockPerson, People } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { AtRealm, RealmEndpoint } from '../realm-endpoint.ts';
import { type CodeGrant, expiresIn, type MockSessions } from '../sessions.ts';
import { authenticate } from './authenticate.ts';
import { signIdToken } from './id-token.ts';
import type { TokenRequest } from './request.ts';

interface Parts {
  clients: Clients;
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
  /** Counts failed proofs by network. */
  failures: NetworkLimit;
  people: readonly People[];
  sessions: MockSessions;
  keys: SigningKeys;
  recorder: Recorder;
}

interface WithCode extends TokenRequest {
  client: MockClient;
  code: string;
  grant: CodeGrant;
}

function readForm({ request }: AtRealm): { parameters: Parameters } {
  const parameters = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  if (!parameters) throw errors.requestMalformed('a form was expected');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} came more than once`);
  return { parameters };
}

function checkGrantType({ parameters }: TokenRequest): void {
  const type = parameters.get('grant_type');
  if (type === undefined) throw errors.grantMissing('grant_type is missing');
  if (type !== 'authorization_code') throw errors.grantUnsupported(`grant_type is ${type.slice(0, 80)}`);
}

/** Looks without using it, so that a mistake in the request leaves the code for the next attempt. */
const findCode = (sessions: MockSessions) =>
  async function findCode({ parameters, realm, client }: TokenRequest & { client: MockClient }) {
    const code = parameters.get('code');
    if (code === undefined) throw errors.codeMissing('code is missing');
    const grant = await sessions.peek(code);
    if (!grant) throw errors.codeInvalid('the code is unknown, was used, or has run out');
    if (grant.realm !== realm.name || grant.clientId !== client.clientId)
      throw errors.codeInvalid(`the code was made for ${grant.clientId} at ${grant.realm}`);
    return { code, grant };
  };

/** What came with the authorization request comes again (RFC 6749 section 4.1.3, RFC 7636 section 4.6). */
function checkBinding({ parameters, grant }: WithCode): void {
  if (parameters.get('redirect_uri') !== grant.redirectUri)
    throw errors.codeInvalid(`redirect_uri was ${grant.redirectUri}`);
  if (grant.challenge !== null && !verifierFits(parameters.get('code_verifier'), grant.challenge))
    throw errors.verifierInvalid('code_verifier is missing or does not fit the challenge');
}

const findPerson = (people: readonly People[]) =>
  async function findPerson({ realm, grant }: WithCode): Promise<{ person: MockPerson }> {
    const person = await peopleOf(people, realm.name).find(grant.sub, realm.issuer);
    if (!person) throw errors.codeInvalid('the person is gone or disabled');
    return { person };
  };

const spendCode = (sessions: MockSessions) =>
  async function spendCode({ code }: WithCode): Promise<void> {
    if (!(await sessions.spend(code))) throw errors.codeInvalid('the code was used a moment ago');
  };

const issue = (parts: Parts) =>
  async function issue(known: WithCode & { person: MockPerson }): Promise<Answer> {
    const { realm, client, code, grant, person } = known;
    const accessToken = await parts.sessions.accessToken(grant);
    const idToken = await signIdToken(parts, realm, { grant, person, accessToken });
    parts.recorder.record({
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
  };

/** `POST .../token`: a code for an ID token and an access token. */
export function createToken(parts: Parts): RealmEndpoint {
  const list = steps<AtRealm>()
    .step(readForm)
    .step(authenticate(parts))
    .step(checkGrantType)
    .step(findCode(parts.sessions))
    .step(checkBinding)
    .step(findPerson(parts.people))
    .step(spendCode(parts.sessions))
    .step(issue(parts));
  return (known) => list.run(known);
}
