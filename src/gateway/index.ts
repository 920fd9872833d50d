import type { Endpoint, Method, Route } from '@alongside/kernel/http';
import { anyMethod, route } from '@alongside/kernel/route';
import { Cors } from '../oauth/cors.ts';
import type { Service } from '../service.ts';
import type { Database } from '../storage/database.ts';
import { Derived } from '../storage/seldom-rows.ts';
import { addressOf, areApart, type GatewayUrls } from './addresses.ts';
import { openSandbox } from './apis/pds/sandbox.ts';
import { seed } from './apis/pds/seed.ts';
import { Patients } from './apis/pds/store.ts';
import { apis as builtIn, loadApis } from './apis/registry.ts';
import { signingSandbox } from './apis/signing.ts';
import { ServedApis } from './definitions/served.ts';
import { ApiDefinitions } from './definitions/store.ts';
import { type Dependencies, gatewayOf } from './dependencies.ts';
import { apiHandler } from './endpoint.ts';
import { metadataRoutes } from './metadata.ts';

const calledMethods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Lets pages of public clients call an API: responds to preflights and leaves all else to the API. */
function withCors({ applications }: Dependencies, route: Route): Route {
  const cors = new Cors({
    applications,
    half: 'platform',
    allowed: ['if-match', 'nhsd-session-urid', 'prefer', 'x-correlation-id', 'x-request-id'],
    exposed: ['Content-Location', 'ETag', 'Location', 'X-Correlation-ID', 'X-Request-ID'],
  });
  const preflight = cors.preflight(calledMethods);
  const open = cors.route(route);
  const endpoint: Endpoint = (request) =>
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
      ? preflight(request)
      : open.endpoint(request);
  return { ...open, endpoint };
}

/** The gateway at the origin of the API platform. */
export interface GatewayService extends Service {
  /** The APIs by definition, where they have an origin of their own. It starts and stops with the other one. */
  readonly apis?: Service;
}

/**
 * Creates the API gateway with its APIs: checks every call, names its caller to the back end, and renders errors in the API's own
 * format.
 */
export async function createGateway(dependencies: Dependencies): Promise<GatewayService> {
  const gateway = gatewayOf(dependencies);
  const sandbox = dependencies.options.sandbox ? await openSandbox(dependencies) : undefined;
  const apis = [
    ...(await loadApis(dependencies)),
    ...(sandbox ? [sandbox, signingSandbox(dependencies.signing.sandbox)] : []),
  ];
  const routes: Route[] = apis.flatMap((api) => {
    const handlers = anyMethod(apiHandler(api, gateway));
    const known = [...api.open.names, ...api.keyed.names, ...api.paths.names].map(
      (name) => api.basePath + name.replaceAll(/\{(\w+)\}/g, ':$1'),
    );
    return [api.basePath, `${api.basePath}/*`]
      .flatMap((path) => route(path, handlers, known))
      .map((one) => (dependencies.options.cors ? withCors(dependencies, one) : one));
  });
  const served = new ServedApis(gateway, (api) => apiHandler(api, gateway));
  const isApart = areApart(dependencies.urls);
  const others = isApart
    ? [...served.routes({ elsewhere: true }), ...metadataRoutes(gateway, apis)]
    : [...served.routes(), ...metadataRoutes(gateway, apis, served)];
  return {
    routes: [...routes, ...others],
    ...(isApart ? { apis: { routes: [...served.routes(), ...metadataRoutes(gateway, [], served)] } } : {}),
    async stop() {
      await served.close();
      await sandbox?.close();
    },
    async start() {
      const limited = Object.keys(dependencies.options.apiLimits ?? {});
      const named = limited.filter((name) => !apis.some((api) => api.name === name));
      for (const name of named.length > 0 ? await served.missing(named) : [])
        dependencies.log.warn({ api: name }, 'apiLimits names an API that does not exist yet');
      await new Patients(dependencies.database).completeKeys();
      if (dependencies.patients) await seed(dependencies.database, dependencies.patients);
    },
  };
}

/** Returns the address of each API by its name, as its metadata gives it for the parameter `resource` (RFC 9728 section 2). */
export function apiResources(
  database: Database,
  urls: GatewayUrls,
): () => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>> {
  const definitions = new ApiDefinitions(database);
  const current = new Derived(database, ['api_definition'], async () => {
    const defined = (await definitions.list()).map((api) => ({ ...api, isDefined: true }));
    return new Map([...builtIn, ...defined].map((api) => [api.name, addressOf(urls, api)]));
  });
  return () => current.of('');
}

export { pdsFaults } from './apis/pds/back-end.ts';
export { patientRegister } from './apis/pds/register.ts';
export { reset as resetPatients, seed as seedPatients } from './apis/pds/seed.ts';
export { ApiRegister } from './definitions/register.ts';
export { resetDefinitions } from './definitions/store.ts';
export type { Dependencies, GatewayOptions } from './dependencies.ts';
export { statusKeyOf } from './rules/without-back-end.ts';
