import { text } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import type { ServiceName } from '../config.ts';
import type { Service } from '../service.ts';
import { type Faults, type NamedFault, noFault } from '../storage/faults.ts';

/** A fault of a whole endpoint: the response of a proxy for a service that is down. */
interface Outage extends NamedFault {
  readonly service: ServiceName;
  readonly paths: RegExp;
}

export const outages: readonly Outage[] = [
  {
    name: 'cis2-token-unavailable',
    summary: "CIS2's token endpoint returns 503",
    service: 'cis2',
    paths: /\/access_token$/,
  },
  {
    name: 'cis2-userinfo-unavailable',
    summary: "CIS2's userinfo endpoint returns 503",
    service: 'cis2',
    paths: /\/userinfo$/,
  },
  {
    name: 'cis2-keys-unavailable',
    summary: "CIS2's key set returns 503",
    service: 'cis2',
    paths: /\/connect\/jwk_uri$/,
  },
  {
    name: 'platform-token-unavailable',
    summary: "the API platform's token endpoints return 503",
    service: 'authorisation',
    paths: /^\/oauth2[^/]*\/token$/,
  },
  {
    name: 'platform-api-unavailable',
    summary: 'the APIs behind the gateway return 503; their _ping and _status still work',
    service: 'gateway',
    paths: /^\/(?!.*\/_(?:ping|status)$)/,
  },
  {
    name: 'signing-unavailable',
    summary: 'the signing service returns 503, also its pages',
    service: 'gateway',
    paths: /^\/signing-service\/(?!_(?:ping|status)$)/,
  },
];

const unavailable = (names: string) =>
  text(503, 'Service Unavailable\n', { 'retry-after': '1' }).refusing(
    kernelErrors.faultInjected(`switched on: ${names}`),
  );

/** Adds active outages to a service; development only. */
export function withOutages(name: ServiceName, service: Service, faults: Faults): Service {
  const own = outages.filter((outage) => outage.service === name);
  if (own.length === 0) return service;
  const guarded = ({ endpoint, ...route }: Route): Route => ({
    ...route,
    endpoint(request) {
      const here = own.filter(({ paths }) => paths.test(request.path));
      const happening = here.length > 0 ? faults.happening(here) : noFault;
      if (happening === noFault) return endpoint(request);
      return Promise.resolve(happening).then((active) =>
        active.length > 0 ? unavailable(active.map(({ name }) => name).join(', ')) : endpoint(request),
      );
    },
  });
  return { ...service, routes: service.routes.map(guarded) };
}
