import { type Answer, json } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import { steps } from '@alongside/kernel/steps';
import { isForm, parseParameters } from '../oauth/parameters.ts';
import type { Clients } from './clients.ts';
import { errors } from './errors.ts';
import type { People } from './people/people.ts';
import { peopleOf } from './people/registry.ts';
import type { AtRealm, RealmEndpoint } from './realm-endpoint.ts';
import type { MockSession, MockSessions } from './sessions.ts';

interface Parts {
  clients: Clients;
  people: readonly People[];
  sessions: MockSessions;
  recorder: Recorder;
}

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** In the header, or in the form of a POST (RFC 6750 section 2). */
function readToken({ request }: AtRealm): { token: string } {
  const header = bearer.exec(request.headers.authorization ?? '')?.[1];
  const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  const token = header ?? form?.get('access_token');
  if (token === undefined) throw errors.tokenMissing('neither header nor form has a bearer token');
  return { token };
}

const findSession = (sessions: MockSessions) =>
  async function findSession({ realm, token }: AtRealm & { token: string }) {
    const session = await sessions.ofToken(realm.name, token);
    if (!session) throw errors.tokenInvalid(`no live access token of ${realm.name} is like this`);
    return { session };
  };

const answerAll = ({ people, clients, recorder }: Parts) =>
  async function answerAll({
    realm,
    token,
    session,
  }: AtRealm & { token: string; session: MockSession }): Promise<Answer> {
    const person = await peopleOf(people, realm.name).find(session.sub, realm.issuer);
    const client = await clients.find(session.clientId);
    if (!person || !client) throw errors.tokenInvalid('its person or its client is gone');
    recorder.record({
      keys: [token, session.sid],
      from: client.party,
      to: 'cis2',
      name: 'cis2.userinfo',
      detail: { client: client.name, mock: realm.name },
    });
    return json(200, person.userinfo);
  };

/** `GET` and `POST .../userinfo`: everything about the person, whatever scope was asked for. */
export function createUserinfo(parts: Parts): RealmEndpoint {
  const list = steps<AtRealm>().step(readToken).step(findSession(parts.sessions)).step(answerAll(parts));
  return (known) => list.run(known);
}
