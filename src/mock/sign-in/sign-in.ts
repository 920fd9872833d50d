import type { Answer } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { stateKey } from '@alongside/kernel/journeys';
import { type Passed, steps } from '@alongside/kernel/steps';
import type { MockPerson } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { RealmContext } from '../realm-endpoint.ts';
import { signInForm } from './pages.ts';
import {
  type AuthorizationRequest,
  checkRedirect,
  checkRequest,
  findClient,
  readParameters,
} from './request.ts';

const longestUsername = 64;

function recordRequest({ mock, typed, parameters, client, realm }: AuthorizationRequest): void {
  if (typed) return;
  mock.recorder.record({
    keys: [stateKey({ clientId: client.clientId, state: parameters.get('state') })],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.authorize',
    detail: { client: client.name, mock: realm.name },
  });
}

/** Finds the user with the typed id. Shows the page without one, and again for an unknown one. */
async function identifyUser(context: AuthorizationRequest): Promise<Answer | { person: MockPerson }> {
  const { mock, realm, typed } = context;
  const people = peopleOf(mock.people, realm.name);
  if (!typed) return signInForm(context, people);
  const username = (typed.get('username') ?? '').trim();
  const person = username.length > longestUsername ? undefined : await people.find(username, realm.issuer);
  return person ? { person } : signInForm(context, people, username.slice(0, longestUsername));
}

async function sendCode(
  context: AuthorizationRequest & { person: MockPerson } & Passed<'client' | 'redirect-uri' | 'request'>,
): Promise<Answer> {
  const { mock, realm, client, redirectUri, parameters, person, respond } = context;
  const { code, sid } = await mock.sessions.begin({
    realm: realm.name,
    clientId: client.clientId,
    sub: person.sub,
    authTime: seconds(mock.clock),
    scope: parameters.get('scope') ?? 'openid',
    redirectUri,
    nonce: parameters.get('nonce') ?? null,
    challenge: parameters.get('code_challenge') ?? null,
  });
  mock.recorder.record({
    keys: [stateKey({ clientId: client.clientId, state: parameters.get('state') }), code],
    from: 'cis2',
    to: client.party,
    name: 'cis2.code',
    detail: { client: client.name, mock: realm.name },
  });
  return respond({ session_state: sid, code });
}

/** `GET` and `POST .../auth`: shows the page and accepts its form. */
export const signIn = steps<RealmContext>('mock.authorize')
  .step(readParameters)
  .step(findClient)
  .step(checkRedirect)
  .step(checkRequest)
  .step(recordRequest)
  .step(identifyUser)
  .step(sendCode);
