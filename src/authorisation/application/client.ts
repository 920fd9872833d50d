import { activity } from '@alongside/kernel/activity';
import type { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { type RefusalFacts, unregistered } from '@alongside/kernel/refusal-facts';
import { type PlatformRegistration, secretFacts, secretFits } from '../../oauth/applications.ts';
import { type Product, type RateLimits, type StoredProduct, scopesOf } from '../../oauth/products.ts';
import { type LimitName, limitsOf, publishedQuota, type RateLimiter } from '../../oauth/rate-limits.ts';
import { redirectFits } from '../../oauth/registered-addresses.ts';
import type { WithBatch } from '../../oauth/request-batch.ts';
import { formAdvice } from '../../oauth/server/library-defaults.ts';
import type { Base } from '../base.ts';
import type { Client } from '../clients.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { AtBase } from '../parts.ts';

/** Describes credentials in the header, which most libraries use by default. */
const basicFacts = ({ headers }: HttpRequest): RefusalFacts | undefined =>
  /^basic /i.test(headers.authorization ?? '')
    ? {
        field: 'authorization',
        headline: 'The client authenticates by HTTP Basic',
        received: 'Authorization: Basic',
        expected: 'client_id and client_secret in the form',
        fix: formAdvice,
      }
    : undefined;

/** Finds the client by `client_id` in the form, never by HTTP Basic, which the published service removed. */
export function identifyByForm({
  server,
  form,
  request,
}: AtBase<'clients'> & Incoming): WithClient | Promise<WithClient> {
  const clientId = form.get('client_id');
  if (clientId === undefined)
    throw errors.clientMissing('client_id is missing from the form').about(basicFacts(request));
  return requireClient(server, clientId, errors.clientOrSecret, request);
}

export function checkSecret({
  server,
  form,
  request,
  client,
}: AtBase<'applications'> & Incoming & WithClient): void {
  const { applications } = server.parts;
  const secret = form.get('client_secret');
  if (secret === undefined)
    throw errors.secretMissing('client_secret is missing from the form').about(basicFacts(request));
  if (!secretFits(client.registration, secret, applications.now))
    throw errors
      .clientOrSecret(
        `the secret is none of the ${client.registration.secrets.length} of ${client.application.name}, or has expired`,
      )
      .about(secretFacts(client.application.name, client.registration, secret, applications.now));
}

export interface WithClient {
  client: Client;
}
export interface WithProducts extends WithClient {
  products: readonly StoredProduct[];
}

/** Returns the client with this id, if the base path serves its profile. Returns no promise if it is cached. */
export function findClient(
  { base, parts }: AtBase<'clients'>['server'],
  clientId: string,
  seen = activity(),
): Client | undefined | Promise<Client | undefined> {
  const served = (client: Client | undefined) => {
    if (!client || !base.serves.includes(client.registration.profile)) return undefined;
    seen?.note({ client: clientId, application: client.application.id });
    return client;
  };
  const found = parts.clients.of(clientId);
  return found instanceof Promise ? found.then(served) : served(found);
}

/** Finds a client, or refuses. */
export function requireClient(
  server: AtBase<'clients'>['server'],
  clientId: string,
  refuse: (detail: string) => Refusal,
  { activity: seen }: HttpRequest,
): WithClient | Promise<WithClient> {
  const required = (client: Client | undefined): WithClient => {
    if (!client) throw refuse(`no application at ${server.base.path} has the client id ${clientId}`);
    return { client };
  };
  const found = findClient(server, clientId, seen);
  return found instanceof Promise ? found.then(required) : required(found);
}

/** Takes the products of the client. */
export const readProducts = ({ client }: WithClient): { products: readonly StoredProduct[] } => ({
  products: client.products,
});

export function requireApproval({ client: { application } }: WithClient): void {
  if (application.status !== 'approved')
    throw errors.appNotApproved(`${application.name} is ${application.status}`);
}

/**
 * Requires a product that includes the authorisation service. In the nhs profile an application without any product passes, as
 * at the published service, and is refused when its key or a scope is needed.
 */
export function requireSubscription({ server: { base }, client, products }: AtBase & WithProducts): void {
  if (products.some((product) => product.apis.includes(base.api))) return;
  if (client.registration.products.length === 0 && base.serves.includes('nhs')) return;
  const names = products.map((product) => product.name).join(', ') || 'none';
  throw errors.notSubscribed(
    `no approved product of ${client.application.name} holds the API ${base.api}; products: ${names}`,
  );
}

/** Refuses applications of an inactive developer. Those without a known developer pass. */
export function requireActiveDeveloper({ client: { application, developer } }: WithClient): void {
  if (developer?.status !== 'inactive') return;
  const detail = `${developer.kind} ${developer.id} of ${application.name} is inactive`;
  throw developer.kind === 'company' ? errors.companyInactive(detail) : errors.developerInactive(detail);
}

const busy = { quota: errors.busyQuota, spikeArrest: errors.busySpikeArrest };

/** The limits under one name, with their errors. */
interface AppliedLimits {
  limits: RateLimits | null;
  name: string;
  refuse(over: LimitName): Refusal;
}

/**
 * Returns the limits of the application, then those of all clients, in the published order (ApplyRateLimiting); undefined without
 * any.
 */
function limitsAt(
  { base }: AtBase['server'],
  { client: { application, registration }, products }: WithProducts,
): [own: AppliedLimits, all: AppliedLimits] | undefined {
  const own = limitsOf(registration, products, base.api);
  if (own === null && base.limits === null) return undefined;
  const refuseOwn = (over: LimitName): Refusal => {
    const detail = `${application.name} exceeded its ${over} of ${JSON.stringify(own)}`;
    if (over === 'spikeArrest') return errors.spikeArrest(detail, { application: application.name });
    const { limit, interval, timeunit } = own?.quota ?? publishedQuota;
    return errors.quota(detail, { application: application.name, limit, interval, timeunit });
  };
  const refuseAll = (over: LimitName): Refusal =>
    busy[over](`all clients together exceeded the ${over} of ${JSON.stringify(base.limits)}`);
  return [
    { limits: own, name: `${base.api}:${application.id}`, refuse: refuseOwn },
    { limits: base.limits, name: base.api, refuse: refuseAll },
  ];
}

const requireWithin = (over: LimitName | undefined, { refuse }: AppliedLimits): void => {
  if (over) throw refuse(over);
};

/** Refuses beyond the limits of the application. Does not count, because the sender is not authenticated yet. */
export function refuseOverLimit(known: AtBase<'limiter'> & WithProducts): void | Promise<void> {
  const applied = limitsAt(known.server, known);
  if (applied) return requireAllWithin(known.server.parts.limiter, applied);
}

async function requireAllWithin(limiter: RateLimiter, applied: readonly AppliedLimits[]): Promise<void> {
  for (const each of applied) requireWithin(await limiter.wouldExceed(each.limits, each.name), each);
}

/** Counts an unauthenticated request for its network. */
export async function limitUnproven({
  server,
  request,
}: AtBase<'unproven'> & { request: HttpRequest }): Promise<void> {
  if (!(await server.parts.unproven.admits(request.address)))
    throw errors.networkBusy(`too many requests from the network of ${request.address}`);
}

/**
 * Counts an authenticated request for its application at this base path, then for all applications. A public client does not
 * authenticate, so each network has the limits of the application separately.
 */
export function limitRate(
  known: AtBase<'limiter'> & WithProducts & WithBatch & { request: HttpRequest },
): void | Promise<void> {
  const { limiter } = known.server.parts;
  const applied = limitsAt(known.server, known);
  if (!applied) return;
  if (known.client.registration.tokenEndpointAuthMethod === 'none')
    return limitPublic(limiter, applied, known.request);
  for (const { limits, name, refuse } of applied)
    for (const limit of limiter.under(limits, name))
      known.batch.require({ ...limit, refuse: () => refuse(limit.limit) });
}

async function limitPublic(
  limiter: RateLimiter,
  [own, all]: NonNullable<ReturnType<typeof limitsAt>>,
  { address }: HttpRequest,
): Promise<void> {
  requireWithin(await limiter.exceededByNetwork(own.limits, own.name, address), own);
  requireWithin(await limiter.wouldExceed(all.limits, all.name), all);
}

/** Whether an address is a callback URL of this client. A free loopback port is for native applications of the standard profile (RFC 8252 section 7.3). */
export function isCallback(base: Base, registration: PlatformRegistration, uri: string): boolean {
  const registered = base.hardening.severalCallbacks
    ? registration.callbackUrls
    : registration.callbackUrls.slice(0, 1);
  return redirectFits(registered, base.profile !== 'nhs' && registration.applicationType === 'native', uri);
}

/** A redirect address that is registered for the client. */
export interface WithRedirect {
  redirectUri: string;
}

/** Requires a callback URL of the client. */
export function requireCallback(
  base: Base,
  { registration }: Client,
  redirectUri: string | undefined,
): WithRedirect {
  if (redirectUri === undefined) throw errors.redirectMissing('redirect_uri is missing');
  if (!isCallback(base, registration, redirectUri))
    throw errors
      .redirectUnknown(`${redirectUri} came, registered are: ${registration.callbackUrls.join(' ')}`)
      .about(unregistered(redirectUri, registration.callbackUrls));
  return { redirectUri };
}

/** Marks application-restricted scopes (identity-service-api, verify-app-restricted-scopes). */
export const applicationMarker = 'urn:nhsd:apim:app:level3:';

/** Returns the products' scopes of exactly this level, not of lower ones (identity-service-api, filter-user-restricted-scopes). */
export const scopesAt = (products: readonly Product[], marker: string): string[] =>
  scopesOf(products).filter((scope) => scope.includes(marker));
