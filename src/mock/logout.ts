import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { decodeJwt, isSigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { framedPage } from '@alongside/kernel/layout';
import { steps } from '@alongside/kernel/steps';
import { isForm, type Parameters, parseParameters, withQuery } from '../oauth/parameters.ts';
import { readKeySet } from '../oauth/remote-keys.ts';
import type { Clients, MockClient } from './clients.ts';
import type { RealmKeySet } from './discovery.ts';
import { errors } from './errors.ts';
import type { LogoutMessages } from './logout-messages.ts';
import type { People } from './people/people.ts';
import { peopleOf } from './people/registry.ts';
import type { AtRealm, RealmEndpoint } from './realm-endpoint.ts';
import type { MockSessions } from './sessions.ts';

interface Parts {
  clients: Clients;
  people: readonly People[];
  sessions: MockSessions;
  keySet: RealmKeySet;
  messages: LogoutMessages;
}

/** What an ID token of the realm says, also one that has run out. */
interface Hint {
  clientId: string;
  sub: string;
  sid: string;
}

interface Asked extends AtRealm {
  parameters: Parameters;
}

interface Known extends Asked {
  hint: Hint | null;
  client: MockClient | null;
}

function readParameters({ request }: AtRealm): { parameters: Parameters } {
  const posted = request.method === 'POST' && isForm(request.headers['content-type']);
  const parameters = parseParameters(posted ? request.body : request.query);
  if (!parameters) throw errors.requestMalformed('the query or the form is not well-formed');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} came more than once`);
  return { parameters };
}

/** A token that does not hold is no hint (OpenID Connect RP-Initiated Logout section 2). */
const readHint = (keySet: RealmKeySet) =>
  async function readHint({ parameters, realm }: Asked): Promise<{ hint: Hint | null }> {
    const jwt = decodeJwt(parameters.get('id_token_hint') ?? '');
    const { alg, kid } = jwt?.header ?? {};
    if (!jwt || !isSigningAlgorithm(alg) || typeof kid !== 'string') return { hint: null };
    const key = readKeySet(await keySet(realm.name)).get(kid);
    const { iss, aud, sub, sid } = jwt.claims;
    if (!key || iss !== realm.issuer || !(await verifySignature(jwt, alg, key))) return { hint: null };
    if (typeof aud !== 'string' || typeof sub !== 'string' || typeof sid !== 'string' || sid === '')
      return { hint: null };
    return { hint: { clientId: aud, sub, sid } };
  };

const findClient = (clients: Clients) =>
  async function findClient({ parameters, hint }: Asked & { hint: Hint | null }) {
    const named = parameters.get('client_id');
    if (hint && named !== undefined && named !== hint.clientId)
      throw errors.clientUnknown(`client_id is not ${hint.clientId}, which the hint was made for`);
    const clientId = hint?.clientId ?? named;
    return { client: (clientId !== undefined && (await clients.find(clientId))) || null };
  };

function findTarget({ parameters, client, hint }: Known): { to: string | null } {
  const address = parameters.get('post_logout_redirect_uri');
  if (address === undefined || !client) return { to: null };
  if (!client.postLogoutFits(address, hint !== null))
    throw errors.redirectInvalid(
      `"${address.slice(0, 200)}" is no post_logout_redirect_uri of ${client.clientId}`,
    );
  return { to: withQuery(address, { state: parameters.get('state') }) };
}

/** The session is over for whoever had a part in it, and they have been told, before the browser goes on. */
const endSession = ({ sessions, messages }: Parts) =>
  async function endSession({ realm, hint, client }: Known): Promise<void> {
    if (hint && (await sessions.end(hint.sid))) await messages.send(realm, client, hint);
  };

const leadOn = (people: readonly People[]) =>
  async function leadOn({ request, realm, to }: Known & { to: string | null }): Promise<Answer> {
    if (to !== null) return redirect(to, request.method === 'POST' ? 303 : 302);
    const { service } = peopleOf(people, realm.name);
    return framedPage(200, {
      title: 'You are signed out',
      service,
      development: true,
      main: html`<p class="lead">The mock keeps nobody signed in: each sign-in asks for a user id.</p>`,
    });
  };

/** `GET` and `POST .../logout` (OpenID Connect RP-Initiated Logout 1.0). The ID token says which session is meant. */
export function createLogout(parts: Parts): RealmEndpoint {
  const list = steps<AtRealm>()
    .step(readParameters)
    .step(readHint(parts.keySet))
    .step(findClient(parts.clients))
    .step(findTarget)
    .step(endSession(parts))
    .step(leadOn(parts.people));
  return (known) => list.run(known);
}
