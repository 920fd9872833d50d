import { isFromFile } from '../../journeys/file.ts';
import type { Journey, Message } from '../../journeys/model.ts';

/** Kinds of the request builder, by the name of a message. */
const builderKinds: Readonly<Record<string, string>> = {
  'authorisation.authorize': 'authorize',
  'authorisation.token.code': 'code',
  'authorisation.token.refresh': 'refresh',
  'authorisation.token.assertion': 'client-credentials',
  'authorisation.token.exchange': 'exchange',
  'authorisation.userinfo': 'userinfo',
  'cis2.authorize': 'authorize-cis2',
  'cis2.token.code': 'code-cis2',
};

/** Parameters that the builder sends as they were sent, besides those that it makes anew. */
const repeated: readonly string[] = ['redirect_uri', 'acr_values', 'scope', 'NHSD-Session-URID'];

/** Returns the client id of a request that was refused before its application was known; undefined without one. */
export function clientOf({ request }: Message): string | undefined {
  const fields = [...(request?.query ?? []), ...(request?.form ?? [])];
  const named = fields.find(({ name }) => name === 'client_id')?.value;
  const issuer = request?.tokens.find(({ name }) => name === 'client_assertion')?.claims.iss;
  return named ?? (typeof issuer === 'string' ? issuer : undefined);
}

/** Returns the address at which an application's request is built again; undefined for one that the builder does not know. */
export function runAgainAddress(message: Message, journey: Journey): string | undefined {
  const { name, to, from, request, method, refusal } = message;
  const isCall = to.startsWith('api:');
  const kind = isCall ? 'api' : builderKinds[name];
  if (kind === undefined || from !== 'application' || request === null || isFromFile(journey))
    return undefined;
  const isWrong = (field: string, isOffending = false): boolean =>
    isOffending || (field === 'NHSD-Session-URID' && /^gateway\.role/.test(refusal?.error ?? ''));
  const application = message.application ?? journey.application;
  const person = message.person ?? journey.person;
  const client = clientOf(message);
  const query = new URLSearchParams({ kind });
  if (application) query.set('application', application.id);
  else if (client !== undefined) query.set('client', client);
  // A new token for the same person; the old one was cut when it was captured.
  if (isCall || kind === 'userinfo') query.set('mint', person?.uid ?? 'application');
  // A path with parameters is kept as its template, and the builder has an address of its own.
  if (isCall && method === 'GET' && request.url && !/\/[:{*]|…/.test(request.url))
    query.set('value.url', request.url);
  for (const { name: field, value, offending } of [
    ...(request.query ?? []),
    ...(request.form ?? []),
    ...request.headers,
  ]) {
    const known = repeated.find((one) => one.toLowerCase() === field.toLowerCase());
    // What was refused is sent as the builder makes it, unless an act makes it right: a callback.
    if (known && (!isWrong(known, offending) || known === 'redirect_uri')) query.set(`value.${known}`, value);
  }
  return `/build?${query}`;
}
