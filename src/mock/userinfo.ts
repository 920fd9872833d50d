import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { isForm, parseParameters } from '../oauth/parameters.ts';
import { errors } from './errors.ts';
import { peopleOf } from './people/registry.ts';
import type { RealmContext } from './realm-endpoint.ts';
import type { MockSession } from './sessions.ts';

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Reads the token from the header, or from the form of a POST (RFC 6750 section 2). */
function readToken({ request }: RealmContext): { token: string } {
  const header = bearer.exec(request.headers.authorization ?? '')?.[1];
  const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  const token = header ?? form?.get('access_token');
  if (token === undefined) throw errors.tokenMissing('neither header nor form has a bearer token');
  return { token };
}

const findSession = check(
  'access-token',
  async function findSession({
    mock,
    realm,
    token,
  }: RealmContext & { token: string }): Promise<{ session: MockSession }> {
    const session = await mock.sessions.ofToken(realm.name, token);
    if (!session) throw errors.tokenInvalid(`no valid access token of ${realm.name} has this value`);
    return { session };
  },
);

async function sendClaims({
  mock: { people, clients, recorder },
  realm,
  token,
  session,
}: RealmContext & Passed<'access-token'> & { token: string; session: MockSession }): Promise<Answer> {
  const person = await peopleOf(people, realm.name).find(session.sub, realm.issuer);
  const client = await clients.find(session.clientId);
  if (!person || !client) throw errors.tokenInvalid('its user or its client no longer exists');
  recorder.record({
    keys: [token, session.sid],
    from: client.party,
    to: 'cis2',
    name: 'cis2.userinfo',
    detail: { client: client.name, mock: realm.name },
  });
  return json(200, person.userinfo);
}

/** `GET` and `POST .../userinfo`: all claims about the user, for any scope. */
export const userinfo = steps<RealmContext>('mock.userinfo')
  .step(readToken)
  .step(findSession)
  .step(sendClaims);
