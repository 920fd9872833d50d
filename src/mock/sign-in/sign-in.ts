import { type Answer, redirect } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import type { Refusal } from '@alongside/kernel/errors';
import { uuid } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { isForm, noParameters, type Parameters, parseParameters, withQuery } from '../../oauth/parameters.ts';
import { isChallenge } from '../../oauth/pkce.ts';
import type { MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { MockPerson } from '../people/people.ts';
import { peopleOf } from '../people/registry.ts';
import type { RealmContext } from '../realm-endpoint.ts';
import { formPost, signInForm } from './pages.ts';

interface WithParameters extends RealmContext {
  /** The authorization request: from the query, or from the form of a POST without a query. */
  parameters: Parameters;
  /** The submitted form of the page, if any. */
  typed: Parameters | null;
}

interface WithClient extends WithParameters {
  client: MockClient;
}

/** A request with a valid client and redirect URI. */
interface AuthorizationRequest extends WithClient {
  redirectUri: string;
  /** Returns the authorization response with these parameters. */
  respond: (members: Readonly<Record<string, string>>) => Answer;
  /** Joins its journey where the state is too short to; the address of the page's form carries it. */
  journeyKey?: string | undefined;
}

const modes: readonly (string | undefined)[] = [undefined, 'query', 'form_post'];

function parsed(text: string, source: string): Parameters {
  const parameters = parseParameters(text);
  if (!parameters) throw errors.requestMalformed(`the ${source} is not well-formed`);
  return parameters;
}

/** Distinguishes an authorization request by POST (OpenID Connect Core section 3.1.2.1) from the page's form, which has a user id. */
function readParameters({ request }: RealmContext): Pick<WithParameters, 'parameters' | 'typed'> {
  const query = request.query === '' ? noParameters : parsed(request.query, 'query');
  const posted = request.method === 'POST' && isForm(request.headers['content-type']);
  const form = posted ? parsed(request.body, 'form') : null;
  const typed = form && (form.has('username') || !form.has('client_id')) ? form : null;
  const parameters = form && !typed && !query.has('client_id') ? form : query;
  // Scopes are ignored here, so several are harmless.
  const repeated = parameters.repeated(['scope']) ?? typed?.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} was sent more than once`);
  return { parameters, typed };
}

const findClient = check('client', async function findClient({ mock, parameters }: WithParameters): Promise<{
  client: MockClient;
}> {
  const clientId = parameters.get('client_id') ?? '';
  const client = await mock.clients.find(clientId);
  if (!client)
    throw errors.clientUnknown(`client_id is "${clientId.slice(0, 80)}", or its application was revoked`);
  return { client };
});

/**
 * Sends nothing, not even an error, to an unregistered address (RFC 6749 section 4.1.2.1). Responses have the client's state and
 * the issuer (RFC 9207 section 2). The redirect is always 302: the form of the mock leads there directly.
 */
const checkRedirect = check(
  'redirect-uri',
  function checkRedirect({
    parameters,
    client,
    realm,
  }: WithClient): Pick<AuthorizationRequest, 'redirectUri' | 'respond'> {
    const redirectUri = parameters.get('redirect_uri') ?? '';
    if (!client.redirectFits(redirectUri))
      throw errors.redirectInvalid(`"${redirectUri.slice(0, 200)}" is not an address of ${client.clientId}`);
    const byForm = parameters.get('response_mode') === 'form_post';
    const state = parameters.get('state');
    return {
      redirectUri,
      respond(members) {
        const all = { ...(state === undefined ? {} : { state }), ...members, iss: realm.issuer };
        return byForm ? formPost(redirectUri, all) : redirect(withQuery(redirectUri, all));
      },
    };
  },
);

/** Returns the error of a request, if any. The mock ignores levels, ages, prompts and scopes. */
function refusalOf(parameters: Parameters): Refusal | undefined {
  const type = parameters.get('response_type');
  if (type !== 'code') return errors.responseType(`response_type is ${String(type).slice(0, 80)}`);
  const mode = parameters.get('response_mode');
  if (!modes.includes(mode)) return errors.responseMode(`response_mode is ${String(mode).slice(0, 80)}`);
  const challenge = parameters.get('code_challenge');
  if (challenge === undefined) return undefined;
  const method = parameters.get('code_challenge_method');
  return method === 'S256' && isChallenge(challenge)
    ? undefined
    : errors.challenge(`code_challenge_method is ${String(method).slice(0, 80)}`);
}

const checkRequest = check('request', function checkRequest({ parameters, respond }: AuthorizationRequest):
  | Answer
  | undefined {
  const refusal = refusalOf(parameters);
  return refusal && respond({ error: refusal.entry.code, error_description: refusal.entry.description });
});

const maxUsernameLength = 64;

const keyOf = ({ client, parameters, journeyKey }: AuthorizationRequest): string =>
  stateKey({ clientId: client.clientId, state: parameters.get('state') }) ||
  (journeyKey ? `mock ${journeyKey}` : '');

function recordRequest(context: AuthorizationRequest): Pick<AuthorizationRequest, 'journeyKey'> {
  const { mock, typed, parameters, client, realm } = context;
  if (typed) return { journeyKey: parameters.get('journey') };
  const journeyKey = uuid();
  mock.recorder.record({
    keys: [keyOf({ ...context, journeyKey })],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.authorize',
    detail: { client: client.name, mock: realm.name },
  });
  return { journeyKey };
}

/** Finds the user with the typed id. Shows the page without one, and again for an unknown one. */
async function identifyUser(context: AuthorizationRequest): Promise<Answer | { person: MockPerson }> {
  const { mock, realm, typed } = context;
  const people = peopleOf(mock.people, realm.name);
  if (!typed) return signInForm(context, people);
  const username = (typed.get('username') ?? '').trim();
  const person = username.length > maxUsernameLength ? undefined : await people.find(username, realm.issuer);
  return person ? { person } : signInForm(context, people, username.slice(0, maxUsernameLength));
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
    keys: [keyOf(context), code],
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
