import type { Refusal } from '@alongside/kernel/errors';
import { isForm, noParameters, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { isChallenge } from '../../oauth/pkce.ts';
import type { Clients, MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { AtRealm } from '../realm-endpoint.ts';
import { type Back, backTo, type ResponseMode } from './back.ts';

export interface Asked extends AtRealm {
  /** The authorization request: from the query, or from the form of a POST that has no query. */
  parameters: Parameters;
  /** The posted form of the page; none when the page is yet to be shown. */
  typed: Parameters | null;
}

interface ForClient extends Asked {
  client: MockClient;
}

/** What the rest of the sign-in goes by. */
export interface AuthorizationRequest extends ForClient {
  redirectUri: string;
  back: Back;
}

const modes: readonly (string | undefined)[] = [undefined, 'query', 'form_post'];

function parsed(text: string, what: string): Parameters {
  const parameters = parseParameters(text);
  if (!parameters) throw errors.requestMalformed(`the ${what} is not well-formed`);
  return parameters;
}

/** An authorization request may come by POST as well (OpenID Connect Core section 3.1.2.1); the page's form names a user. */
export function readAsked({ request }: AtRealm): Pick<Asked, 'parameters' | 'typed'> {
  const query = request.query === '' ? noParameters : parsed(request.query, 'query');
  const posted = request.method === 'POST' && isForm(request.headers['content-type']);
  const form = posted ? parsed(request.body, 'form') : null;
  const typed = form && (form.has('username') || !form.has('client_id')) ? form : null;
  const parameters = form && !typed && !query.has('client_id') ? form : query;
  // No scope means anything here, so several mean nothing either.
  const repeated = parameters.repeated(['scope']) ?? typed?.repeated();
  if (repeated !== undefined) throw errors.repeated(`${repeated.slice(0, 80)} came more than once`);
  return { parameters, typed };
}

export const findClient = (clients: Clients) =>
  async function findClient({ parameters }: Asked): Promise<{ client: MockClient }> {
    const clientId = parameters.get('client_id') ?? '';
    const client = await clients.find(clientId);
    if (!client)
      throw errors.clientUnknown(`client_id is "${clientId.slice(0, 80)}", or its application was revoked`);
    return { client };
  };

/** Whom nobody registered gets nothing, not even an error (RFC 6749 section 4.1.2.1). */
export function checkRedirect({ parameters, client, realm }: ForClient): {
  redirectUri: string;
  back: Back;
} {
  const redirectUri = parameters.get('redirect_uri') ?? '';
  if (!client.redirectFits(redirectUri))
    throw errors.redirectInvalid(`"${redirectUri.slice(0, 200)}" is not an address of ${client.clientId}`);
  const mode: ResponseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query';
  return { redirectUri, back: backTo(redirectUri, mode, parameters.get('state'), realm) };
}

/** The few things that are wrong with a request however lenient the mock is. Levels, ages, prompts and scopes are none. */
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

export function checkRequest({ parameters, back }: AuthorizationRequest) {
  const refusal = refusalOf(parameters);
  if (refusal) return back({ error: refusal.entry.code, error_description: refusal.entry.description });
}
