import type { Answer } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { steps } from '@alongside/kernel/steps';
import type { Clients } from '../clients.ts';
import type { MockPerson, People } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { AtRealm, RealmEndpoint } from '../realm-endpoint.ts';
import type { MockSessions } from '../sessions.ts';
import { signInForm } from './pages.ts';
import { type AuthorizationRequest, checkRedirect, checkRequest, findClient, readAsked } from './request.ts';

interface Parts {
  clock: Clock;
  clients: Clients;
  people: readonly People[];
  sessions: MockSessions;
  recorder: Recorder;
}

const longestUsername = 64;

const noteRequest = (recorder: Recorder) =>
  function noteRequest({ typed, parameters, client, realm }: AuthorizationRequest): void {
    if (typed) return;
    recorder.record({
      keys: [parameters.get('state') ?? ''],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.authorize',
      detail: { client: client.name, mock: realm.name },
    });
  };

/** Whoever is named is signed in; else the page is shown, again with what was typed. */
const askWho = ({ people }: Parts) =>
  async function askWho(known: AuthorizationRequest): Promise<Answer | { person: MockPerson }> {
    const { realm, typed } = known;
    const here = peopleOf(people, realm.name);
    if (!typed) return signInForm(known, here);
    const username = (typed.get('username') ?? '').trim();
    const person = username.length > longestUsername ? undefined : await here.find(username, realm.issuer);
    return person ? { person } : signInForm(known, here, username.slice(0, longestUsername));
  };

const sendCode = ({ sessions, clock, recorder }: Parts) =>
  async function sendCode(known: AuthorizationRequest & { person: MockPerson }): Promise<Answer> {
    const { realm, client, redirectUri, parameters, person, back } = known;
    const { code, sid } = await sessions.begin({
      realm: realm.name,
      clientId: client.clientId,
      sub: person.sub,
      authTime: seconds(clock),
      scope: parameters.get('scope') ?? 'openid',
      redirectUri,
      nonce: parameters.get('nonce') ?? null,
      challenge: parameters.get('code_challenge') ?? null,
    });
    recorder.record({
      keys: [parameters.get('state') ?? '', code],
      from: 'cis2',
      to: client.party,
      name: 'cis2.code',
      detail: { client: client.name, mock: realm.name },
    });
    return back({ session_state: sid, code });
  };

/** `GET` and `POST .../auth`: the page with the form, and what is posted from it. */
export function createSignIn(parts: Parts): RealmEndpoint {
  const list = steps<AtRealm>()
    .step(readAsked)
    .step(findClient(parts.clients))
    .step(checkRedirect)
    .step(checkRequest)
    .step(noteRequest(parts.recorder))
    .step(askWho(parts))
    .step(sendCode(parts));
  return (known) => list.run(known);
}
