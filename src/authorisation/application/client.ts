import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications, PlatformRegistration, StoredApplication } from '../../oauth/applications.ts';
import { type Product, type RateLimits, type StoredProduct, scopesOf } from '../../oauth/products.ts';
import { limitsOf, publishedQuota } from '../../oauth/rate-limits.ts';
import { redirectFits } from '../../oauth/registered-addresses.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import type { AtBase } from '../parts.ts';

/** An application as a client of the platform. */
export interface Client {
  application: StoredApplication;
  registration: PlatformRegistration;
}

export interface WithClient {
  client: Client;
}
export interface WithProducts extends WithClient {
  products: StoredProduct[];
}

/** Returns the client with this id, if the base path serves its profile. */
export async function findClient(
  applications: Applications,
  base: Base,
  clientId: string,
): Promise<Client | undefined> {
  const application = await applications.byPlatformClient(clientId);
  if (!application?.platform || !base.serves.includes(application.platform.profile)) return undefined;
  return { application, registration: application.platform };
}

/** Reads the current products of the client. */
export async function readProducts({
  server,
  client,
}: AtBase<'products'> & WithClient): Promise<{ products: StoredProduct[] }> {
  return { products: await server.parts.products.of(client.registration) };
}

export async function requireApproval({ client: { application } }: WithClient): Promise<void> {
  if (application.status !== 'approved')
    throw errors.appNotApproved(`${application.name} is ${application.status}`);
}

/**
 * Requires a product that includes the authorisation service. In the nhs profile an application without any product passes, as
 * at the published service, and is refused when its key or a scope is needed.
 */
export async function requireSubscription({
  server: { base },
  client,
  products,
}: AtBase & WithProducts): Promise<void> {
  if (products.some((product) => product.apis.includes(base.api))) return;
  if (client.registration.products.length === 0 && base.serves.includes('nhs')) return;
  const names = products.map((product) => product.name).join(', ') || 'none';
  throw errors.notSubscribed(
    `no approved product of ${client.application.name} holds the API ${base.api}; products: ${names}`,
  );
}

/** Refuses applications of an inactive developer. Those without a known developer pass. */
export async function requireActiveDeveloper({
  server: { parts },
  client: { application },
}: AtBase<'developers'> & WithClient): Promise<void> {
  const developer = await parts.developers.get(application.developer);
  if (developer?.status !== 'inactive') return;
  const detail = `${developer.kind} ${developer.id} of ${application.name} is inactive`;
  throw developer.kind === 'company' ? errors.companyInactive(detail) : errors.developerInactive(detail);
}

const busy = { quota: errors.busyQuota, spikeArrest: errors.busySpikeArrest };

type Exceeded = 'quota' | 'spikeArrest' | undefined;

/** Applies the limits of the application, then those of all clients, in the published order (ApplyRateLimiting). */
async function refuseOver(
  { client: { application, registration }, products }: WithProducts,
  base: Base,
  check: { own(limits: RateLimits | null): Promise<Exceeded>; all(): Promise<Exceeded> },
): Promise<void> {
  const limits = limitsOf(registration, products, base.api);
  const over = await check.own(limits);
  const detail = `${application.name} exceeded its ${over} of ${JSON.stringify(limits)}`;
  if (over === 'spikeArrest') throw errors.spikeArrest(detail, { application: application.name });
  const { limit, interval, timeunit } = limits?.quota ?? publishedQuota;
  if (over === 'quota')
    throw errors.quota(detail, { application: application.name, limit, interval, timeunit });
  const all = await check.all();
  if (all !== undefined)
    throw busy[all](`all clients together exceeded the ${all} of ${JSON.stringify(base.limits)}`);
}

const nameOf = (base: Base, { client }: WithProducts): string => `${base.api}:${client.application.id}`;

/** Refuses beyond the limits of the application. Does not count, because the sender is not authenticated yet. */
export async function refuseOverLimit(known: AtBase<'limiter'> & WithProducts): Promise<void> {
  const {
    base,
    parts: { limiter },
  } = known.server;
  await refuseOver(known, base, {
    own: (limits) => limiter.wouldExceed(limits, nameOf(base, known)),
    all: () => limiter.wouldExceed(base.limits, base.api),
  });
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
export async function limitRate(
  known: AtBase<'limiter'> & WithProducts & { request: HttpRequest },
): Promise<void> {
  const {
    base,
    parts: { limiter },
  } = known.server;
  const name = nameOf(base, known);
  const isPublic = known.client.registration.tokenEndpointAuthMethod === 'none';
  await refuseOver(known, base, {
    own: (limits) =>
      isPublic
        ? limiter.exceededByNetwork(limits, name, known.request.address)
        : limiter.exceeded(limits, name),
    all: () =>
      isPublic ? limiter.wouldExceed(base.limits, base.api) : limiter.exceeded(base.limits, base.api),
  });
}

/** Whether an address is a callback URL of this client. A free loopback port is for native applications of the standard profile (RFC 8252 section 7.3). */
export function isCallback(base: Base, registration: PlatformRegistration, uri: string): boolean {
  const registered = base.hardening.severalCallbacks
    ? registration.callbackUrls
    : registration.callbackUrls.slice(0, 1);
  return redirectFits(registered, base.profile !== 'nhs' && registration.applicationType === 'native', uri);
}

/** Marks application-restricted scopes (identity-service-api, verify-app-restricted-scopes). */
export const applicationMarker = 'urn:nhsd:apim:app:level3:';

/** Returns the products' scopes of exactly this level, not of lower ones (identity-service-api, filter-user-restricted-scopes). */
export const scopesAt = (products: readonly Product[], marker: string): string[] =>
  scopesOf(products).filter((scope) => scope.includes(marker));
