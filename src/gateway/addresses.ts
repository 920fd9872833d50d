import type { Urls } from '../service.ts';
import type { Api } from './api.ts';

/** The origins of the gateway. */
export type GatewayUrls = Pick<Urls, 'api' | 'apis'>;

/** Returns whether APIs by definition have an origin of their own, where a response of theirs cannot act as the platform. */
export const areApart = ({ api, apis }: GatewayUrls): boolean => apis !== api;

/** Returns the public origin of an API. */
export const originOf = (urls: GatewayUrls, { isDefined }: Pick<Api, 'isDefined'>): string =>
  isDefined ? urls.apis : urls.api;

/** Returns the public address of an API, which is also its identifier as a resource (RFC 8707 section 2, RFC 9728 section 1.2). */
export const addressOf = (urls: GatewayUrls, api: Pick<Api, 'isDefined' | 'basePath'>): string =>
  originOf(urls, api) + api.basePath;

/** The origins for clients with a certificate. */
export interface MutualTlsOrigins {
  urls: GatewayUrls;
  mutualTlsUrl?: string | undefined;
  apisMutualTlsUrl?: string | undefined;
}

/** Returns the origin at which clients with a certificate call an API; undefined without mutual TLS. */
export const mutualTlsOf = (
  { urls, mutualTlsUrl, apisMutualTlsUrl }: MutualTlsOrigins,
  { isDefined }: Pick<Api, 'isDefined'>,
): string | undefined => (isDefined && areApart(urls) ? apisMutualTlsUrl : mutualTlsUrl);
