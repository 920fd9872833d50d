import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { decodeJwt, isSigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { framedPage } from '@alongside/kernel/layout';
import { steps } from '@alongside/kernel/steps';
import { isForm, type Parameters, parseParameters, withQuery } from '../oauth/parameters.ts';
import { readKeySet } from '../oauth/remote-keys.ts';
import type { MockClient } from './clients.ts';
import { errors } from './errors.ts';
import { peopleOf } from './people/registry.ts';
import type { RealmContext } from './realm-endpoint.ts';

/** Claims of an ID token of the realm, which may have expired. */
interface Hint {
  clientId: string;
  sub: string;
  sid: string;
}

interface LogoutRequest extends RealmContext {
  parameters: Parameters;
  hint: Hint | null;
  client: MockClient | null;
}

function readParameters({ request }: RealmContext): { parameters: Parameters } {
  const posted = request.method === 'POST' && isForm(request.headers['content-type']);
  const parameters = parseParameters(posted ? request.body : request.query);
  if (!parameters) throw errors.requestMalformed('the query or the form is not well-formed');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} was sent more than once`);
  return { parameters };
}

/** Ignores an invalid token (OpenID Connect RP-Initiated Logout section 2). */
async function readHint({
  mock,
  parameters,
  realm,
}: RealmContext & { parameters: Parameters }): Promise<{ hint: Hint | null }> {
  const jwt = decodeJwt(parameters.get('id_token_hint') ?? '');
  const { alg, kid } = jwt?.header ?? {};
  if (!jwt || !isSigningAlgorithm(alg) || typeof kid !== 'string') return { hint: null };
  const key = readKeySet(await mock.keySet(realm.name)).get(kid);
  const { iss, aud, sub, sid } = jwt.claims;
  if (!key || iss !== realm.issuer || !(await verifySignature(jwt, alg, key))) return { hint: null };
  if (typeof aud !== 'string' || typeof sub !== 'string' || typeof sid !== 'string' || sid === '')
    return { hint: null };
  return { hint: { clientId: aud, sub, sid } };
}

async function findClient({
  mock,
  parameters,
  hint,
}: Omit<LogoutRequest, 'client'>): Promise<{ client: MockClient | null }> {
  const named = parameters.get('client_id');
  if (hint && named !== undefined && named !== hint.clientId)
    throw errors.clientUnknown(`client_id is not ${hint.clientId}, the audience of the hint`);
  const clientId = hint?.clientId ?? named;
  return { client: (clientId !== undefined && (await mock.clients.find(clientId))) || null };
}

function findTarget({ parameters, client, hint }: LogoutRequest): { to: string | null } {
  const address = parameters.get('post_logout_redirect_uri');
  if (address === undefined || !client) return { to: null };
  if (!client.postLogoutFits(address, hint !== null))
    throw errors.redirectInvalid(
      `"${address.slice(0, 200)}" is no post_logout_redirect_uri of ${client.clientId}`,
    );
  return { to: withQuery(address, { state: parameters.get('state') }) };
}

/** Notifies the relying parties before the browser continues. */
async function endSession({ mock, realm, hint, client }: LogoutRequest): Promise<void> {
  if (hint && (await mock.sessions.end(hint.sid))) await mock.messages.send(realm, client, hint);
}

async function redirectToClient({
  mock,
  request,
  realm,
  to,
}: LogoutRequest & { to: string | null }): Promise<Answer> {
  if (to !== null) return redirect(to, request.method === 'POST' ? 303 : 302);
  const { service } = peopleOf(mock.people, realm.name);
  return framedPage(200, {
    title: 'You are signed out',
    service,
    development: true,
    main: html`<p class="lead">The mock has no lasting session. Each sign-in asks for a user id.</p>`,
  });
}

/** `GET` and `POST .../logout` (OpenID Connect RP-Initiated Logout 1.0). The ID token identifies the session. */
export const logout = steps<RealmContext>('mock.logout')
  .step(readParameters)
  .step(readHint)
  .step(findClient)
  .step(findTarget)
  .step(endSession)
  .step(redirectToClient);
